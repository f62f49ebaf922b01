// axe-core finds nothing wrong, at three widths, by day and by night.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { lab } from './lab.mjs';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

for (const [width, height] of [
  [1440, 900],
  [768, 1024],
  [390, 844],
]) {
  for (const dark of [false, true]) {
    lab(`axe finds nothing at ${width} pixels, ${dark ? 'dark' : 'light'}`, { width, height, dark }, async (page) => {
      await page.addScriptTag({ path: AXE });
      const { violations } = await page.evaluate(
        (values) => window.axe.run({ runOnly: { type: 'tag', values } }),
        RULES,
      );
      const found = violations.flatMap(({ id, help, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${help}\n  ${html}\n  ${failureSummary}`),
      );
      assert.deepEqual(found, []);
    });
  }
}
