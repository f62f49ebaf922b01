// The editor: CodeMirror, loaded after the page is drawn, and the plain area where it cannot be.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { lab } from './lab.mjs';
import { edit, open, read, write } from './story.mjs';
import * as visit from './visit.mjs';

const PHONE = { width: 390, height: 844 };
const VALUES = 'chart/values.yaml';
const DEPLOYMENT = 'chart/templates/deployment.yaml';

/** The Files panel, which has a tab of its own on every page. */
const files = (page) => page.getByRole('tab', { name: /^Files/ }).click();

for (const size of [{}, PHONE]) {
  const at = size.width ? ', on a phone' : '';

  lab(`a mistake in a template stands where it was made, and F8 goes there${at}`, size, async (page) => {
    await files(page);
    const editor = await open(page, DEPLOYMENT);
    const line = (await read(editor)).split('\n').findIndex((text) => text.includes('.Values.replicaCount')) + 1;
    await edit(page, DEPLOYMENT, '.Values.replicaCount', '.Values.replicaCount | nonsense');
    const problem = page.getByTestId('problem').first();
    await problem.waitFor();
    assert.equal(await problem.getAttribute('data-line'), `${line}`);
    assert.match(await problem.textContent(), /function "nonsense" not defined/);
    await editor.press('Control+Home');
    await page.keyboard.press('F8');
    await page.locator('.cm-lintRange-error').first().waitFor();
    const active = page.locator('.cm-activeLine');
    assert.match(await active.textContent(), /nonsense/);
    await page.keyboard.press('Control+z');
    await problem.waitFor({ state: 'detached' });
  });
}

lab('Tab indents, and Escape gives it back to the page', async (page) => {
  const editor = await open(page, VALUES);
  await editor.press('Control+End');
  await page.keyboard.press('Tab');
  assert.ok((await read(editor)).endsWith('  '));
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  assert.ok(!(await editor.evaluate((it) => it === it.getRootNode().activeElement)), 'the focus has left the editor');
});

lab('the editor needs no style element, which a strict policy would refuse', async (page) => {
  await open(page, VALUES);
  assert.equal(await page.locator('head style, body style, .code style').count(), 0);
  assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector('.code').shadowRoot.querySelector('.cm-content')).whiteSpace), 'pre');
});

lab('each file keeps what can be undone in it', async (page) => {
  const editor = await open(page, VALUES);
  const before = await read(editor);
  await write(editor, before.replace('replicaCount: 3', 'replicaCount: 5'));
  await open(page, 'app.yaml');
  const again = await open(page, VALUES);
  assert.match(await read(again), /replicaCount: 5/);
  await again.press('Control+z');
  assert.equal(await read(again), before);
});

lab('fields, their values and the values of the chart are offered and explained', async (page) => {
  // What the fields mean is compared with once the engine has learnt them.
  await page.waitForFunction(() => performance.getEntriesByName('lab:engine').length > 0 || (dispatchEvent(new Event('pointermove')), false));
  const editor = await open(page, DEPLOYMENT);
  await write(editor, 'apiVersion: apps/v1\nkind: Deployment\nspec:\n  ');
  await editor.press('Control+End');
  const options = page.locator('.cm-tooltip-autocomplete').getByRole('option');
  for (let tries = 0; tries < 20 && (await options.count()) === 0; tries += 1) {
    await page.keyboard.press('Control+Space');
    await page.waitForTimeout(250);
  }
  await options.filter({ hasText: 'minReadySeconds' }).waitFor();
  await page.keyboard.type('repl');
  await options.filter({ hasText: 'replicas' }).waitFor();
  await page.waitForTimeout(100);
  await page.keyboard.press('Enter');
  assert.match(await read(editor), /spec:\n {2}replicas: $/);
  await page.keyboard.type('{{ .Values.repl');
  await options.filter({ hasText: '.Values.replicaCount' }).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.cm-line', { hasText: 'replicas' }).locator('span', { hasText: 'replicas' }).first().hover();
  await page.locator('.explained').filter({ hasText: 'Number of desired pods' }).waitFor();
});

test('where the editor cannot be loaded, the plain area is there', async () => {
  const { site, context, page, wrong } = await visit.open();
  try {
    await page.route(/\/editor\.js/, (route) => route.abort());
    await page.goto(site.url);
    await visit.ready(page);
    const area = page.getByRole('textbox', { name: /^Text of / });
    await page.waitForTimeout(500);
    assert.equal(await area.evaluate((it) => it.tagName), 'TEXTAREA');
    const text = await area.inputValue();
    await area.fill(`${text}\n: [`);
    await page.getByTestId('problem').first().waitFor();
    assert.deepEqual(wrong.filter((line) => !/editor\.js|ERR_FAILED/.test(line)), []);
  } finally {
    await context.close();
  }
});
after(visit.stop);
