// `lab(title, body)` is one end-to-end test: a fresh page of the release site, on which the lab is ready.
//
// The page is served under a sub path. A test fails not only by its own assertions, but also by anything
// that went wrong unseen: a console error, an uncaught exception, a request that failed, a request to
// another host. A picture of every failure is left in target/e2e/.
import { after, test } from 'node:test';
import { open, picture, ready, stop } from './visit.mjs';

const TEST_TIMEOUT_MS = 120_000;

after(stop);

/**
 * Defines one test.
 * @param {string} title
 * @param {object} options those of `open`, and `query` (`?speed=8`)
 * @param {(page: import('playwright-core').Page, wrong: string[]) => Promise<void>} body gets the page and
 *   the list of what went wrong; a test that provokes a mistake empties the list itself
 */
export function lab(title, options, body) {
  if (!body) return lab(title, {}, options);
  test(title, { timeout: TEST_TIMEOUT_MS }, async () => {
    const { site, context, page, wrong } = await open(options);
    try {
      await page.goto(site.url + (options.query ?? ''));
      await ready(page);
      await body(page, wrong);
    } catch (error) {
      await picture(page, title.replace(/\W+/g, '-'));
      throw wrong.length ? new Error(`${error.message}\nand ${wrong.join('\n')}`, { cause: error }) : error;
    } finally {
      await context.close();
    }
    if (wrong.length) throw new Error(wrong.join('\n'));
  });
}
