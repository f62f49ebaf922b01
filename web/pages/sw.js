// The site without a network, after the first visit. The build writes the version and the list of all files.
//
// A version is whole: its files are taken together, and together they are replaced. A page is served by the
// version that it began with as long as it is open, so that no page ever meets the engine of another build. A
// new version waits until no page uses the old one; a page that has just opened, alone, lets it in (offline.js).
const VERSION = 'site-version';
const FILES = 'site-files'.split(' ');
const PREFIX = `rollout-lab ${registration.scope} `;
const CACHE = PREFIX + VERSION;

addEventListener('install', (event) => {
  event.waitUntil(take());
});

addEventListener('activate', (event) => {
  // The page of the first visit, too, has its files from here from now on.
  event.waitUntil(forget().then(() => clients.claim()));
});

addEventListener('message', (event) => {
  if (event.data === 'begin') skipWaiting();
  if (event.data === 'renew') event.waitUntil(renew());
});

addEventListener('fetch', (event) => {
  const { method, url, mode } = event.request;
  const file = fileOf(url);
  if (method !== 'GET' || file === undefined) return;
  event.respondWith(answer(file, mode === 'navigate' ? file : event.request));
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
  // As an answer of its own it has the address that was asked for: the worker reads its version there.
  return kept ? new Response(kept.body, kept) : fetch(request);
}

/** Gives way to a new version, if no other page uses this one. */
async function renew() {
  if ((await clients.matchAll()).length < 2) registration.waiting?.postMessage('begin');
}
