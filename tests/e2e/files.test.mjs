// Files are added, renamed, deleted and taken back; the edits outlive a reload.
import assert from 'node:assert/strict';
import { lab } from './lab.mjs';
import { open, propose, read, write } from './story.mjs';
import { ready } from './visit.mjs';

const PHONE = { width: 390, height: 844 };
const button = (page, name) => page.getByRole('button', { name, exact: true });
const SERVICE = 'chart/templates/service.yaml';

for (const size of [{}, PHONE]) {
  const at = size.width ? ', on a phone' : '';

  lab(`a file is added, renamed, and still there after a reload${at}`, size, async (page) => {
    await page.getByRole('tab', { name: /^Files/ }).click();
    await open(page, 'chart/values.yaml');
    await button(page, 'New file').click();
    const name = page.getByRole('textbox', { name: 'Path of the new file' });
    assert.equal(await name.inputValue(), 'order-service/chart/');
    await name.fill('order-service/chart/values.yaml');
    assert.ok(await button(page, 'Save').isDisabled(), 'there is one of that name');
    await name.fill('order-service/chart/templates/settings.yaml');
    await page.keyboard.press('Enter');
    const editor = await open(page, 'chart/templates/settings.yaml');
    await write(editor, 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n');
    await button(page, 'Rename').click();
    await page.getByRole('textbox', { name: 'New path of the file' }).fill('order-service/chart/templates/config.yaml');
    await page.keyboard.press('Enter');
    await open(page, 'chart/templates/config.yaml');
    await page.waitForFunction(() => performance.getEntriesByName('lab:engine').length > 0);
    await page.reload();
    await ready(page);
    await page.getByRole('tab', { name: /^Files/ }).click();
    assert.match(await read(await open(page, 'chart/templates/config.yaml')), /name: settings/);
    const plan = await propose(page);
    assert.ok(plan.some(({ object, effect }) => object.includes('settings') && effect === 'created'), JSON.stringify(plan));
  });
}

lab('a file is deleted, and the deletion taken back, or kept and planned', async (page) => {
  await open(page, SERVICE);
  await button(page, 'Delete').click();
  await page.getByRole('button', { name: `${SERVICE}, deleted` }).waitFor();
  await button(page, 'Undo').click();
  await open(page, SERVICE);
  await button(page, 'Delete').click();
  const plan = await propose(page);
  assert.ok(plan.some(({ object, effect }) => /Service/.test(object) && effect === 'deleted'), JSON.stringify(plan));
});

lab('a reset can be taken back', async (page) => {
  const editor = await open(page, 'chart/values.yaml');
  const edited = (await read(editor)).replace('replicaCount: 3', 'replicaCount: 5');
  await write(editor, edited);
  await button(page, 'Reset file').click();
  await page.getByRole('button', { name: 'chart/values.yaml', exact: true }).waitFor();
  await button(page, 'Undo').click();
  assert.equal(await read(await open(page, 'chart/values.yaml')), edited);
});

for (const size of [{}, PHONE]) {
  const at = size.width ? ', on a phone' : '';

  lab(`all edits are reset at once and taken back, and what is taken back outlives a reload${at}`, size, async (page) => {
    await page.getByRole('tab', { name: /^Files/ }).click();
    const change = async (path, from, to) => {
      const editor = await open(page, path);
      await write(editor, (await read(editor)).replace(from, to));
    };
    await change('chart/values.yaml', 'replicaCount: 3', 'replicaCount: 5');
    await change('app.yaml', 'tests: pass', 'tests: fail');
    await page.getByText('2 files edited.').waitFor();
    await button(page, 'Reset all').click();
    await page.getByText('2 files edited.').waitFor({ state: 'detached' });
    assert.match(await read(await open(page, 'chart/values.yaml')), /replicaCount: 3/);
    await button(page, 'Undo').click();
    await page.getByText('2 files edited.').waitFor();
    await page.reload();
    await ready(page);
    await page.getByRole('tab', { name: /^Files/ }).click();
    assert.match(await read(await open(page, 'chart/values.yaml')), /replicaCount: 5/);
    assert.match(await read(await open(page, 'app.yaml')), /tests: fail/);
  });
}
