// A visit to the release site: one server under a sub path, one browser, and pages that are watched.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { serve } from '../server.mjs';
import { DIST, launch } from '../browser.mjs';

const UNDER = '/some/where/';
const WAIT_MS = 10_000;
const PICTURES = fileURLToPath(new URL('../../target/e2e/', import.meta.url));

let started; // of this process: node runs each test file in its own

/** The running site and browser, started when first needed. The site is that of the first call. */
export function start(folder = DIST) {
  started ??= Promise.all([serve(folder, { under: UNDER }), launch()]).then(([site, browser]) => ({ site, browser }));
  return started;
}

/** Stops what was started. */
export async function stop() {
  const running = await started;
  await running?.browser.close();
  await running?.site.close();
}

/**
 * A page of its own, with nothing kept from others, and the list of what goes wrong on it.
 * `width` and `height` are in CSS pixels, `scale` is device pixels to one of them; `before` is run in the
 * page before its own scripts are. Nothing is kept for times without a network, unless `offline` asks for it.
 * `folder` holds another site than the released one.
 */
export async function open({ folder, width = 1440, height = 900, scale = 1, dark = false, reducedMotion = false, offline = false, before } = {}) {
  const { site, browser } = await start(folder);
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: scale,
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: reducedMotion ? 'reduce' : 'no-preference',
    serviceWorkers: offline ? 'allow' : 'block',
  });
  // Playwright's own 30 s would make a run in which everything fails last an hour.
  context.setDefaultTimeout(WAIT_MS);
  if (before) await context.addInitScript(before);
  const page = await context.newPage();
  return { site, context, page, wrong: listen(page) };
}

/** Collects what goes wrong on a page, in words. */
function listen(page) {
  const wrong = [];
  page.on('console', (message) => {
    if (message.type() === 'error') wrong.push(`console error: ${message.text()}`);
  });
  page.on('pageerror', (error) => wrong.push(`uncaught: ${error.message}`));
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText;
    // A page that is left gives up what it was loading.
    if (why !== 'net::ERR_ABORTED') wrong.push(`request failed: ${request.url()} ${why}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) wrong.push(`${response.status()}: ${response.url()}`);
  });
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    const elsewhere = protocol.startsWith('http') && hostname !== '127.0.0.1';
    if (elsewhere) wrong.push(`request to another host: ${request.url()}`);
  });
  return wrong;
}

/** Waits until the lab can be used. Takes a page or a frame of one. */
export async function ready(page) {
  await page.getByTestId('page').waitFor();
}

/** Saves what a page shows as target/e2e/NAME.png, if it still can. */
export async function picture(page, name) {
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}${name}.png` }).catch(() => {});
}
