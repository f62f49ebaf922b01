// Two futures: one forks off at any moment, lives beside the other on one clock, and is compared with it.
import assert from 'node:assert/strict';
import { lab } from './lab.mjs';
import { look, merge, pause, press, propose, type } from './story.mjs';

/** Merges the sample change and goes to the middle of what follows. */
async function forkAfterMerge(page, width) {
  await page.getByRole('button', { name: 'Try the sample change' }).click();
  await propose(page);
  await merge(page);
  await pause(page);
  await press(page, 'End');
  const { end } = await look(page);
  await page.getByRole('slider', { name: 'Time' }).press('PageDown');
  await look(page);
  if (width < 1100) await page.getByRole('tab', { name: 'Stage' }).click();
  await page.getByRole('button', { name: 'Fork here' }).click();
  await page.getByTestId('futures').waitFor();
  return end;
}

for (const [width, height] of [
  [1440, 900],
  [390, 844],
]) {
  lab(`a fork is compared with what would have happened, at ${width} pixels`, { width, height }, async (page) => {
    await forkAfterMerge(page, width);
    const futures = page.getByTestId('futures');
    await futures.getByText('Both are the same so far').waitFor();
    assert.equal(await futures.getAttribute('data-in-fork'), 'true');

    await type(page, 'kubectl scale deployment/order-service -n shop --replicas=5');
    if (width < 1100) await page.getByRole('tab', { name: 'Stage' }).click();
    await futures.getByText('Play on to the end').waitFor();
    await press(page, 'End');
    await look(page);
    const rows = page.getByTestId('difference-of-futures');
    const told = await rows.allTextContents();
    assert.ok(told.some((text) => text.startsWith('Pods made')), told.join('; '));

    if (width >= 1100) {
      const wanted = (fork) =>
        page.locator(`[data-testid="half"][data-fork="${fork}"] [data-testid="deployment"]`).getAttribute('data-desired');
      assert.deepEqual([await wanted(false), await wanted(true)], ['3', '5'], 'both stages show the same moment');
    } else {
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, 'nothing is wider than the page');
    }

    await page.getByRole('button', { name: 'Original', exact: true }).click();
    await page.locator('[data-testid="futures"][data-in-fork="false"]').waitFor();
    await page.getByRole('tab', { name: 'Terminal' }).click();
    assert.equal(await page.getByTestId('printed').count(), 0, 'what was typed in the fork is not seen in the original');
    if (width < 1100) await page.getByRole('tab', { name: 'Stage' }).click();
    await page.getByRole('button', { name: /^Keep only the original/ }).click();
    await futures.waitFor({ state: 'detached' });
    assert.equal(await page.getByTestId('deployment').first().getAttribute('data-desired'), '3');
  });
}

lab('the fork keeps its own edits', async (page) => {
  await forkAfterMerge(page, 1440);
  const change = page.getByRole('button', { name: /, edited$/ });
  await page.getByRole('tab', { name: /^Files/ }).click();
  assert.equal(await change.count(), 0);
  const editor = page.getByRole('textbox', { name: /^Text of / });
  await editor.press('ControlOrMeta+End');
  await editor.pressSequentially('# only here');
  assert.equal(await change.count(), 1);
  await page.getByRole('button', { name: 'Original', exact: true }).click();
  await page.locator('[data-testid="futures"][data-in-fork="false"]').waitFor();
  assert.equal(await change.count(), 0, 'the original has no edit');
  await page.getByRole('button', { name: 'Fork', exact: true }).click();
  await page.locator('[data-testid="futures"][data-in-fork="true"]').waitFor();
  assert.equal(await change.count(), 1, 'the fork has it still');
});
