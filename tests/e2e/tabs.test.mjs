// The open files: one tab each, opened, closed, gone through by keys, and still there after a reload.
import assert from 'node:assert/strict';
import { lab } from './lab.mjs';
import { open, read, write } from './story.mjs';
import { ready } from './visit.mjs';

const PHONE = { width: 390, height: 844 };
const DEPLOYMENT = 'chart/templates/deployment.yaml';
const VALUES = 'chart/values.yaml';

const list = (page) => page.getByRole('tablist', { name: 'Open files' });
const names = (page) => list(page).getByRole('tab').evaluateAll((tabs) => tabs.map((tab) => tab.getAttribute('aria-label')));
/** Waits until the file is shown. */
const shows = (page, name) => list(page).getByRole('tab', { name, exact: true, selected: true }).waitFor();
const gone = (page, name) => list(page).getByRole('tab', { name, exact: true }).waitFor({ state: 'detached' });
const shown = (page) => list(page).getByRole('tab', { selected: true }).getAttribute('aria-label');
const files = (page) => page.getByRole('tab', { name: /^Files/ }).click();

for (const size of [{}, PHONE]) {
  const at = size.width ? ', on a phone' : '';

  lab(`each file has a tab, which stays after a reload${at}`, size, async (page) => {
    await files(page);
    await open(page, 'app.yaml');
    await open(page, DEPLOYMENT);
    const editor = await open(page, VALUES);
    const all = await names(page);
    assert.equal(new Set(all).size, all.length, all.join());
    assert.ok([DEPLOYMENT, VALUES, 'app.yaml'].every((path) => all.includes(path)), all.join());
    await write(editor, (await read(editor)).replace('replicaCount: 3', 'replicaCount: 5'));
    const edited = list(page).getByRole('tab', { name: `${VALUES}, edited`, exact: true });
    await edited.locator('.edited').waitFor();
    await list(page).getByRole('tab', { name: DEPLOYMENT, exact: true }).click();
    assert.match(await read(page.getByRole('textbox', { name: `Text of ${DEPLOYMENT}` })), /kind: Deployment/);
    const before = await names(page);
    await page.reload();
    await ready(page);
    await files(page);
    await page.locator('.code').waitFor();
    assert.deepEqual(await names(page), before);
    assert.equal(await shown(page), DEPLOYMENT);
    const { left, right, width } = await list(page).evaluate((it) => {
      const { left, right } = it.querySelector('[aria-selected="true"]').getBoundingClientRect();
      return { left, right, width: innerWidth };
    });
    assert.ok(0 <= left && right <= width, 'the shown tab is in sight');
  });
}

lab('a tab is closed by its cross, the middle button and Delete; the last one stays', async (page) => {
  await open(page, 'Dockerfile');
  await open(page, DEPLOYMENT);
  await open(page, VALUES);
  await open(page, 'app.yaml');
  const tab = (name) => list(page).getByRole('tab', { name, exact: true });
  await tab('app.yaml').locator('.close').click();
  await gone(page, 'app.yaml');
  // The one after the last one is the one before it.
  assert.equal(await shown(page), (await names(page)).at(-1));
  await tab('Dockerfile').click({ button: 'middle' });
  await gone(page, 'Dockerfile');
  await tab(await shown(page)).focus();
  for (let left = await names(page); 1 < left.length; left = await names(page)) {
    const name = await shown(page);
    await page.keyboard.press('Delete');
    await gone(page, name);
    const focused = await page.evaluate(() => document.activeElement.getAttribute('aria-label'));
    assert.equal(focused, await shown(page), 'the focus goes to the next one');
  }
  await page.keyboard.press('Delete');
  assert.equal((await names(page)).length, 1);
  assert.equal(await list(page).locator('.close').count(), 0);
});

lab('keys that the browser leaves free go from file to file, also out of the editor', async (page) => {
  await open(page, DEPLOYMENT);
  await open(page, 'app.yaml');
  const editor = await open(page, VALUES);
  await editor.press('Control+Home');
  const all = await names(page);
  const at = all.indexOf(VALUES);
  await page.keyboard.press('Alt+PageUp');
  await shows(page, all.at(at - 1));
  await page.keyboard.press('Alt+PageDown');
  await shows(page, VALUES);
  await page.keyboard.press('Alt+KeyW');
  await gone(page, VALUES);
  await list(page).getByRole('tab', { selected: true }).focus();
  const left = await names(page);
  await page.keyboard.press('End');
  await shows(page, left.at(-1));
  await page.keyboard.press('ArrowRight');
  await shows(page, left[0]);
  await page.keyboard.press('ArrowLeft');
  await shows(page, left.at(-1));
  await page.keyboard.press('Home');
  await shows(page, left[0]);
});

lab('a renamed file keeps its tab, a deleted one loses it and gets it back', async (page) => {
  await open(page, DEPLOYMENT);
  await open(page, VALUES);
  await list(page).getByRole('tab', { name: DEPLOYMENT, exact: true }).click();
  const at = (await names(page)).indexOf(DEPLOYMENT);
  await page.getByRole('button', { name: 'Rename', exact: true }).click();
  await page.getByRole('textbox', { name: 'New path of the file' }).fill('order-service/chart/templates/app.yaml');
  await page.keyboard.press('Enter');
  assert.equal((await names(page))[at], 'chart/templates/app.yaml, new');
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  assert.ok(!(await names(page)).some((name) => name.startsWith('chart/templates/app.yaml')));
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  assert.equal(await shown(page), 'chart/templates/app.yaml, new');
});
