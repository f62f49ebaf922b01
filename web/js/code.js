// The page's side of the editor, which is a file of its own (web/js/editor/): it is loaded when the page is
// drawn and has nothing else to do. Where it cannot be loaded, the plain area stays.
const { content: version } = document.querySelector('meta[name="engine"]');
const idle = () => new Promise((resolve) => (window.requestIdleCallback ?? setTimeout)(() => resolve()));

let loading;
let editor;

/** Loads the editor; `loaded` is told whether it is there. */
export function load(loaded) {
  loading ??= idle()
    .then(() => import(new URL(`editor.js?${version}`, document.baseURI).href))
    .then((it) => (editor = it), () => undefined);
  loading.then((it) => loaded(Boolean(it)));
}

export const attach = (host, words, typed, moved, ask) =>
  editor.attach(host, {
    words,
    typed,
    moved,
    ask: (what, text, offset) => new Promise((answer) => ask(what, text, offset, answer)),
  });
export const detach = () => editor.detach();
export const show = (...file) => editor.show(...file);
export const mark = (...marks) => editor.mark(...marks);
export const goTo = (line, isSought) => editor.goTo(line, isSought);
export const focus = (offset) => editor.focus(offset);
export const find = () => editor?.find();
