// Compares what a page shows with a picture that is kept in tests/e2e/screens/.
//
// Fonts, and how they are smoothed, differ from machine to machine and from Chromium to Chromium. So both
// pictures are drawn small, each cell the mean colour of what it covers: letters become grey, and what is
// left is where things stand, how large they are, and their colours. UPDATE_SCREENS=1 keeps new pictures
// instead (`cargo xtask screenshot`).
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { picture } from './visit.mjs';

const FOLDER = fileURLToPath(new URL('./screens/', import.meta.url));
/** The width of what is kept, in pixels, at most. */
const KEPT_WIDTH = 720;
/** The sides of a cell, in CSS pixels. */
const CELL = 30;
/** By how much a cell's colour may differ, of 255, before it counts. */
const DIFFERENCE_MOST = 22;
/** The share of cells that may count. */
const SHARE_MOST = 0.04;

/** Fails if the page looks otherwise than the picture of this name; `tab` is a page of no site, to decode with. */
export async function compare(page, tab, name) {
  const shot = (await page.screenshot({ animations: 'disabled', caret: 'hide' })).toString('base64');
  const file = `${FOLDER}${name}.webp`;
  if (process.env.UPDATE_SCREENS) {
    const kept = await tab.evaluate(shrink, [shot, KEPT_WIDTH]);
    await mkdir(FOLDER, { recursive: true });
    return writeFile(file, Buffer.from(kept, 'base64'));
  }
  const kept = await readFile(file, 'base64').catch(() => {
    throw new Error(`there is no picture ${file}: cargo xtask screenshot makes it`);
  });
  const { width } = page.viewportSize();
  const share = await tab.evaluate(differing, [shot, kept, Math.round(width / CELL), DIFFERENCE_MOST]);
  if (SHARE_MOST < share) {
    await picture(page, name);
    throw new Error(`${name} looks otherwise: ${(share * 100).toFixed(1)} % of it; target/e2e/${name}.png shows how`);
  }
}

/** In a page: a PNG as a WebP that is at most `most` pixels wide. Both are base64. */
async function shrink([png, most]) {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const scale = Math.min(1, most / image.width);
  const canvas = new OffscreenCanvas(image.width * scale, image.height * scale);
  const pen = canvas.getContext('2d');
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp', quality: 0.5 })).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** In a page: the share of cells in which two pictures differ; `columns` cells side by side. */
async function differing([png, webp, columns, most]) {
  const cells = async (type, data) => {
    const image = await createImageBitmap(await (await fetch(`data:image/${type};base64,${data}`)).blob());
    const rows = Math.round((columns * image.height) / image.width);
    // Mean colours: halved until the next half would be smaller than the cells.
    let [source, width, height] = [image, image.width, image.height];
    while (columns * 2 <= width) {
      const [w, h] = [Math.max(columns, Math.floor(width / 2)), Math.max(rows, Math.floor(height / 2))];
      const canvas = new OffscreenCanvas(w, h);
      canvas.getContext('2d').drawImage(source, 0, 0, width, height, 0, 0, w, h);
      [source, width, height] = [canvas, w, h];
    }
    const canvas = new OffscreenCanvas(columns, rows);
    const pen = canvas.getContext('2d');
    pen.drawImage(source, 0, 0, width, height, 0, 0, columns, rows);
    return pen.getImageData(0, 0, columns, rows).data;
  };
  const [seen, kept] = [await cells('png', png), await cells('webp', webp)];
  if (seen.length !== kept.length) return 1;
  let differ = 0;
  for (let at = 0; at < seen.length; at += 4) {
    const by = [0, 1, 2].map((channel) => Math.abs(seen[at + channel] - kept[at + channel]));
    if (most < Math.max(...by)) differ += 1;
  }
  return differ / (seen.length / 4);
}
