// The figures that criterion left in the folder given, as one table: mean with its 95 % interval.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ms, table } from './table.mjs';

const [home] = process.argv.slice(2);
const NANOSECONDS = 1e6; // in a millisecond

const rows = [];
for (const path of await readdir(home, { recursive: true })) {
  if (!path.endsWith(join('new', 'estimates.json'))) continue;
  const folder = join(home, path, '..');
  const { full_id: id } = JSON.parse(await readFile(join(folder, 'benchmark.json'), 'utf8'));
  const { mean } = JSON.parse(await readFile(join(folder, 'estimates.json'), 'utf8'));
  const { lower_bound: low, upper_bound: high } = mean.confidence_interval;
  rows.push([id, ...[mean.point_estimate, low, high].map((time) => ms(time / NANOSECONDS))]);
}
rows.sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
table(['bench', 'mean', 'low', 'high'], rows);
