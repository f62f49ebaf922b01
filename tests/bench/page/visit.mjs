// A visit that is measured: an empty cache, a slower processor, and a note of what took long.
import { readFile } from 'node:fs/promises';

const VALUES = new URL('../../../crates/reconcile/labs/order-service/order-service/chart/values.yaml', import.meta.url);

/** A page whose long tasks and useful paint are noted from its first moment on. */
export async function visit(browser, { slowDown = 1 } = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowDown });
  await page.addInitScript(() => {
    window.longTasks = [];
    new PerformanceObserver((list) => window.longTasks.push(...list.getEntries())).observe({ type: 'longtask', buffered: true });
    const look = () => {
      if (!document.querySelector('[data-testid="pod"]')) return requestAnimationFrame(look);
      // What a frame's callbacks see has been drawn when the next frame begins.
      requestAnimationFrame((time) => (window.usefulPaint = time));
    };
    requestAnimationFrame(look);
  });
  return { context, page };
}

/** Waits until the page has written this performance mark. */
export const marked = (page, mark) => page.waitForFunction((name) => performance.getEntriesByName(name).length > 0, mark);

/** The values file of the lab that the page opens with. */
export const values = () => readFile(VALUES, 'utf8');

/** Begins the page anew with this as the edited values file. */
export async function keep(page, text) {
  await page.evaluate((text) => {
    localStorage.setItem('rollout-lab/1/order-service/edits', JSON.stringify({ 'order-service/chart/values.yaml': text }));
  }, text);
  await page.reload();
  await marked(page, 'lab:interactive');
}

/** The number below or at which this share of them lies. */
export function quantile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}
