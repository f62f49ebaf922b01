// What stands on the stage stays where it is while the story goes on, and what lies over it goes away again.
import assert from 'node:assert/strict';
import { lab } from './lab.mjs';
import { look, merge, pause, press, propose, station, type } from './story.mjs';

const top = (page, name) => page.getByTestId(name).first().evaluate((it) => Math.round(it.getBoundingClientRect().top));

lab('the cluster stays where it is from the opening to the end of a rollout', async (page) => {
  const places = new Set([await top(page, 'deployment')]);
  const kinds = new Set();
  await page.getByRole('button', { name: 'Try the sample change' }).click();
  await propose(page);
  places.add(await top(page, 'deployment'));
  await merge(page);
  await pause(page);
  const next = page.getByRole('button', { name: 'Step forward' });
  for (let scene = await look(page); scene.now < scene.end; scene = await look(page)) {
    const detail = page.locator('.station-detail');
    kinds.add(await detail.getAttribute('data-kind'));
    places.add(await top(page, 'deployment'));
    await next.click();
  }
  assert.ok(kinds.has('checks') && kinds.has('rollout'), [...kinds].join());
  assert.equal(places.size, 1, `at ${[...places].join(', ')}`);
});

lab('the causes of a moment go away by a press elsewhere, by Escape anywhere, and by their button', async (page) => {
  const causes = page.locator('#causes');
  const why = page.getByRole('button', { name: 'why?' });
  const ways = [
    () => page.getByTestId('deployment').first().locator('.bounds').click(),
    async () => {
      await page.locator('body').evaluate(() => document.activeElement.blur());
      await page.keyboard.press('Escape');
    },
    () => causes.getByRole('button', { name: 'Close' }).click(),
  ];
  for (const [index, way] of ways.entries()) {
    await why.click();
    await causes.waitFor();
    await way();
    await causes.waitFor({ state: 'hidden' });
    if (index === 2) assert.equal(await page.evaluate(() => document.activeElement.textContent), 'why?', 'the focus is back');
  }
});

lab('failures are counted since the last thing that somebody did', async (page) => {
  const verdict = () => page.getByTestId('service').first().locator('.success').textContent();
  assert.doesNotMatch(await verdict(), /since/, 'nobody did anything yet');
  await page.getByRole('button', { name: 'Try the sample change' }).click();
  await propose(page);
  await merge(page);
  await pause(page);
  await press(page, 'Home');
  await look(page);
  assert.doesNotMatch(await verdict(), /since/, 'before the merge');
  await press(page, 'End');
  await look(page);
  assert.match(await verdict(), /none failed since the merge/);
  assert.match((await look(page)).sentence, /^All 3 pods are new and ready, on .*; no request failed\.$/, 'what came of it');
  await type(page, 'kubectl scale deployment/order-service -n shop --replicas=0');
  await press(page, 'End');
  await look(page);
  assert.match(await verdict(), /[1-9]\d* failed since \d+:\d\d/);
  assert.match((await look(page)).sentence, /^No pod is wanted/);
  await station(page, 'Traffic');
  assert.equal(await page.locator('[data-testid="chart"][data-name="Latency"]').getAttribute('data-value'), '–', 'what nobody answers takes no time');
  assert.match(await page.getByTestId('replica-set').last().textContent(), /no pods wanted/);
});
