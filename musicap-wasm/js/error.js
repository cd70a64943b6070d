/** What went wrong: `code` is the name of a variant of the Rust library's `Error`, or one of
 * `Unsupported`, `Crashed` and `Disposed`. */
export class MusicapError extends Error {
  constructor(code, message, options) {
    super(message, options);
    this.name = "MusicapError";
    this.code = code;
  }
}
