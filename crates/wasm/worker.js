// The engine in a worker: each message is a request in bytes, and each answer is its reply in bytes.
// A string instead says why the engine has stopped. The worker's own address carries the engine's version.
const at = (file) => new URL(file + self.location.search, self.location.href).href;

const engine = import(at('engine.js')).then(async ({ default: init, Engine }) => {
  await init({ module_or_path: at('engine_bg.wasm') });
  return new Engine();
});

// The table of Kubernetes' fields comes after the first answer: only what is typed is compared with it.
let fields;
const learnFields = async () => {
  const answer = await fetch(at('fields.txt'));
  if (answer.ok) (await engine).learn_fields(await answer.text());
};

// What the fields mean is far larger, and comes when somebody asks for it first.
let descriptions;
const learnDescriptions = async () => {
  const answer = await fetch(at('descriptions.txt'));
  (await engine).learn_descriptions(answer.ok ? await answer.text() : '');
};

self.onmessage = async ({ data }) => {
  try {
    let reply = (await engine).ask(data);
    if ((await engine).lacks_descriptions()) {
      await (descriptions ??= learnDescriptions().catch(() => {}));
      reply = (await engine).ask(data);
    }
    self.postMessage(reply, [reply.buffer]);
    fields ??= learnFields().catch(() => (fields = undefined));
  } catch (error) {
    self.postMessage(String(error?.message ?? error));
  }
};
