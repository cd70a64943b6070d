// Files as the program reads them: a size, and a function that gives some of the bytes at once.

/** Weights up to this size are kept in memory, where they are read faster; others stay on disk. */
const WHOLE_BYTES = 64 << 20;

/** A blob, or bytes. */
function asFile(source) {
  if (!(source instanceof Blob)) {
    return { size: source.length, read: (start, length) => source.subarray(start, start + length) };
  }
  const reader = new FileReaderSync();
  const read = (start, length) =>
    new Uint8Array(reader.readAsArrayBuffer(source.slice(start, start + length)));
  return { size: source.size, read };
}

/** An input with its file open. */
export function opened({ file, ...rest }) {
  return file ? { ...rest, file: asFile(file) } : rest;
}

/** Weights, in memory where they are not too large for it. */
export async function openedWhole(source) {
  const small = source instanceof Blob && source.size <= WHOLE_BYTES;
  return asFile(small ? new Uint8Array(await source.arrayBuffer()) : source);
}
