// A server for the page, and headless Chromium.
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

import { DIST, tools } from "./shared.js";

const { chromium } = tools("playwright-core");

const TYPES = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

/** Serves dist/page on a free port. */
export async function serve() {
  const root = join(DIST, "page");
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname));
    const file = join(root, path.endsWith("/") ? `${path}index.html` : path);
    if (!file.startsWith(root) || !existsSync(file)) return response.writeHead(404).end();
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type, "content-length": statSync(file).size });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** Starts Chromium; `microphone` is a WAV file that it records. */
export function launch({ microphone } = {}) {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const args = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"];
  if (microphone) {
    args.push("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream");
    args.push(`--use-file-for-fake-audio-capture=${microphone}%noloop`);
  }
  return chromium.launch({ executablePath, args });
}
