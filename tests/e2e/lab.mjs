// The harness of the end-to-end tests: `lab(title, body)` is one test with a fresh page of the release site.
//
// The page is served under a sub path. A test fails not only by its own assertions, but also by anything
// that went wrong unseen: a console error, an uncaught exception, a request that failed, a request to
// another host. A picture of every failure is left in target/e2e/.
import { test, after } from 'node:test';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { serve } from '../server.mjs';
import { DIST, launch } from '../browser.mjs';

const UNDER = '/some/where/';
const PICTURES = fileURLToPath(new URL('../../target/e2e/', import.meta.url));
const TEST_TIMEOUT_MS = 120_000;

let site; // of this file's process: node runs each test file in its own
let browser;

after(async () => {
  await browser?.close();
  await site?.close();
});

/** The running site and browser, started when first needed. */
export async function start() {
  site ??= await serve(DIST, { under: UNDER });
  browser ??= await launch();
  return { site, browser };
}

/**
 * Defines one test. `body` gets a page on which the lab is ready, and the harness.
 * @param {string} title
 * @param {object} options `width`, `height`, `dark`, `reducedMotion`, `query` (as `?speed=8`) and `ready`
 *   (false: the page as it is right after navigation)
 * @param {(page: import('playwright-core').Page, harness: object) => Promise<void>} body
 */
export function lab(title, options, body) {
  if (!body) return lab(title, {}, options);
  test(title, { timeout: TEST_TIMEOUT_MS }, async () => {
    const { page, context, wrong } = await open(options);
    try {
      await page.goto(site.url + (options.query ?? ''));
      if (options.ready !== false) await ready(page);
      await body(page, { site, context, wrong });
    } catch (error) {
      await picture(page, title.replace(/\W+/g, '-'));
      throw wrong.length ? new Error(`${error.message}\nand ${wrong.join('\n')}`, { cause: error }) : error;
    } finally {
      await context.close();
    }
    if (wrong.length) throw new Error(wrong.join('\n'));
  });
}

/** A page of its own, with nothing kept from others, and the list of what goes wrong on it. */
export async function open({ width = 1440, height = 900, dark = false, reducedMotion = false, scale = 1 } = {}) {
  await start();
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: scale,
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: reducedMotion ? 'reduce' : 'no-preference',
  });
  const page = await context.newPage();
  return { page, context, wrong: watch(page) };
}

/** Collects what goes wrong on a page, in words. */
export function watch(page) {
  const wrong = [];
  page.on('console', (message) => {
    if (message.type() === 'error') wrong.push(`console error: ${message.text()}`);
  });
  page.on('pageerror', (error) => wrong.push(`uncaught: ${error.message}`));
  page.on('requestfailed', (request) => {
    wrong.push(`request failed: ${request.url()} ${request.failure()?.errorText}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) wrong.push(`${response.status()}: ${response.url()}`);
  });
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith('http') && hostname !== '127.0.0.1') wrong.push(`request to another host: ${request.url()}`);
  });
  return wrong;
}

/** Waits until the lab can be used: its main part is there. */
export async function ready(page) {
  await page.getByRole('main').waitFor();
}

/** Saves what the page shows as target/e2e/NAME.png. */
export async function picture(page, name) {
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}${name}.png` }).catch(() => {});
}
