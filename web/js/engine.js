// The engine beside the page. It weighs several times what the page does, and who only looks needs none of it:
// the page begins with a recording of the engine's first answer, and the engine is loaded at the first sign
// that somebody is there. Only the lab that the page opens with by itself is recorded; for another one the
// engine is loaded at once.
const SIGNS = ['pointermove', 'pointerdown', 'click', 'keydown', 'focusin', 'input', 'wheel', 'touchstart', 'dragover'];
// Its files are asked for by their version, so that a host's cache never joins this page with an older engine.
const { content: version } = document.querySelector('meta[name="engine"]');
const at = (file) => new URL(`${file}?${version}`, document.baseURI).href;

/**
 * Connects the page with the engine. `reply` gets the bytes of each answer, in the order of the requests,
 * and false; and, if there is one, before all of them the recorded answer to the first one, and true. `stopped` gets
 * the reason once the engine cannot go on.
 * @returns {{ send(request: Uint8Array): void, again(): void }} `again` begins with a new engine, which knows nothing
 */
export function connect(recorded, reply, stopped) {
  const waiting = [];
  let engine;
  let times = 0;
  const again = () => {
    engine?.end();
    // Whatever one that was given up still says is of no account.
    const time = (times += 1);
    const ofThis = (take) => (it) => time === times && take(it);
    engine = start(time, ofThis((it) => reply(it, false)), ofThis((error) => stopped(String(error?.message ?? error))));
  };
  const wake = () => {
    for (const sign of SIGNS) removeEventListener(sign, wake, true);
    if (!engine) again();
    for (const request of waiting.splice(0)) engine.send(request);
  };
  for (const sign of SIGNS) addEventListener(sign, wake, { capture: true, passive: true });
  if (recorded) recording().then((it) => reply(it, true), wake);
  else wake();
  return { again, send: (request) => (engine ? engine.send(request) : waiting.push(request)) };
}

/** Loads a file of the site; `loaded` gets its bytes, none if it is not there. */
export function load(file, loaded) {
  const bytes = fetch(at(file)).then(async (it) => (it.ok ? new Uint8Array(await it.arrayBuffer()) : new Uint8Array()));
  bytes.then(loaded, () => loaded(new Uint8Array()));
}

/** What the engine will answer to the first request, as it was when the site was built. */
async function recording() {
  const file = await fetch(at('opening.bin'));
  if (!file.ok) throw new Error(`${file.status} for the recording`);
  return new Uint8Array(await file.arrayBuffer());
}

/** Loads the engine, for which time: gives what sends it a request, and what ends it. */
function start(time, reply, failed) {
  try {
    const worker = new Worker(at('worker.js'), { type: 'module' });
    worker.onmessage = ({ data }) => (typeof data === 'string' ? failed(data) : reply(data));
    worker.onerror = failed;
    return { send: (request) => worker.postMessage(request, [request.buffer]), end: () => worker.terminate() };
  } catch {
    // A sandboxed frame may not have workers of this site: there the page itself runs the engine. A module that has
    // stopped cannot be had anew, but by another name.
    const engine = import(`${at('worker.js')}#${time}`);
    return { send: (request) => engine.then((it) => it.ask(request)).then(reply).catch(failed), end() {} };
  }
}
