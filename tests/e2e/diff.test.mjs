// The change of a pull request, line by line.
import assert from 'node:assert/strict';
import { lab } from './lab.mjs';
import { edit, propose } from './story.mjs';

const PHONE = { width: 390, height: 844 };

for (const size of [{}, PHONE]) {
  const at = size.width ? ', on a phone' : '';

  lab(`in a changed line, the words that differ are marked${at}`, size, async (page) => {
    await page.getByRole('tab', { name: /^Files/ }).click();
    await edit(page, 'chart/values.yaml', 'ORDER_TIMEOUT: 3s', 'ORDER_TIMEOUT: 10s');
    await propose(page);
    const change = page.getByRole('table', { name: 'Changes in chart/values.yaml' });
    const row = (kind) => change.locator(`tr.${kind}`);
    assert.deepEqual(await row('removed').locator('mark').allTextContents(), ['3s']);
    assert.deepEqual(await row('added').locator('mark').allTextContents(), ['10s']);
    // As on GitHub: the old number, the new one, the sign, the line.
    const cells = (kind) => row(kind).locator('td').allTextContents();
    const [old, none, minus] = await cells('removed');
    assert.deepEqual([Number(old) > 0, none, minus], [true, '', '−']);
    assert.deepEqual((await cells('added')).slice(0, 3), ['', old, '+']);
    const overflow = await change.evaluate((it) => it.scrollWidth - it.clientWidth);
    assert.ok(overflow <= 0, 'nothing reaches beyond its edge');
  });
}

lab('a line that is added has no partner to differ from', async (page) => {
  await edit(page, 'chart/values.yaml', 'replicaCount: 3\n', 'replicaCount: 3\nextra: 1\n');
  await propose(page);
  const change = page.getByRole('table', { name: 'Changes in chart/values.yaml' });
  assert.equal(await change.locator('tr.added').count(), 1);
  assert.equal(await change.locator('mark').count(), 0);
});
