// Who does not see the stage is told what happens: what matters, and not faster than one can listen.
import assert from 'node:assert/strict';
import { lab } from './lab.mjs';
import { edit, merge, pause, propose } from './story.mjs';

const APART_LEAST_MS = 2000;
const WORDS_MOST = 40;

/** From now on all that is announced is kept: when, and what. */
async function listen(page) {
  await page.evaluate(() => {
    const region = document.querySelector('.said[role="status"]');
    window.told = [];
    new MutationObserver(() => window.told.push([performance.now(), region.textContent])).observe(region, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
  return () => page.evaluate(() => window.told);
}

lab('a rollout is told at a pace that can be followed, and nothing while it stands still', { query: '?speed=2' }, async (page) => {
  await page.getByRole('button', { name: 'Try the sample change' }).click();
  await propose(page);
  const told = await listen(page);
  await merge(page);
  await page.waitForFunction((least) => window.told.length >= least, 4, { timeout: 30_000 });
  await pause(page);
  // What was on its way is still told.
  await page.waitForTimeout(3000);
  const heard = await told();
  await page.waitForTimeout(APART_LEAST_MS + 1500);
  assert.deepEqual(await told(), heard, 'nothing more');
  for (const [index, [at, text]] of heard.entries()) {
    if (index) assert.ok(at - heard[index - 1][0] >= APART_LEAST_MS, `${at - heard[index - 1][0]} ms before ${text}`);
    assert.ok(text.split(/\s+/).length <= WORDS_MOST, text);
  }
  assert.equal(new Set(heard.map(([, text]) => text)).size, heard.length, 'nothing twice');
});

lab('of what happens too fast to be told, a failure is', { query: '?speed=100' }, async (page) => {
  await edit(page, 'app.yaml', 'tests: pass', 'tests: fail');
  await propose(page);
  const told = await listen(page);
  await merge(page);
  await page.locator('[data-testid="station"][data-kind="checks"][data-progress="failed"]').waitFor();
  await page.waitForTimeout(6000);
  const texts = (await told()).map(([, text]) => text);
  assert.ok(texts.length <= 4 && texts.some((text) => /fail/i.test(text)), texts.join(' / '));
});
