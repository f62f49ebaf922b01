// A pod, looked at closely: its containers, what they may use, and what its probes have found.
import assert from 'node:assert/strict';
import { lab } from './lab.mjs';
import { edit, look, merge, pause, press, propose } from './story.mjs';

const VALUES = 'chart/values.yaml';

/** What is shown of the containers of the pod that is looked at, as data. */
const containers = (page) =>
  page.getByTestId('container').evaluateAll((all) =>
    all.map(({ dataset, textContent, children }) => ({
      ...dataset,
      text: textContent,
      probes: [...children].flatMap((it) => [...it.querySelectorAll('[data-testid="probe"]')].map((probe) => ({ ...probe.dataset, text: probe.textContent }))),
    })),
  );

async function inspect(page, pod) {
  await pod.locator('button').click();
  await page.getByTestId('object-panel').getByText('kind: Pod').waitFor();
}

for (const [width, height] of [
  [1440, 900],
  [390, 844],
]) {
  const size = { width, height };

  lab(`a pod's container is told with its probes, at ${width} pixels`, size, async (page) => {
    if (width < 1100) await page.getByRole('tab', { name: 'Stage' }).click();
    await inspect(page, page.getByTestId('pod').first());
    const [one, ...others] = await containers(page);
    assert.deepEqual(others, []);
    assert.equal(one.name, 'order-service');
    assert.equal(one.ready, 'true');
    assert.match(one.text, /Running since .*, ready/);
    assert.match(one.text, /1\.4\.1/, 'the image');
    assert.match(one.text, /sha256:[0-9a-f]{12}/, 'what really runs');
    assert.match(one.text, /memory: \d+ Mi used, request \d+ Mi, limit \d+ Mi/);
    const readiness = one.probes.find(({ kind }) => kind === 'Readiness');
    assert.equal(readiness.standing, 'passed');
    assert.match(readiness.text, /http-get http:\/\/:\S+.*delay=\d+s timeout=1s period=\d+s #success=1 #failure=3/);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
  });
}

lab('a container that is killed for its memory says so, and how often', async (page) => {
  await edit(page, VALUES, 'memory: 128Mi', 'memory: 48Mi');
  await edit(page, VALUES, 'memory: 256Mi', 'memory: 48Mi');
  await propose(page);
  await merge(page);
  await pause(page);
  await press(page, 'End');
  await look(page);
  await inspect(page, page.locator('[data-testid="pod"][data-form="failed"]').first());
  const [one] = await containers(page);
  assert.equal(one.ready, 'false');
  assert.ok(0 < Number(one.restarts), one.text);
  assert.match(one.text, /OOMKilled, exit code 137/);
  assert.match(one.text, /limit 48 Mi/);
});
