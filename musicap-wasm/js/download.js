// Fetching a file, with progress.

const PROBLEMS = { 401: "Denied", 403: "Denied", 404: "NotFound" };

/** The response for `url`, whose body tells `progress` how much of it has come. */
export async function download(url, file, { fetch = globalThis.fetch, progress, signal }) {
  const response = await fetch(url, { signal });
  if (!response.ok) {
    const problem = PROBLEMS[response.status] ?? "Server";
    throw Object.assign(new Error(`the server answers ${response.status}`), { problem });
  }
  // The length of what is sent, which is not that of the file where it comes compressed.
  const packed = response.headers.has("content-encoding");
  const total = packed ? null : Number(response.headers.get("content-length")) || null;
  let loaded = 0;
  const count = new TransformStream({
    transform(bytes, out) {
      loaded += bytes.length;
      progress?.({ type: "download", file, loaded, total });
      out.enqueue(bytes);
    },
    flush(out) {
      if (total !== null && loaded !== total) {
        const error = new Error(`${loaded} of ${total} bytes came`);
        out.error(Object.assign(error, { problem: "Damaged" }));
      }
    },
  });
  return new Response(response.body.pipeThrough(count), { headers: response.headers });
}
