// Files as the program reads them: a size, and a function that returns some of the bytes
// synchronously.

/** Weights up to this size are kept in memory, where they are read faster; others stay on disk. */
const WHOLE_BYTES = 64 << 20;

/** `source` is a blob, bytes, `{ url }`, or `{ path }` in Node, where `openPath` opens it. */
async function asFile(source, openPath) {
  if (source.url !== undefined) source = await fetched(source.url);
  if (openPath && source.path !== undefined) return openPath(source.path);
  if (source instanceof Blob && typeof FileReaderSync === "undefined") {
    source = new Uint8Array(await source.arrayBuffer());
  }
  if (!(source instanceof Blob)) {
    return { size: source.length, read: (start, length) => source.subarray(start, start + length) };
  }
  const reader = new FileReaderSync();
  const read = (start, length) =>
    new Uint8Array(reader.readAsArrayBuffer(source.slice(start, start + length)));
  return { size: source.size, read };
}

async function fetched(url) {
  const place = url.length <= 100 ? url : `${url.slice(0, 100)}…`;
  const response = await fetch(url).catch((error) => {
    const advice = "is the server there, and does it allow this page to read its files?";
    throw cannotOpen(place, error.cause ?? new Error(`${error.message} (${advice})`));
  });
  if (!response.ok) throw cannotOpen(place, new Error(`the server responded with ${response.status}`));
  return response.blob();
}

/** The error for a file that cannot be opened, as the Rust library says it. */
export function cannotOpen(place, cause) {
  return Object.assign(new Error(`${place}: cannot open: ${cause.message}`, { cause }), { code: "Io" });
}

/** An input with its file open. */
export async function opened({ file, ...rest }, openPath) {
  return file ? { ...rest, file: await asFile(file, openPath) } : rest;
}

/** The same, or `{ name, failure }` if it cannot be opened. */
export async function openedOrFailed(input, openPath) {
  try {
    return await opened(input, openPath);
  } catch (error) {
    return { name: input.name, failure: String(error.cause?.message ?? error.message) };
  }
}

/** Weights, in memory if they are small enough. */
export async function openedWeights(source, openPath) {
  const small = source instanceof Blob && source.size <= WHOLE_BYTES;
  return asFile(small ? new Uint8Array(await source.arrayBuffer()) : source, openPath);
}
