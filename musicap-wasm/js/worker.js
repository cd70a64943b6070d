// The browser's worker. Its work is in engine.js, which tests run without one.
import { Engine } from "./engine.js";

const engine = new Engine((message, transfer) => postMessage(message, { transfer }));
onmessage = ({ data }) => engine.handle(data);
