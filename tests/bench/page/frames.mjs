// What a roll of 200 pods costs, frame by frame.
import { keep, marked, quantile, values, visit } from './visit.mjs';

const PODS = 200;
/** How long the roll is watched, in real milliseconds. */
const WATCHED = 8_000;

/** Small pods, quickly replaced: 200 of them fit on the built-in lab's three nodes, with a surge. */
const LARGE = [
  ['replicaCount: 3', `replicaCount: ${PODS}`],
  ['cpu: 100m', 'cpu: 10m'],
  ['memory: 128Mi', 'memory: 8Mi'],
  ['maxSurge: 1', 'maxSurge: 25%'],
  ['maxUnavailable: 0', 'maxUnavailable: 25%'],
];

/** Merges the sizes, lets them settle, restarts the rollout, and watches its frames as it plays. */
export async function frames(browser, url) {
  const { context, page } = await visit(browser);
  page.setDefaultTimeout(60_000);
  await page.goto(url);
  await marked(page, 'lab:interactive');
  const text = LARGE.reduce((text, [from, to]) => text.replace(from, to), await values());
  await keep(page, text);
  await page.getByRole('button', { name: 'Open pull request' }).click();
  await page.getByRole('button', { name: 'Squash and merge' }).click();
  await settle(page);
  await page.getByRole('tab', { name: 'Terminal' }).click();
  await page.getByRole('textbox', { name: 'Command' }).fill('kubectl rollout restart deployment/order-service -n shop');
  const watched = page.evaluate(watch, WATCHED);
  await page.keyboard.press('Enter');
  const { gaps, tasks, pods } = await watched;
  await context.close();
  if (pods < PODS) throw new Error(`only ${pods} pods were there`);
  return { p95: quantile(gaps, 0.95), longest: Math.max(0, ...tasks), slow: tasks.length };
}

/** Goes to the end of what follows, once it has begun. */
async function settle(page) {
  await page.waitForFunction(() => {
    const { now, end, waiting } = document.querySelector('[data-testid="page"]').dataset;
    return waiting === 'false' && Number(now) < Number(end);
  });
  await page.getByRole('slider', { name: 'Time' }).press('End');
  await page.waitForFunction(() => document.querySelector('[data-testid="page"]').dataset.waiting === 'false');
}

/** In the page: the time between frames, once pods are being replaced, and the tasks over 50 ms. */
function watch(length) {
  return new Promise((done) => {
    const gaps = [];
    let begun;
    let last;
    let pods = 0;
    const frame = (time) => {
      const playing = document.querySelector('[data-testid="page"]').dataset.playing === 'true';
      if (playing && begun === undefined) [begun, window.longTasks.length] = [time, 0];
      if (begun !== undefined) {
        if (last !== undefined) gaps.push(time - last);
        last = time;
        pods = Math.max(pods, document.querySelectorAll('[data-testid="pod"]').length);
        if (length < time - begun) return done({ gaps, pods, tasks: window.longTasks.map(({ duration }) => duration) });
      }
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}
