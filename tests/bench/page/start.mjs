// How soon a first visitor sees the cluster, and can use it.
import { visit, marked } from './visit.mjs';

/**
 * One visit with an empty cache, in milliseconds since navigation. Useful paint is the frame with the first
 * pods; interactive is when the page takes edits; engine, when the engine has opened its lab too, for a
 * visitor who moves the mouse at once. Blocked is the time beyond 50 ms that tasks kept the page from
 * answering until it was interactive.
 */
export async function start(browser, url, slowDown) {
  const { context, page } = await visit(browser, { slowDown });
  await page.goto(url);
  await marked(page, 'lab:interactive');
  // The engine is loaded when somebody is there.
  await page.mouse.move(700, 400);
  await marked(page, 'lab:engine');
  const figures = await page.evaluate(() => {
    const at = (mark) => performance.getEntriesByName(mark)[0]?.startTime ?? NaN;
    const interactive = at('lab:interactive');
    const before = window.longTasks.filter((task) => task.startTime < interactive);
    return {
      paint: at('first-contentful-paint'),
      useful: window.usefulPaint,
      interactive,
      blocked: before.reduce((sum, task) => sum + task.duration - 50, 0),
      engine: at('lab:engine'),
    };
  });
  await context.close();
  return figures;
}
