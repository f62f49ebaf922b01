// axe-core finds nothing wrong, at three widths, by day and by night.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { lab } from './lab.mjs';
import { merge, pause, press, propose, station } from './story.mjs';

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
      const check = async (view) => {
        const found = await page.evaluate(findings, { tags: TAGS, marks: MARKS });
        assert.deepEqual(found, [], view);
      };
      await check('as it opens');
      await page.locator('[data-testid="pod"] button').first().click();
      await page.getByTestId('object-panel').getByText('kind: Pod').waitFor();
      await check('a pod, looked at closely');
      await page.getByRole('tab', { name: 'Terminal' }).click();
      await page.getByRole('textbox', { name: 'Command' }).fill('kubectl get all');
      await page.keyboard.press('Enter');
      await page.getByTestId('printed').waitFor();
      await check('the terminal');
      await page.getByRole('tab', { name: width < 1100 ? 'Stage' : /^Files/ }).click();
      await page.getByRole('button', { name: 'Try the sample change' }).click();
      await propose(page);
      await check('an open pull request');
      await merge(page);
      await pause(page);
      await press(page, 'End');
      await station(page, 'Checks');
      await check('a run that is over');
    });
  }
}
