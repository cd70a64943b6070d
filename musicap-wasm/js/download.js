// Fetching a file, with progress.
import { platform } from "./platform.js";

/** `report(event)` calls `progress`; `rethrow()` throws what it has thrown, which streams do not always
 * pass on. */
export function guarded(progress) {
  let thrown;
  const report = (event) => {
    try {
      progress?.(event);
    } catch (error) {
      thrown = { error };
      throw error;
    }
  };
  const rethrow = () => {
    if (thrown) throw thrown.error;
  };
  return { report, rethrow };
}

const PROBLEMS = { 401: "Denied", 403: "Denied", 404: "NotFound" };

/** The response for `url`. `progress` is called as its body is read. */
export async function download(url, file, { fetch = platform.fetch, progress, signal }) {
  const response = await fetch(url, { signal });
  if (!response.ok) {
    const problem = PROBLEMS[response.status] ?? "Server";
    throw Object.assign(new Error(`the server responded with ${response.status}`), { problem });
  }
  // Of a compressed response, content-length is not the length of the file. Other origins seldom show
  // content-encoding; then more arrives than was announced.
  const compressed = response.headers.has("content-encoding");
  let total = compressed ? null : Number(response.headers.get("content-length")) || null;
  let loaded = 0;
  const counter = new TransformStream({
    transform(bytes, controller) {
      loaded += bytes.length;
      if (loaded > total) total = null;
      progress?.({ type: "download", file, loaded, total });
      controller.enqueue(bytes);
    },
    flush(controller) {
      if (total !== null && loaded < total) {
        const error = new Error(`received ${loaded} of ${total} bytes`);
        controller.error(Object.assign(error, { problem: "Damaged" }));
      }
    },
  });
  return new Response(response.body.pipeThrough(counter), { headers: response.headers });
}
