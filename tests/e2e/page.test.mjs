// The page itself: what is typed is kept, mistakes are marked, and it fits and rests where it should.
import assert from 'node:assert/strict';
import { lab } from './lab.mjs';
import { edit, look, merge, open, propose, read, write } from './story.mjs';
import { ready } from './visit.mjs';

lab('who only looks loads no engine; the first sign of somebody does', async (page) => {
  const loaded = () => page.evaluate(() => performance.getEntriesByName('lab:engine').length > 0);
  const asked = () => page.evaluate(() => performance.getEntriesByType('resource').some(({ name }) => name.includes('worker.js')));
  await page.waitForTimeout(500);
  assert.ok(!(await loaded()) && !(await asked()));
  assert.equal((await look(page)).stations.rollout.progress, 'done', 'a living cluster is there all the same');
  await page.mouse.move(700, 400);
  await page.waitForFunction(() => performance.getEntriesByName('lab:engine').length > 0);
});

lab('edits survive a reload', async (page) => {
  await edit(page, 'chart/values.yaml', 'replicaCount: 3', 'replicaCount: 4');
  // A reload while the engine is being loaded would count as a failed request.
  await page.waitForFunction(() => performance.getEntriesByName('lab:engine').length > 0);
  await page.reload();
  await ready(page);
  const editor = await open(page, 'chart/values.yaml');
  assert.match(await read(editor), /replicaCount: 4/);
});

lab('another built-in lab has its own address, repositories and edits', { query: '?lab=shop' }, async (page) => {
  const shown = page.getByRole('combobox', { name: 'Lab' });
  assert.equal(await shown.inputValue(), 'shop');
  await edit(page, 'gateway/chart/values.yaml', 'replicaCount: 2', 'replicaCount: 3');
  await page.waitForFunction(() => performance.getEntriesByName('lab:interactive').length > 0);
  await shown.selectOption('order-service-gitops');
  await page.waitForURL(/lab=order-service-gitops/);
  await ready(page);
  assert.equal(await page.getByRole('button', { name: /edited/ }).count(), 0, 'the edits are those of the other lab');
  await page.getByRole('button', { name: 'Give slow payments more time' }).click();
  const plan = await propose(page);
  assert.equal(plan[0].effect, 'rolls', 'what Argo CD will do is foreseen');
  await page.goBack();
  await ready(page);
  assert.match(await read(await open(page, 'gateway/chart/values.yaml')), /replicaCount: 3/);
});

lab('a lab that there is not gives way to the one that there is', { query: '?lab=none' }, async (page, wrong) => {
  await page.waitForURL(/lab=order-service$/);
  await ready(page);
});

lab('a mistake in YAML is marked at its line, as long as it is there', async (page) => {
  const editor = await open(page, 'chart/values.yaml');
  const right = await read(editor);
  const wrong = right.replace('replicaCount: 3', 'replicaCount: 3: 4');
  const line = wrong.split('\n').findIndex((text) => text.includes('3: 4')) + 1;
  await write(editor, wrong);
  const problem = page.getByTestId('problem').first();
  await problem.waitFor();
  assert.equal(await problem.getAttribute('data-line'), `${line}`);
  assert.equal(await editor.getAttribute('aria-invalid'), 'true');
  await write(editor, right);
  await problem.waitFor({ state: 'detached' });
});

for (const [width, height] of [
  [1440, 900],
  [390, 844],
]) {
  lab(`the way to a merge can be gone by keyboard alone, at ${width} pixels`, { width, height }, async (page) => {
    await tabTo(page, 'Try the sample change');
    await page.keyboard.press('Enter');
    await focusOn(page, 'Open pull request');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Squash and merge');
    await page.keyboard.press('Enter');
    await focusOn(page, 'Pause');
  });
}

lab('nothing moves by itself for who wants less motion', { reducedMotion: true }, async (page) => {
  await page.getByRole('button', { name: 'Try the sample change' }).click();
  await propose(page);
  await merge(page);
  for (let sample = 0; sample < 20; sample++) {
    await page.waitForTimeout(100);
    const moving = await page.evaluate(() =>
      document
        .getAnimations()
        .filter(({ playState, effect }) => playState === 'running' && effect.getComputedTiming().duration > 1)
        .map(({ effect }) => effect.target.outerHTML.slice(0, 120)),
    );
    assert.deepEqual(moving, []);
  }
});

for (const [width, height] of [
  [1440, 900],
  [768, 1024],
  [390, 844],
]) {
  lab(`nothing is cut off sideways at ${width} pixels`, { width, height }, async (page) => {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= width, `the page is ${wide} pixels wide`);
  });
}

/** Waits until the button with this name has the focus. */
async function focusOn(page, name) {
  await page.locator('button:focus').and(page.getByRole('button', { name, exact: true })).waitFor();
}

/** Presses Tab until the control with this name has the focus. */
async function tabTo(page, name) {
  const MOST = 80;
  for (let presses = 0; presses < MOST; presses++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => document.activeElement.textContent.trim());
    if (focused === name) return;
  }
  assert.fail(`Tab does not reach “${name}”`);
}
