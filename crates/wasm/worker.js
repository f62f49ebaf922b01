// The engine in a worker: each message is a request in bytes, and each answer is its reply in bytes. A string
// instead says why the engine has stopped. Where there can be no worker, a page asks this module by itself. Its own
// address carries the engine's version, and which time it is begun.
const { search, hash } = new URL(import.meta.url);
const at = (file) => new URL(file + search + hash, import.meta.url).href;

const text = async (file) => {
  const answer = await fetch(at(file));
  return answer.ok ? answer.text() : '';
};

// The table of Kubernetes' fields is there before anything is done, so that the same is done each time: a link
// brings back what it was made of. Without it the engine knows no field that would be wrong.
const fields = text('fields.txt').catch(() => '');
const engine = import(at('engine.js')).then(async ({ default: init, Engine }) => {
  await init({ module_or_path: at('engine_bg.wasm') });
  const engine = new Engine();
  if (await fields) engine.learn_fields(await fields);
  return engine;
});

// What the fields mean is far larger, and comes when somebody asks for it first.
let descriptions;
const learnDescriptions = async () => (await engine).learn_descriptions(await text('descriptions.txt'));

async function answer(request) {
  // A page that was opened before the site became another one asks for an engine that is gone. No message is empty:
  // it sees that this is not its own.
  if (search !== '?engine-version') return new Uint8Array();
  let reply = (await engine).ask(request);
  if ((await engine).lacks_descriptions()) {
    await (descriptions ??= learnDescriptions().catch(() => {}));
    reply = (await engine).ask(request);
  }
  return reply;
}

let last = Promise.resolve();

/** Answers a request, in turn; both are bytes. */
export const ask = (request) => (last = last.then(() => answer(request)));

if (!globalThis.document) {
  self.onmessage = ({ data }) =>
    ask(data).then(
      (reply) => self.postMessage(reply, [reply.buffer]),
      (error) => self.postMessage(String(error?.message ?? error)),
    );
}
