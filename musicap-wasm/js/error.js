/** What went wrong: `code` is the name of a variant of the Rust library's `Error`, or one of
 * `Unsupported`, `Crashed` and `Disposed`. */
export class MusicapError extends Error {
  constructor(code, message, options) {
    super(message, options);
    this.name = "MusicapError";
    this.code = code;
  }
}

// Messages of checks that are made here, before anything is sent to the worker. They begin as those
// of the Rust library's errors with the same code do; a test compares them.

/** Samples that are NaN or infinite, or cannot be used for another reason. */
export function invalidSamples(reason, options) {
  return new MusicapError("InvalidSamples", `invalid samples: ${reason}`, options);
}

/** Captions that lack what summaries and files are made from. */
export function invalidCaptions(reason) {
  return new MusicapError("InvalidCaptions", `captions: not valid captions: ${reason}`);
}

/** A model folder from which a file is missing. */
export function incompleteModel(reason) {
  return new MusicapError("IncompleteModel", `incomplete model folder: ${reason}`);
}

/** An option whose value is not allowed. */
export function invalidOption(name, value, expected) {
  return new MusicapError("InvalidOption", `${name} is ${describe(value)}, but must be ${expected}`);
}

/** A value in a few words for an error message. Never its content: it may be an hour of audio. */
export function describe(value) {
  switch (typeof value) {
    case "string":
      return value.length <= 40 ? JSON.stringify(value) : `a string of ${value.length} characters`;
    case "number":
    case "boolean":
    case "undefined":
      return String(value);
    case "bigint":
      return "a BigInt";
    case "function":
      return "a function";
    case "symbol":
      return "a symbol";
  }
  if (value === null) return "null";
  const type = value.constructor?.name || "object";
  const article = /^[aeio]/i.test(type) ? "an" : "a";
  return typeof value.length === "number" ? `${article} ${type} of length ${value.length}` : `${article} ${type}`;
}
