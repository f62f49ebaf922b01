// Starts the engine beside the page, while the page itself is still being loaded.
const at = (file) => new URL(file, document.baseURI).href;

/** A worker; nothing in a sandboxed frame, which may not have one of this site. */
function start() {
  try {
    return new Worker(at('worker.js'), { type: 'module' });
  } catch {
    return undefined;
  }
}

const worker = start();

/**
 * Connects the page with the engine. `reply` gets the bytes of each answer, in the order of the requests,
 * and before all of them the recorded answer to the first one; `stopped` gets the reason once the engine
 * cannot go on. Returns what sends the bytes of a request.
 */
export function connect(reply, stopped) {
  const failed = (error) => stopped(String(error?.message ?? error));
  fetch(at('opening.bin')).then(async (file) => {
    if (file.ok) reply(new Uint8Array(await file.arrayBuffer()));
  }, () => {}); // The engine's own answer is on its way.
  if (worker) {
    worker.onmessage = ({ data }) => (typeof data === 'string' ? stopped(data) : reply(data));
    worker.onerror = failed;
    return (request) => worker.postMessage(request, [request.buffer]);
  }
  const engine = import(at('engine.js')).then(async ({ default: init, Engine }) => {
    await init();
    return new Engine();
  });
  return (request) => engine.then((it) => reply(it.ask(request))).catch(failed);
}
