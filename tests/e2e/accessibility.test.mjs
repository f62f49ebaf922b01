// axe-core finds nothing wrong, at three widths, by day and by night.
import { axe } from './axe.mjs';
import { lab } from './lab.mjs';
import { merge, pause, press, propose, station } from './story.mjs';

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
      await station(page, 'Release');
      await check('the tree of a release');
      await station(page, 'Endpoints');
      await check('the addresses of a Service');
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
