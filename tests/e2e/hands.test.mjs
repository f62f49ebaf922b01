// What a person does beside editing and merging: GitHub's and Argo CD's buttons, kubectl, a closer look.
import assert from 'node:assert/strict';
import { lab } from './lab.mjs';
import { count, look, merge, pause, press, propose, station, type } from './story.mjs';

const tab = (page, name) => page.getByRole('tab', { name }).click();

async function mergeSample(page) {
  await page.getByRole('button', { name: 'Try the sample change' }).click();
  await propose(page);
  await merge(page);
  await pause(page);
}

lab('a merge is taken back by a pull request of its own', async (page) => {
  const before = await look(page);
  await mergeSample(page);
  await press(page, 'End');
  assert.notDeepEqual((await look(page)).sets, before.sets);
  await tab(page, /Pull request/);
  await page.getByRole('button', { name: 'Revert' }).click();
  await page.getByRole('heading', { name: /^Revert "/ }).waitFor();
  await merge(page);
  await pause(page);
  await press(page, 'End');
  const images = (scene) => scene.pods.map(({ tint }) => tint);
  assert.equal(count(await look(page), 'ready'), 3);
  assert.notDeepEqual(images(await look(page)), [], 'its pods run');
});

lab('a run is cancelled, and run again', async (page) => {
  await mergeSample(page);
  await page.getByRole('button', { name: 'On to the next mark' }).waitFor();
  for (let scene = await look(page); scene.stations.checks.progress !== 'active'; scene = await look(page)) {
    await page.getByRole('button', { name: 'Step forward' }).click();
  }
  await station(page, 'Checks');
  await page.getByRole('button', { name: 'Cancel run' }).click();
  await page.getByRole('button', { name: 'Re-run all jobs' }).waitFor();
  await pause(page);
  await press(page, 'End');
  const cancelled = await look(page);
  assert.notEqual(cancelled.stations.rollout.progress, 'active');
  await station(page, 'Checks');
  await page.getByRole('button', { name: 'Re-run all jobs' }).click();
  await page.getByRole('button', { name: 'Cancel run' }).waitFor();
  await pause(page);
  await press(page, 'End');
  assert.equal((await look(page)).stations.checks.progress, 'done');
});

lab('kubectl prints what the real one prints, and changes the cluster', async (page) => {
  assert.match(await type(page, 'kubectl get pods'), /NAME +READY +STATUS +RESTARTS +AGE/);
  assert.match(await type(page, 'kubectl scale deployment/order-service --replicas=5'), /deployment\.apps\/order-service scaled/);
  await pause(page);
  await press(page, 'End');
  assert.equal(count(await look(page), 'ready'), 5);
  assert.match(await type(page, 'kubectl get deployment nothing'), /Error from server \(NotFound\)/);
  await page.getByRole('textbox', { name: 'Command' }).press('ArrowUp');
  assert.equal(await page.getByRole('textbox', { name: 'Command' }).inputValue(), 'kubectl get deployment nothing');
});

lab('a closer look leads back to the line that was written', async (page) => {
  await mergeSample(page);
  await press(page, 'End');
  await page.locator('[data-testid="pod"] button').first().click();
  const panel = page.getByTestId('object-panel');
  await panel.getByText('kind: Pod').waitFor();
  assert.match(await panel.getByTestId('why').textContent(), /merge pull request/);
  await panel.getByTestId('object-link').first().click();
  await page.locator('[data-testid="object-panel"][data-kind="ReplicaSet"]').waitFor();
  await panel.getByTestId('source').first().click();
  await page.locator('.code').waitFor();
  const editor = page.getByRole('textbox', { name: /^Text of / });
  await page.waitForFunction((it) => it === it.getRootNode().activeElement, await editor.elementHandle());
  assert.notEqual((await page.locator('.cm-activeLine').textContent()).trim(), '');
});

lab('the arrow keys go from pod to pod', async (page) => {
  const pods = page.locator('[data-testid="pod"] button');
  await pods.first().focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(await pods.nth(1).evaluate((pod) => pod === document.activeElement), true);
  await page.keyboard.press('Enter');
  await page.getByTestId('object-panel').waitFor();
});

lab('drift by hand is seen by Argo CD, which heals it', { query: '?lab=order-service-gitops&speed=4' }, async (page) => {
  await type(page, 'kubectl -n shop scale deployment order-service --replicas=1');
  await pause(page);
  await station(page, 'Release');
  await page.getByTestId('application').first().getByRole('button', { name: 'Refresh' }).click();
  await pause(page);
  await press(page, 'End');
  assert.equal(count(await look(page), 'ready'), 3);
  await tab(page, 'Events');
  await page.getByTestId('event').filter({ hasText: 'Argo CD patches Deployment/order-service: spec.replicas' }).waitFor();
  assert.match(page.url(), /speed=4/);
});
