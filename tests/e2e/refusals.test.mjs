// While one types: what the API server would refuse, at the line that gives it.
import assert from 'node:assert/strict';
import { lab } from './lab.mjs';
import { edit, open, read } from './story.mjs';

const PHONE = { width: 390, height: 844 };
const VALUES = 'chart/values.yaml';
const files = (page) => page.getByRole('tab', { name: /^Files/ }).click();

/** The line, from 1, on which a text stands in the open file. */
async function lineOf(editor, text) {
  return (await read(editor)).split('\n').findIndex((line) => line.includes(text)) + 1;
}

for (const size of [{}, PHONE]) {
  const at = size.width ? ', on a phone' : '';

  lab(`what the API server refuses stands at the value that gives it${at}`, size, async (page) => {
    await files(page);
    const editor = await open(page, VALUES);
    await edit(page, VALUES, 'replicaCount: 3', 'replicaCount: -1');
    const problem = page.getByTestId('problem');
    await problem.filter({ hasText: 'Deployment.apps "order-service" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0' }).waitFor();
    assert.equal(await problem.first().getAttribute('data-line'), `${await lineOf(editor, 'replicaCount: -1')}`);
    await editor.press('Control+Home');
    await page.keyboard.press('F8');
    await page.locator('.cm-activeLine', { hasText: 'replicaCount: -1' }).waitFor();
    await edit(page, VALUES, 'replicaCount: -1', 'replicaCount: 4');
    await problem.first().waitFor({ state: 'detached' });
  });
}

lab('one that another file gives leads there', async (page) => {
  await page.waitForFunction(() => performance.getEntriesByName('lab:engine').length > 0 || (dispatchEvent(new Event('pointermove')), false));
  await edit(page, VALUES, 'memory: 256Mi', 'memory: 64Mi');
  await open(page, 'chart/templates/deployment.yaml');
  const problem = page.getByTestId('problem').filter({ hasText: 'must be less than or equal to memory limit of 64Mi' });
  await problem.getByRole('button', { name: /^chart\/values\.yaml:\d+$/ }).click();
  await page.locator('.cm-activeLine', { hasText: 'requests:' }).waitFor();
});

lab('a chart is rendered and judged as Argo CD delivers it', { query: '?lab=order-service-gitops' }, async (page) => {
  const values = 'deploy-config/order-service/values.yaml';
  await open(page, values);
  await page.getByRole('button', { name: 'Rendered', exact: true }).click();
  await page.getByTestId('manifest').getByText('order-service, as Argo CD renders it for Application order-service').waitFor();
  await edit(page, values, 'replicaCount: 3', 'replicaCount: -3');
  await page.getByTestId('problem').filter({ hasText: 'spec.replicas: Invalid value: -3' }).waitFor();
});

lab('values that an Application holds lead to its manifest', { query: '?lab=order-service-gitops' }, async (page) => {
  const application = 'deploy-config/apps/order-service.yaml';
  await edit(page, application, '    path: order-service\n', '    path: order-service\n    helm:\n      valuesObject:\n        replicaCount: 6\n');
  await page.getByRole('button', { name: 'Rendered', exact: true }).click();
  const manifest = page.getByTestId('manifest');
  await manifest.getByRole('button', { name: 'replicas: 6' }).click();
  await page.locator('.cm-activeLine', { hasText: 'replicaCount: 6' }).waitFor();
  assert.match((await manifest.getByTestId('source').allTextContents())[0], /^apps\/order-service\.yaml:\d+$/);
});
