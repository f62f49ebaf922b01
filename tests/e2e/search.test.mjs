// Searching in a file, by keyboard and by a button.
import assert from 'node:assert/strict';
import { lab } from './lab.mjs';
import { open, read } from './story.mjs';

const PHONE = { width: 390, height: 844 };

for (const size of [{}, PHONE]) {
  const at = size.width ? ', on a phone' : '';

  lab(`a text is found, gone through and replaced${at}`, size, async (page) => {
    await page.getByRole('tab', { name: /^Files/ }).click();
    const editor = await open(page, 'chart/values.yaml');
    await page.getByRole('button', { name: 'Find', exact: true }).click();
    const field = page.getByRole('textbox', { name: 'Find' });
    await field.pressSequentially('memory');
    assert.ok(await field.evaluate((it) => it === it.getRootNode().activeElement), 'it has the focus');
    await page.keyboard.press('Enter');
    await page.locator('.cm-activeLine', { hasText: 'memory: 128Mi' }).waitFor();
    await page.getByRole('button', { name: 'Next', exact: true }).click();
    await page.locator('.cm-activeLine', { hasText: 'memory: 256Mi' }).waitFor();
    await page.getByRole('textbox', { name: 'Replace' }).pressSequentially('cpu');
    await page.getByRole('button', { name: 'Replace', exact: true }).click();
    assert.match(await read(editor), /cpu: 256Mi/);
    const { left, right, width } = await page.locator('.cm-search').evaluate((it) => {
      const all = [...it.querySelectorAll('input, button, label')].filter((one) => one.offsetParent).map((one) => one.getBoundingClientRect());
      return { left: Math.min(...all.map((it) => it.left)), right: Math.max(...all.map((it) => it.right)), width: innerWidth };
    });
    assert.ok(0 <= left && right <= width, 'all of it is in sight');
    await field.press('Escape');
    await field.waitFor({ state: 'detached' });
    assert.ok(await editor.evaluate((it) => it === it.getRootNode().activeElement), 'the focus is back');
  });
}

lab('by keyboard', async (page) => {
  const editor = await open(page, 'chart/values.yaml');
  await editor.press('Control+f');
  await page.keyboard.type('strategy');
  await page.keyboard.press('Enter');
  await page.locator('.cm-activeLine', { hasText: 'strategy:' }).waitFor();
  await page.keyboard.press('Escape');
  assert.ok(await editor.evaluate((it) => it === it.getRootNode().activeElement));
});
