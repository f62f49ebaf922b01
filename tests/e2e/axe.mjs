// axe-core, run in the page as it is at that moment.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
// Marks lie where their moments are, however near each other. The same places can be reached by the buttons
// to the next mark and the one before, which WCAG 2.5.8 accepts as an equivalent.
const MARKS = '[data-testid="mark"]';

/** In the page: what axe finds, one text a place. What is fading in or out has arrived by then. */
async function findings({ tags, marks }) {
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  // A pod comes by an animation of its own; what turns for ever is no arrival.
  const ends = ({ playState, effect }) => playState === 'running' && Number.isFinite(effect.getComputedTiming().endTime);
  let fading;
  do {
    await frame();
    fading = document.getAnimations().filter(ends);
    await Promise.allSettled(fading.map(({ finished }) => finished));
  } while (fading.length);
  const { violations } = await window.axe.run({ runOnly: { type: 'tag', values: tags } });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes
      .filter(({ target }) => id !== 'target-size' || !document.querySelector(target[0])?.closest(marks))
      .map(({ html, failureSummary }) => `${id}: ${help}\n  ${html}\n  ${failureSummary}`),
  );
}

/** Gives what checks the page as it is by then; `view` says in a failure which one it was. */
export async function axe(page) {
  // Not as a script of the page: its policy allows none in the page itself.
  await page.evaluate(await readFile(AXE, 'utf8'));
  return async (view) => {
    const found = await page.evaluate(findings, { tags: TAGS, marks: MARKS });
    assert.deepEqual(found, [], view);
  };
}
