// Endpoints: what the API server has of the addresses, who has heard of it, and who sends requests there.
import assert from 'node:assert/strict';
import { lab } from './lab.mjs';
import { goTo, look, merge, pause, press, propose, station } from './story.mjs';

const rows = (page, name) => page.getByTestId(name).evaluateAll((all) => all.map(({ dataset, textContent }) => ({ ...dataset, text: textContent })));

for (const [width, height] of [
  [1440, 900],
  [390, 844],
]) {
  lab(`the addresses of a Service stand between pods and traffic, at ${width} pixels`, { width, height }, async (page) => {
    if (width < 1100) await page.getByRole('tab', { name: 'Stage' }).click();
    const { stations } = await look(page);
    assert.deepEqual(Object.keys(stations).slice(-3), ['rollout', 'endpoints', 'traffic']);
    await station(page, 'Endpoints');
    const addresses = await rows(page, 'address');
    assert.equal(addresses.length, 3);
    for (const one of addresses) {
      assert.match(one.address, /^10\.244\.\d+\.\d+$/);
      assert.match(one.text, /node-[abc].*ready.*gets requests from everybody/);
    }
    const senders = await rows(page, 'sender');
    assert.deepEqual(senders.map(({ name, current }) => [name, current]), [['node-a', 'true'], ['node-b', 'true'], ['node-c', 'true']]);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    await page.getByTestId('address').first().getByTestId('object-link').click();
    await page.getByTestId('object-panel').getByText('kind: Pod').waitFor();
  });
}

lab('while pods are replaced, some node has yet to hear of it', async (page) => {
  await page.getByRole('button', { name: 'Try the sample change' }).click();
  await propose(page);
  await merge(page);
  await pause(page);
  await station(page, 'Endpoints');
  await press(page, 'End');
  await look(page);
  const marks = await page.locator('[data-testid="mark"]').evaluateAll((all) => all.map(({ dataset }) => ({ kind: dataset.kind, t: Number(dataset.t) })));
  const first = marks.findLast(({ kind }) => kind === 'first-ready').t;
  await page.locator('[data-testid="mark"][data-kind="first-ready"]').last().locator('button').click({ force: true });
  await goTo(page, first);
  // Step by step from the first new pod that is ready: its address is new, and then an old one is left.
  const seen = { late: false, terminating: false, still: false };
  for (let step = 0; step < 40; step++) {
    const senders = await rows(page, 'sender');
    const addresses = await rows(page, 'address');
    seen.late ||= senders.some(({ current }) => current === 'false');
    seen.terminating ||= addresses.some(({ terminating }) => terminating === 'true');
    seen.still ||= addresses.some(({ terminating, senders }) => terminating === 'true' && senders !== '0');
    await page.getByRole('button', { name: 'Step forward' }).click();
    await look(page);
  }
  assert.deepEqual(seen, { late: true, terminating: true, still: true });
});
