// What the files of a folder weigh, as a table: `node weight.mjs FOLDER`.
import { pathToFileURL } from 'node:url';
import { total, weigh } from '../weights.mjs';
import { kb, table } from './table.mjs';

/** Prints the weight of every file, and of all. */
export async function weights(folder) {
  const files = await weigh(folder);
  const row = (name, sizes) => [name, kb(sizes.raw), kb(sizes.gzip), kb(sizes.brotli)];
  const rows = files.map((file) => row(file.name, file));
  table(['file', 'raw', 'gzip -9', 'brotli -11'], [...rows, row('all files', total(files))]);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await weights(process.argv[2]);
