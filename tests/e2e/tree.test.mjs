// The tree of objects: of a Helm release, and of an Application, down to pods and EndpointSlices.
import assert from 'node:assert/strict';
import { lab } from './lab.mjs';
import { station } from './story.mjs';

for (const [width, height] of [
  [1440, 900],
  [390, 844],
]) {
  for (const [name, query] of [
    ['a Helm release', '?lab=order-service'],
    ['an Application', '?lab=order-service-gitops'],
  ]) {
    lab(`${name} is a tree down to its pods, at ${width} pixels`, { width, height, query }, async (page) => {
      if (width < 1100) await page.getByRole('tab', { name: 'Stage' }).click();
      await station(page, 'Release');
      const branch = (kind) => page.locator(`[data-testid="branch"][data-object^="${kind}/"]`);
      assert.equal(await branch('Deployment').getAttribute('data-health'), 'Healthy');
      assert.match(await branch('Deployment').textContent(), /ReplicaSet .*3 of 3 ready.*Pod /);
      assert.match(await branch('Service').textContent(), /Healthy.*3 of 3 endpoints get requests/);
      assert.equal(await branch('Service').locator('[data-testid="branch"][data-object^="EndpointSlice/"]').count(), 1);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
      await branch('EndpointSlice').getByTestId('object-link').click();
      await page.getByTestId('object-panel').getByText('kind: EndpointSlice').waitFor();
    });
  }
}
