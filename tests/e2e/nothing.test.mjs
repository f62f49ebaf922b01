// Why something did not happen: the entry that says so, its causes, and the line that was written.
import assert from 'node:assert/strict';
import { lab } from './lab.mjs';
import { edit, look, merge, pause, press, propose } from './story.mjs';

const CHART = 'chart/';

/** What is changed, in which file and how; the entry's reason; and its sentence. */
const CASES = [
  ['a comment', `${CHART}values.yaml`, '# How many pods.', '# How many pods there are.', 'NoChange', /Helm has nothing to change, and no pod restarts/, /only comments or formatting differ/],
  ['the number of pods', `${CHART}values.yaml`, 'replicaCount: 3', 'replicaCount: 5', 'TemplateUnchanged', /no running pod restarts/, /replaces no pod/],
];

/** Goes to the moment of the entry with that reason, opens its *why?*, and gives what it says was written. */
async function whyNot(page, reason, sentence) {
  await pause(page);
  await press(page, 'End');
  await look(page);
  await page.getByRole('tab', { name: 'Events' }).click();
  const event = page.locator(`[data-testid="event"][data-reason="${reason}"]`).last();
  assert.equal(await event.getAttribute('data-tone'), 'nothing');
  await event.getByRole('button').click();
  assert.match((await look(page)).sentence, sentence, 'of several entries of that moment, the chosen one is told');
  await page.getByRole('button', { name: 'why?' }).click();
  return page.getByTestId('written');
}

for (const [width, height] of [
  [1440, 900],
  [390, 844],
]) {
  for (const [name, path, from, to, reason, sentence, written] of CASES) {
    lab(`${name} restarts nothing, and it is said why, at ${width} pixels`, { width, height }, async (page) => {
      if (width < 1100) await page.getByRole('tab', { name: /^Files/ }).click();
      await edit(page, path, from, to);
      await propose(page);
      await merge(page);
      const said = await whyNot(page, reason, sentence);
      assert.match(await said.textContent(), written);
      await said.getByTestId('source').first().click();
      await page.getByRole('textbox', { name: `Text of ${path}` }).waitFor();
    });
  }

  lab(`a ConfigMap restarts nothing, and it is said why, at ${width} pixels`, { width, height, query: '?lesson=6-the-config-map' }, async (page) => {
    await page.getByTestId('lesson-step').first().getByRole('radio').nth(1).check();
    await page.getByRole('button', { name: /pull request/i }).first().click();
    await merge(page);
    const said = await whyNot(page, 'NotRestarted', /its? change restarts no pod/i);
    assert.match(await said.textContent(), /ConfigMap order-config: .*keep the old values/);
    await said.getByTestId('source').first().click();
    await page.getByRole('textbox', { name: /^Text of .*values\.yaml/ }).waitFor();
  });
}
