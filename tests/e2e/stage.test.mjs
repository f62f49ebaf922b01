// The stage: charts of traffic, the tree of an Application, control loops, and the named marks.
import assert from 'node:assert/strict';
import { lab } from './lab.mjs';
import { look, merge, pause, press, propose, station } from './story.mjs';

/** The places of what is shown of these elements, left to right. */
const boxes = (locator) =>
  locator.evaluateAll((elements) =>
    elements.map((element) => element.getBoundingClientRect()).map(({ left, right, top, bottom }) => ({ left, right, top, bottom })),
  );

const overlap = (a, b) => a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom && b.top < a.bottom;

for (const [width, height] of [
  [1440, 900],
  [390, 844],
]) {
  lab(`marks have names that do not lie on each other, at ${width} pixels`, { width, height }, async (page) => {
    await page.getByRole('button', { name: 'Try the sample change' }).click();
    await propose(page);
    await merge(page);
    await pause(page);
    await press(page, 'End');
    await look(page);
    const kinds = await page.getByTestId('mark').evaluateAll((marks) => marks.map(({ dataset }) => dataset.kind));
    for (const kind of ['merged', 'checks-passed', 'released', 'first-ready', 'complete', 'old-gone']) {
      assert.ok(kinds.includes(kind), `${kind} is among ${kinds}`);
    }
    const names = page.locator('[data-testid="mark"][data-named="true"] .label');
    assert.ok((await names.count()) >= 2, 'several are named');
    const all = await boxes(names);
    for (const [index, box] of all.entries()) {
      assert.ok(0 <= box.left && box.right <= width + 0.5, 'within the page');
      for (const other of all.slice(index + 1)) assert.ok(!overlap(box, other), `${JSON.stringify(box)} and ${JSON.stringify(other)}`);
    }
    const { now } = await look(page);
    await page.locator('[data-testid="mark"] button[tabindex="0"]').focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
    const before = await look(page);
    assert.ok(before.now < now, 'a mark is reached by keyboard');
  });

  lab(`traffic is charted up to the moment, at ${width} pixels`, { width, height }, async (page) => {
    if (width < 1100) await page.getByRole('tab', { name: 'Stage' }).click();
    await station(page, 'Traffic');
    const charts = await page.getByTestId('chart').evaluateAll((all) => all.map(({ dataset }) => [dataset.name, dataset.value]));
    const values = Object.fromEntries(charts);
    assert.equal(values['Success rate'], '100 %');
    assert.match(values.Latency, /^p50 \d+ ms, p99 \d+ ms$/);
    assert.match(values['CPU of the busiest pod'], /cores/);
    assert.match(values['Memory of the largest pod'], /^\d+ Mi of \d+ Mi$/);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
  });
}

lab('the controller that acts is lit, and says what it did', async (page) => {
  await page.getByRole('button', { name: 'Try the sample change' }).click();
  await propose(page);
  await merge(page);
  await pause(page);
  const lit = new Set();
  const next = page.getByRole('button', { name: 'Step forward' });
  for (let scene = await look(page); scene.now < scene.end; scene = await look(page)) {
    const names = await page.locator('[data-testid="loop"][data-acts="true"]').evaluateAll((all) => all.map(({ dataset }) => dataset.name));
    for (const name of names) lit.add(name);
    await next.click();
  }
  for (const name of ['deployment-controller', 'kubelet']) assert.ok(lit.has(name), `${name} is among ${[...lit]}`);
});

lab('an Application is a tree down to its pods', { query: '?lab=order-service-gitops' }, async (page) => {
  const release = page.locator('[data-testid="station"][data-kind="release"]');
  assert.match(await release.textContent(), /Synced/, 'before any change, it stands as the last sync left it');
  await station(page, 'Release');
  const branch = page.locator('[data-testid="branch"][data-object^="Deployment/"]');
  assert.equal(await branch.getAttribute('data-health'), 'Healthy');
  assert.match(await branch.textContent(), /ReplicaSet .*3 of 3 ready.*Pod /);
  await branch.getByTestId('object-link').filter({ hasText: 'Pod' }).first().click();
  await page.getByTestId('object-panel').getByText('kind: Pod').waitFor();
});

lab('why something happened leads to the line that was written', async (page) => {
  await page.getByRole('button', { name: 'Try the sample change' }).click();
  await propose(page);
  await merge(page);
  await pause(page);
  const ready = page.locator('[data-testid="mark"][data-kind="first-ready"]').last();
  await press(page, 'End');
  await look(page);
  await ready.locator('button').click({ force: true });
  await look(page);
  await page.getByRole('button', { name: 'why?' }).click();
  const written = page.getByTestId('written');
  await written.getByTestId('source').first().click();
  await page.getByRole('textbox', { name: /^Text of / }).waitFor();
});
