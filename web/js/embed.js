// The messages between the page in a frame and the page around it, version 1: { rolloutLab: 1, type, … }.
// Both sides name each other: the frame's address says who is around it (host=ORIGIN), to nobody else does it
// speak, and to nobody else does it listen. Without a name it plays by itself.
const VERSION = 1;
const MOMENTS_MS = 250;
const asked = new URLSearchParams(location.hash.slice(1));
const around = parent !== self && /^https?:\/\//.test(asked.get('host') ?? '') ? new URL(asked.get('host')).origin : '';

const tell = (type, more) => around && parent.postMessage({ rolloutLab: VERSION, type, ...more }, around);

let state = { at: 0, end: 0, playing: false };
let waiting = 0;
let height = 0;

/** Listens to the page around, and watches whether the frame is seen: what nobody sees does not play. */
export function listen(take) {
  const told = (what, value) => {
    // Whoever asks for something is somebody, too: the engine is loaded (engine.js).
    if (what !== 'pause') dispatchEvent(new Event('pointermove'));
    take(what, value);
  };
  addEventListener('message', ({ source, origin, data }) => {
    if (!around || source !== parent || origin !== around || data?.rolloutLab !== VERSION) return;
    if (data.type === 'play' || data.type === 'pause' || data.type === 'share') told(data.type);
    if (data.type === 'seek' && Number.isFinite(data.at)) told('seek', data.at);
    if (data.type === 'theme' && ['light', 'dark'].includes(data.theme)) told('theme', data.theme);
  });
  // Motion that nobody asked for is unwelcome to some.
  let goesOn = asked.has('autoplay') && !matchMedia('(prefers-reduced-motion: reduce)').matches;
  const watch = new IntersectionObserver(([{ isIntersecting }]) => {
    if (isIntersecting && goesOn) told('play');
    if (!isIntersecting && (goesOn ||= state.playing)) told('pause');
    else goesOn = false;
  });
  watch.observe(document.documentElement);
}

/** The lab is there. */
export function ready(title) {
  // The moment is told in the same turn.
  setTimeout(() => {
    tell('ready', { title, ...state });
    measure();
  });
}

/** The moment is another: told a few times a second at most. */
export function moment(at, end, playing) {
  state = { at, end, playing };
  waiting ||= setTimeout(() => {
    waiting = 0;
    tell('moment', state);
    measure();
  }, MOMENTS_MS);
}

/** The link that was asked for. */
export function tell_link(link) {
  tell('link', { link });
}

/** How high the frame would have to be to show all. It only grows, so that the page around keeps still. */
function measure() {
  const inside = document.querySelector('.panel > *');
  const wanted = innerHeight + (inside ? inside.scrollHeight - inside.clientHeight : 0);
  if (wanted > height) tell('size', { height: (height = wanted) });
}
