// axe-core finds nothing wrong, at three widths, by day and by night.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { lab } from './lab.mjs';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
// Marks lie where their moments are, however near each other. The same places can be reached by the buttons
// to the next mark and the one before, which WCAG 2.5.8 accepts as an equivalent.
const MARKS = '[data-testid="mark"]';

/** In the page: what axe finds, one text a place. */
async function findings({ tags, marks }) {
  const { violations } = await window.axe.run({ runOnly: { type: 'tag', values: tags } });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes
      .filter(({ target }) => id !== 'target-size' || !document.querySelector(target[0])?.closest(marks))
      .map(({ html, failureSummary }) => `${id}: ${help}\n  ${html}\n  ${failureSummary}`),
  );
}

for (const [width, height] of [
  [1440, 900],
  [768, 1024],
  [390, 844],
]) {
  for (const dark of [false, true]) {
    lab(`axe finds nothing at ${width} pixels, ${dark ? 'dark' : 'light'}`, { width, height, dark }, async (page) => {
      await page.addScriptTag({ path: AXE });
      const found = await page.evaluate(findings, { tags: TAGS, marks: MARKS });
      assert.deepEqual(found, []);
    });
  }
}
