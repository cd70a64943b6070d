// The files of a model folder, by their role.
import { incompleteModel } from "./error.js";

const ROLES = {
  "config.json": "config",
  "generation_config.json": "generation",
  "tokenizer.json": "tokenizer",
  "merges.txt": "merges",
  "model.safetensors": "weights",
};

/** A model folder's files by their role. */
export function folderFiles(files) {
  const roles = {};
  for (const file of files) {
    const role = ROLES[file.name] ?? (file.name.endsWith(".safetensors") ? "weights" : undefined);
    if (role) roles[role] = file;
  }
  if (roles.tokenizer) delete roles.merges;
  else roles.tokenizer = roles.merges && files.find(({ name }) => name === "vocab.json");
  if (!roles.weights && files.some(({ name }) => name.endsWith(".pth"))) {
    const advice = "convert the .pth file first: `musicap convert CHECKPOINT FOLDER`";
    throw incompleteModel(advice);
  }
  return roles;
}

/** The error for a model without the file of this role. */
export function missingFile(role) {
  const names = {
    config: "config.json",
    tokenizer: "tokenizer.json, or vocab.json with merges.txt,",
    weights: "model.safetensors",
  };
  return incompleteModel(`${names[role]} is missing`);
}

/** The text of a file, whatever form it is given in. */
export async function asText(source) {
  if (typeof source === "string") return source;
  if (source instanceof Blob) return source.text();
  if (typeof source.text === "function") return source.text();
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return new TextDecoder().decode(source);
  return JSON.stringify(source);
}
