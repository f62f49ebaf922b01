// What a chart renders from the edited files, and which lines made which.
import assert from 'node:assert/strict';
import { lab } from './lab.mjs';
import { edit, open } from './story.mjs';

const PHONE = { width: 390, height: 844 };

for (const size of [{}, PHONE]) {
  const at = size.width ? ', on a phone' : '';

  lab(`a rendered line leads to the value that gave it, and back${at}`, size, async (page) => {
    await page.getByRole('tab', { name: /^Files/ }).click();
    await open(page, 'chart/values.yaml');
    await page.getByRole('button', { name: 'Rendered', exact: true }).click();
    const manifest = page.getByTestId('manifest');
    await manifest.getByText('as the workflow installs it').waitFor();
    const replicas = manifest.getByRole('button', { name: 'replicas: 3' });
    await replicas.waitFor();
    if (size.width) await manifest.getByRole('button', { name: 'Close' }).click();
    await edit(page, 'chart/values.yaml', 'replicaCount: 3', 'replicaCount: 4');
    if (size.width) await page.getByRole('button', { name: 'Rendered', exact: true }).click();
    const changed = manifest.getByRole('button', { name: 'replicas: 4' });
    // On a phone it has the editor's place.
    const lines = await manifest.locator('ol').evaluate((it) => it.clientHeight / it.firstElementChild.clientHeight);
    assert.ok((size.width ? 12 : 6) <= lines, `${lines} lines are in sight`);
    await changed.click();
    const sources = manifest.getByTestId('source');
    const places = await sources.allTextContents();
    assert.match(places[0], /^chart\/values\.yaml:\d+$/);
    assert.ok(places.some((place) => /^chart\/templates\/deployment\.yaml:\d+$/.test(place)), places.join());
    if (!size.width) await page.locator('.cm-activeLine', { hasText: 'replicaCount: 4' }).waitFor();
    assert.ok(await changed.evaluate((it) => it.closest('li').classList.contains('made')), 'and back: it is marked');
    await sources.nth(places.findIndex((place) => place.includes('deployment.yaml'))).click();
    await page.locator('.cm-activeLine', { hasText: '.Values.replicaCount' }).waitFor();
  });
}
