// A chart of one's own: a folder or a packed chart, dropped onto the page or chosen.
// Nothing larger than this is read: the page could not keep it.
const BYTES_MAX = 20 << 20;

/** Calls `over` as something is dragged over the page and leaves it, and `dropped(name, paths, contents)` with files. */
export function listen(over, dropped) {
  const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes('Files');
  addEventListener('dragover', (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    over(true);
  });
  addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) over(false);
  });
  // Before the editor, which would take what is dropped as text.
  const first = { capture: true };
  addEventListener('drop', async (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    event.stopPropagation();
    over(false);
    const items = [...event.dataTransfer.items].filter(({ kind }) => kind === 'file');
    // Folders alone have to be asked for what is in them.
    const found = items.map((item) => [item.webkitGetAsEntry(), item.getAsFile()]);
    const files = await Promise.all(found.map(([entry, file]) => (entry?.isDirectory ? walk(entry) : [[file.name, file]])));
    await hand(found[0]?.[0]?.name ?? found[0]?.[1]?.name ?? '', files.flat(), dropped);
  }, first);
}

/** Asks for a folder, or for a packed chart. */
export function choose(isFolder, dropped) {
  const input = document.createElement('input');
  input.type = 'file';
  if (isFolder) input.webkitdirectory = true;
  else input.accept = '.tgz,.gz';
  input.onchange = () => {
    const files = [...input.files].map((file) => [file.webkitRelativePath || file.name, file]);
    hand(files[0]?.[0].split('/')[0] ?? '', files, dropped);
  };
  input.click();
}

/** The files below an entry of what was dropped: `[path, file]`. */
async function walk(entry) {
  if (entry.isFile) return [[entry.fullPath.slice(1), await new Promise((...settle) => entry.file(...settle))]];
  const reader = entry.createReader();
  const found = [];
  // A folder comes in pieces.
  for (;;) {
    const some = await new Promise((...settle) => reader.readEntries(...settle));
    if (!some.length) break;
    found.push(...(await Promise.all(some.filter(({ name }) => name !== '.git').map(walk))).flat());
  }
  return found;
}

async function hand(name, files, dropped) {
  if (!files.length) return;
  const size = files.reduce((sum, [, file]) => sum + file.size, 0);
  const read = size <= BYTES_MAX ? files : [];
  const contents = await Promise.all(read.map(async ([, file]) => new Uint8Array(await file.arrayBuffer())));
  dropped(name, read.map(([path]) => path), contents);
}
