// What a visit costs: the weight of every file, and the design's budgets for the page beside what was measured.
import { DIST, launch } from '../browser.mjs';
import { serve } from '../server.mjs';
import { weights } from './weight.mjs';
import { median, ms, table } from './table.mjs';
import { frames } from './page/frames.mjs';
import { start } from './page/start.mjs';
import { typing } from './page/typing.mjs';

const STARTS = 5;
const ROLLS = 3;
/** The design's budgets, in milliseconds. */
const USEFUL_MOST = 1_000;
const INTERACTIVE_MOST = 2_500;
// 60 frames a second. Their time stamps are rounded: the budget's 16.7 come as 16.6 to 16.8.
const FRAME_MOST = 16.8;
const TASK_MOST = 50;
const DIAGNOSTICS_MOST = 50;

const site = await serve(DIST, { under: '/lab/' });
const browser = await launch();
const rows = [];

/** One line: what was measured, run by run, and what it may be. */
function row(name, runs, most) {
  const middle = median(runs);
  const verdict = most === undefined ? '' : middle <= most ? 'kept' : 'over';
  rows.push([name, ms(middle), ms(Math.max(...runs)), most === undefined ? '' : `≤ ${ms(most)}`, verdict]);
}

async function repeat(times, run) {
  const runs = [];
  for (let n = 0; n < times; n++) runs.push(await run());
  return (name) => runs.map((run) => run[name]);
}

await weights(DIST);
for (const slowDown of [1, 4]) {
  const of = await repeat(STARTS, () => start(browser, site.url, slowDown));
  const [useful, interactive] = slowDown === 4 ? [USEFUL_MOST, INTERACTIVE_MOST] : [];
  row(`first paint, CPU ${slowDown}×`, of('paint'));
  row(`useful paint, CPU ${slowDown}×`, of('useful'), useful);
  row(`interactive, CPU ${slowDown}×`, of('interactive'), interactive);
  row(`blocked until then, CPU ${slowDown}×`, of('blocked'));
  row(`engine ready, CPU ${slowDown}×`, of('engine'));
}
const of = await repeat(ROLLS, () => frames(browser, site.url));
row('frame while 200 pods roll, p95', of('p95'), FRAME_MOST);
row('longest task meanwhile', of('longest'), TASK_MOST);
row('key to diagnostics, 500 lines', await typing(browser, site.url), DIAGNOSTICS_MOST);
await browser.close();
await site.close();
console.log();
table(['the page in Chromium, no network delay', 'median', 'slowest', 'budget', ''], rows);
