// The engine in a worker: each message is a request in bytes, and each answer is its reply in bytes.
// A string instead says why the engine has stopped.
import init, { Engine } from './engine.js';

const engine = init().then(() => new Engine());

self.onmessage = async ({ data }) => {
  try {
    const reply = (await engine).ask(data);
    self.postMessage(reply, [reply.buffer]);
  } catch (error) {
    self.postMessage(String(error?.message ?? error));
  }
};
