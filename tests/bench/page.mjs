// What a first visit costs: the weight of every file, and the time from navigation until the lab can be used.
import { DIST, launch } from '../browser.mjs';
import { serve } from '../server.mjs';
import { weights } from './weight.mjs';
import { median, ms, table } from './table.mjs';

const RUNS = 7;
const MARK = 'lab:interactive';
const ENGINE = 'lab:engine';

/**
 * One visit with an empty cache. Interactive is when the page sets its mark: it is drawn and
 * takes input; engine, when the engine has opened its lab too, for a visitor who moves the mouse at once. Blocked is the time beyond 50 ms that tasks kept the page from answering until then.
 */
async function visit(browser, url, slowDown) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowDown });
  await page.addInitScript(() => {
    window.longTasks = [];
    new PerformanceObserver((list) => window.longTasks.push(...list.getEntries())).observe({
      type: 'longtask',
      buffered: true,
    });
  });
  await page.goto(url);
  const written = (mark) => page.waitForFunction((name) => performance.getEntriesByName(name).length > 0, mark);
  await written(MARK);
  // The engine is loaded when somebody is there.
  await page.mouse.move(700, 400);
  await written(ENGINE);
  const figures = await page.evaluate(([mark, engine]) => {
    const interactive = performance.getEntriesByName(mark)[0].startTime;
    const before = window.longTasks.filter((task) => task.startTime < interactive);
    return {
      paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
      interactive,
      blocked: before.reduce((sum, task) => sum + task.duration - 50, 0),
      engine: performance.getEntriesByName(engine)[0].startTime,
    };
  }, [MARK, ENGINE]);
  await context.close();
  return figures;
}

async function start() {
  const site = await serve(DIST, { under: '/lab/' });
  const browser = await launch();
  const rows = [];
  for (const slowDown of [1, 4]) {
    const runs = [];
    for (let run = 0; run < RUNS; run++) runs.push(await visit(browser, site.url, slowDown));
    const of = (name) => ms(median(runs.map((run) => run[name])));
    rows.push([`CPU ${slowDown}× slower`, of('paint'), of('interactive'), of('blocked'), of('engine')]);
  }
  await browser.close();
  await site.close();
  table(['page (median of ' + RUNS + ', no network delay)', 'first paint', 'interactive', 'blocked', 'engine'], rows);
}

await weights(DIST);
console.log();
await start();
