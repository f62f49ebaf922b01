// axe-core finds nothing wrong, at three widths, by day and by night.
import { axe } from './axe.mjs';
import { lab } from './lab.mjs';
import { edit, merge, pause, press, propose, station, type } from './story.mjs';
import { ready } from './visit.mjs';

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
      await type(page, 'kubectl get all');
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
      await station(page, 'API server');
      await check('the requests to the API server');
      await station(page, 'Endpoints');
      await check('the addresses of a Service');
      await station(page, 'Traffic');
      await check('live charts');
      await page.getByRole('button', { name: 'why?' }).click();
      await check('the causes of a moment');
      await page.getByRole('button', { name: 'why?' }).click();
      await page.getByRole('slider', { name: 'Time' }).press('PageDown');
      await page.getByRole('button', { name: 'Fork here' }).click();
      await page.getByTestId('futures').waitFor();
      await type(page, 'kubectl scale deployment/order-service -n shop --replicas=4');
      await pause(page);
      await press(page, 'End');
      if (width < 1100) await page.getByRole('tab', { name: 'Stage' }).click();
      await page.getByTestId('difference-of-futures').first().waitFor();
      await check('two futures');
      await page.getByRole('tab', { name: 'Events' }).click();
      await check('the events');
    });

    lab(`axe finds nothing in the editor and the dialogs at ${width} pixels, ${dark ? 'dark' : 'light'}`, { width, height, dark }, async (page) => {
      const check = await axe(page);
      await page.getByRole('tab', { name: /^Files/ }).click();
      await edit(page, 'chart/values.yaml', 'replicaCount: 3', 'replicaCount: 3: 4');
      await page.getByTestId('problem').first().waitFor();
      await check('a mistake');
      await page.getByRole('button', { name: 'Reset file' }).click();
      await check('a file that was taken back');
      await page.getByRole('button', { name: 'New file' }).click();
      await page.getByRole('textbox', { name: 'Path of the new file' }).waitFor();
      await check('the name of a new file');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Rendered', exact: true }).click();
      await page.getByTestId('manifest').getByRole('button', { name: 'replicas: 3' }).click();
      await check('what the chart renders');
      await page.getByRole('button', { name: 'Share' }).click();
      await page.getByTestId('link-length').getByText(/characters/).waitFor();
      await check('the dialog that shares');
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

    lab(`axe finds nothing in frames and pages to read at ${width} pixels, ${dark ? 'dark' : 'light'}`, { width, height, dark }, async (page) => {
      const site = new URL('./', page.url()).href;
      for (const name of ['modelled.html', 'embedding.html']) {
        await page.goto(site + name);
        await (await axe(page))(name);
      }
      for (const fragment of ['lab=shop', 'lesson=5-the-memory-limit&readonly']) {
        await page.goto('about:blank');
        await page.goto(`${site}embed.html#${fragment}`);
        await ready(page);
        await (await axe(page))(fragment);
      }
    });
  }
}
