// How long after a key the editor says what is wrong, in a long file.
import { keep, marked, values, visit } from './visit.mjs';

const LINES = 500;
const KEYS = 15;

/** The time from a key that makes a mistake until it is shown, key by key. */
export async function typing(browser, url) {
  const { context, page } = await visit(browser);
  await page.goto(url);
  await marked(page, 'lab:interactive');
  await keep(page, await long());
  await page.getByRole('button', { name: /^chart\/values\.yaml/ }).click();
  const editor = page.getByRole('textbox', { name: 'Text of chart/values.yaml' });
  await page.locator('.code').waitFor();
  await editor.click();
  await marked(page, 'lab:engine');
  await page.keyboard.press('Control+End');
  await page.evaluate(listen);
  const times = [];
  for (let key = 0; key <= KEYS; key++) {
    await page.evaluate(() => window.told());
    await page.keyboard.press('}');
    times.push(await page.evaluate(() => window.toldAfter));
    await page.keyboard.press('Backspace');
    await page.getByTestId('problem').first().waitFor({ state: 'detached' });
  }
  await context.close();
  // The first one also loads and compiles.
  return times.slice(1);
}

/** The built-in lab's values, and more of them. */
async function long() {
  const text = (await values()).trimEnd();
  const more = Array.from({ length: LINES - text.split('\n').length - 2 }, (_, n) => `  KEY_${n}: value-${n}`);
  return [text, 'extra:', ...more, 'last: '].join('\n');
}

/** In the page: `told()` begins to wait for a key and the problem after it; `toldAfter` is how long that took. */
function listen() {
  window.told = () => {
    window.toldAfter = new Promise((done) => {
      const pressed = () => {
        const since = performance.now();
        const seen = new MutationObserver(() => {
          if (!document.querySelector('[data-testid="problem"]')) return;
          seen.disconnect();
          done(performance.now() - since);
        });
        seen.observe(document.body, { childList: true, subtree: true });
      };
      addEventListener('keydown', pressed, { once: true, capture: true });
    });
  };
}
