// The API server: what a change asks it for, what it answers, and what it refuses.
import assert from 'node:assert/strict';
import { lab } from './lab.mjs';
import { edit, goTo, look, merge, pause, press, propose, station } from './story.mjs';

const requests = (page) =>
  page.getByTestId('request').evaluateAll((all) => all.map(({ dataset, textContent }) => ({ ...dataset, text: textContent })));

for (const [width, height] of [
  [1440, 900],
  [768, 1024],
  [390, 844],
]) {
  lab(`what a release asks the API server for, at ${width} pixels`, { width, height }, async (page) => {
    if (width < 1100) await page.getByRole('tab', { name: /^Files/ }).click();
    await page.getByRole('button', { name: 'Try the sample change' }).click();
    await propose(page);
    if (width < 1100) await page.getByRole('tab', { name: 'Stage' }).click();
    assert.equal((await look(page)).stations['api-server'].progress, 'waiting');
    if (width < 1100) await page.getByRole('tab', { name: /^Pull request/ }).click();
    await merge(page);
    await pause(page);
    await press(page, 'End');
    await look(page);
    const released = page.locator('[data-testid="mark"][data-kind="released"]').last();
    const moment = Number(await released.getAttribute('data-t'));
    await released.locator('button').click({ force: true });
    await goTo(page, moment);
    // It is lit as it answers, and is where the eye goes; then the rollout is.
    const { stations } = await look(page);
    assert.equal(stations['api-server'].progress, 'active');
    assert.equal(stations['api-server'].live, 'true');
    await page.getByRole('button', { name: 'Step forward', exact: true }).click();
    assert.equal((await look(page)).stations['api-server'].progress, 'done');

    await station(page, 'API server');
    const patch = (await requests(page)).find(({ object }) => object === 'Deployment/shop/order-service');
    assert.equal(`${patch.actor} ${patch.verb} ${patch.code}`, 'helm patch 200');
    assert.match(patch.text, /generation 2.*in \.spec\.template.*image.*told to deployment-controller/);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    await page.getByTestId('request').getByTestId('object-link').first().click();
    await page.getByTestId('object-panel').getByText('kind: Deployment').waitFor();
  });
}

lab('what the API server refuses stands where it was refused', async (page) => {
  await edit(page, 'chart/values.yaml', 'replicaCount: 3', 'replicaCount: -1');
  await propose(page);
  await merge(page);
  await pause(page);
  await press(page, 'End');
  const { stations, pods } = await look(page);
  const progress = ['image', 'release', 'api-server', 'rollout'].map((kind) => stations[kind].progress);
  assert.deepEqual(progress, ['skipped', 'failed', 'failed', 'skipped']);
  assert.equal(stations['api-server'].live, 'true');
  const [patch] = (await requests(page)).filter(({ code }) => code === '422');
  assert.match(patch.text, /422 Invalid.*spec\.replicas: Invalid value: -1: must be greater than or equal to 0/);
  assert.equal(pods.length, 3);
});
