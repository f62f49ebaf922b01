// The engine in a worker: each message is a request in bytes, and each answer is its reply in bytes.
// A string instead says why the engine has stopped. The worker's own address carries the engine's version.
const at = (file) => new URL(file + self.location.search, self.location.href).href;

const engine = import(at('engine.js')).then(async ({ default: init, Engine }) => {
  await init({ module_or_path: at('engine_bg.wasm') });
  return new Engine();
});

self.onmessage = async ({ data }) => {
  try {
    const reply = (await engine).ask(data);
    self.postMessage(reply, [reply.buffer]);
  } catch (error) {
    self.postMessage(String(error?.message ?? error));
  }
};
