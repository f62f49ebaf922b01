// The site without a network, after the first visit. The build writes the version and the list of all files.
//
// A version is whole: its files are taken together, and together they are replaced. A page is served by the
// version that it began with as long as it is open, so that no page ever meets the engine of another build. A
// new version waits until no page uses the old one; a reload of the only page lets it in.
const VERSION = 'site-version';
const FILES = 'site-files'.split(' ');
const PREFIX = `rollout-lab ${registration.scope} `;
const CACHE = PREFIX + VERSION;

addEventListener('install', (event) => {
  event.waitUntil(take());
});

addEventListener('activate', (event) => {
  event.waitUntil(forget());
});

addEventListener('message', ({ data }) => {
  if (data === 'begin') skipWaiting();
});

addEventListener('fetch', (event) => {
  const { method, url, mode } = event.request;
  const file = fileOf(url);
  if (method !== 'GET' || file === undefined) return;
  event.respondWith(mode === 'navigate' ? page(file) : answer(file, event.request));
});

/** The file that an address means; the version in its query is that of this build. */
function fileOf(url) {
  const { origin, pathname } = new URL(url);
  const { origin: own, pathname: root } = new URL(registration.scope);
  if (origin !== own || !pathname.startsWith(root)) return undefined;
  const file = pathname.slice(root.length) || 'index.html';
  return FILES.includes(file) ? file : undefined;
}

async function take() {
  const cache = await caches.open(CACHE);
  // Not from the browser's own cache, where files of another build may lie under the same names.
  await cache.addAll(FILES.map((file) => new Request(file, { cache: 'no-cache' })));
}

async function forget() {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function answer(file, request) {
  const kept = await (await caches.open(CACHE)).match(file);
  return kept ?? fetch(request);
}

/** A page that is alone lets a new version in, and begins again with it. */
async function page(file) {
  if (registration.waiting && (await clients.matchAll()).length < 2) {
    registration.waiting.postMessage('begin');
    return new Response('', { headers: { refresh: '0' } });
  }
  return answer(file, file);
}
