// Links: what the engine says of a moment, as the fragment of an address, and back. docs/links.md describes
// their form, which is for good. A fragment is sent to no server.
const LINK = /^#v(\d+)\.([a-z]):([\w-]+)/;
/** More than any link holds; what unpacks to more was made to fill the memory. */
const TEXT_MOST = 8_000_000;
// What YAML, by which the engine reads, takes for breaks of lines or does not take at all.
const NOT_YAML = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

const CODECS = {
  z: { pack: (bytes) => through(bytes, new CompressionStream('deflate')), unpack: (bytes) => through(bytes, new DecompressionStream('deflate')) },
  j: { pack: async (bytes) => bytes, unpack: async (bytes) => bytes },
};

/** The fragment that carries a JSON text. */
export async function fragment(json) {
  const codec = globalThis.CompressionStream ? 'z' : 'j';
  return `#v1.${codec}:${toBase64(await CODECS[codec].pack(new TextEncoder().encode(json)))}`;
}

/** The JSON that a fragment carries. Throws a word: what is wrong with it. */
export async function carried(fragment) {
  const [, version, codec, payload] = LINK.exec(decodeURIComponent(fragment)) ?? [];
  if (Number(version) > 1 || (version && !CODECS[codec])) throw new Error('newer');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await CODECS[codec].unpack(fromBase64(payload)));
  } catch {
    throw new Error('damaged');
  }
}

async function through(bytes, stream) {
  const parts = [];
  let size = 0;
  for await (const part of read(new Blob([bytes]).stream().pipeThrough(stream).getReader())) {
    size += part.length;
    if (size > TEXT_MOST) throw new Error('too long');
    parts.push(part);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

// Not every browser's streams can be iterated.
async function* read(reader) {
  for (let next; !(next = await reader.read()).done; ) yield next.value;
}

function toBase64(bytes) {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64(text) {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (it) => it.charCodeAt(0));
}

/** What the engine can read: the same object, and nothing that YAML reads otherwise than JSON. */
function forEngine(object) {
  return JSON.stringify(object).replace(NOT_YAML, (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * Reads the address's own link: `done` gets its JSON, or a word that says why not. The address then names its
 * lab or lesson as well.
 */
export function openOwn(fragment, done) {
  carried(fragment).then(
    (json) => {
      let link;
      try {
        link = JSON.parse(json);
      } catch {
        return done('', 'damaged');
      }
      const [what, name] = link?.lesson ? ['lesson', link.lesson] : ['lab', link?.lab];
      if (!/^[\w-]+$/.test(name)) return done('', 'damaged');
      const isEmbed = 'embed' in document.documentElement.dataset;
      const query = new URLSearchParams(isEmbed ? location.hash.slice(1) : location.search);
      query.delete('lab');
      query.delete('lesson');
      query.set(what, name);
      // So that whoever goes on from here is where the link is.
      history.replaceState(null, '', isEmbed ? `#${query}` : `?${query}${location.hash}`);
      done(forEngine(link), '');
    },
    (why) => done('', why.message),
  );
}

/** The address of the playground that carries a JSON text: `done` gets it. */
export function address(json, done) {
  fragment(json).then((fragment) => done(new URL(`./${fragment}`, document.baseURI).href));
}

/** Puts a text on the clipboard: `done` gets whether it is there. */
export function copy(text, done) {
  const copied = navigator.clipboard?.writeText(text) ?? Promise.reject();
  copied.then(() => done(true), () => done(false));
}

/** Saves a link as a file. */
export function save(json) {
  download(JSON.stringify(JSON.parse(json), null, 2) + '\n', 'application/json', 'rollout-lab.json');
}

/** Saves a picture of the moment. */
export function savePicture(svg) {
  download(svg, 'image/svg+xml', 'rollout-lab.svg');
}

function download(text, type, name) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Opens an address in a tab of its own, which gets no hand on this page. Whether that was allowed. */
export function openTab(address) {
  const tab = open(address);
  if (tab) tab.opener = null;
  return Boolean(tab);
}

/** Goes to the link that a file holds: the page begins anew. */
export function openFile(file, refused) {
  const opened = file.text().then(async (text) => {
    const { rolloutLab } = JSON.parse(text);
    if (!rolloutLab) throw new Error('no link');
    return fragment(JSON.stringify(JSON.parse(text)));
  });
  opened.then((fragment) => (location.hash === fragment ? location.reload() : (location.hash = fragment)), () => refused());
}

// Another link in the same page's address line, or the way back from one; where that names the lab as well, the
// browser tells it by the second event only.
const inAddress = () => (LINK.test(location.hash) ? location.hash : '');
const opened = inAddress();
for (const event of ['hashchange', 'popstate']) addEventListener(event, () => inAddress() !== opened && location.reload());
