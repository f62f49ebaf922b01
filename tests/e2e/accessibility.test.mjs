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

/** In the page: what axe finds, one text a place. What is fading in or out has arrived by then. */
async function findings({ tags, marks }) {
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  let fading;
  do {
    await frame();
    fading = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
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
async function axe(page) {
  await page.addScriptTag({ path: AXE });
  return async (view) => {
    const found = await page.evaluate(findings, { tags: TAGS, marks: MARKS });
    assert.deepEqual(found, [], view);
  };
}

for (const [width, height] of [
  [1440, 900],
  [768, 1024],
  [390, 844],
]) {
  for (const dark of [false, true]) {
    lab(`axe finds nothing at ${width} pixels, ${dark ? 'dark' : 'light'}`, { width, height, dark }, async (page) => {
      const check = await axe(page);
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

    const query = '?lesson=3-what-starts-a-rollout';
    lab(`axe finds nothing in a lesson at ${width} pixels, ${dark ? 'dark' : 'light'}`, { width, height, dark, query }, async (page) => {
      const check = await axe(page);
      await check('a lesson as it opens');
      await page.getByRole('radio', { name: /^They are replaced/ }).click();
      await page.getByRole('button', { name: 'Open pull request' }).click();
      await merge(page);
      await pause(page);
      await press(page, 'End');
      await page.getByRole('tab', { name: 'Lesson' }).click();
      await page.getByRole('button', { name: 'Next', exact: true }).waitFor();
      await check('a step that is judged');
      await page.getByRole('button', { name: 'Next', exact: true }).click();
      await page.locator('[data-testid="lesson-step"][data-id="comment"][data-status="active"]').waitFor();
      await check('the step after it');
    });
  }
}
