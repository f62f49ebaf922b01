// The whole way: an edit, a pull request, a merge, and what follows.
import assert from 'node:assert/strict';
import { lab } from './lab.mjs';
import { count, edit, goTo, look, merge, pause, press, propose, slide, station, watch } from './story.mjs';

const REPLICAS = 3;
const MAX_SURGE = 1; // maxUnavailable is 0

lab('a new version and a new variable roll out, and no request fails', async (page) => {
  const before = await look(page);
  assert.equal(count(before, 'ready'), REPLICAS, 'the lab opens with a running service');
  await edit(page, 'app.yaml', 'version: 1.4.1', 'version: 1.4.2');
  await edit(page, 'chart/values.yaml', 'ORDER_TIMEOUT: 3s', 'ORDER_TIMEOUT: 5s');

  const plan = await propose(page);
  assert.ok(
    plan.some(({ effect, pods, object }) => effect === 'rolls' && pods === REPLICAS && object.startsWith('Deployment/')),
    `the plan says that it rolls: ${JSON.stringify(plan)}`,
  );

  await merge(page);
  const scenes = await watch(page);
  const last = scenes.at(-1);

  const checks = scenes.map(({ stations }) => stations.checks.progress);
  assert.ok(checks.includes('active'), 'the checks ran');
  assert.equal(last.stations.checks.progress, 'done');
  for (const scene of scenes) {
    const ready = count(scene, 'ready');
    const there = count(scene, 'pending', 'creating', 'running', 'ready', 'failed');
    assert.ok(ready >= REPLICAS, `${ready} pods ready at ${scene.now} ms`);
    assert.ok(there <= REPLICAS + MAX_SURGE, `${there} pods at ${scene.now} ms`);
  }
  assert.equal(last.service.failedTotal, '0', 'no request failed');
  assert.equal(last.service.readyMin, `${REPLICAS}`, 'in no second were fewer pods ready');

  const { tint: sha } = last.stations.commit;
  assert.match(sha, /^[0-9a-f]{7}$/);
  const newest = last.sets.find((set) => set.newest === 'true');
  assert.ok(!before.sets.some(({ name }) => name === newest.name), 'a new ReplicaSet appeared');
  assert.equal(newest.tint, sha);
  assert.deepEqual(
    last.pods.map(({ set, form, tint }) => ({ set, form, tint })),
    Array(REPLICAS).fill({ set: newest.name, form: 'ready', tint: sha }),
    'three new pods run, and nothing else',
  );

  await station(page, 'Checks');
  for (const step of await page.getByTestId('step').all()) {
    assert.equal(await step.getAttribute('data-progress'), 'done', await step.getAttribute('data-name'));
  }
  await station(page, 'Image');
  const tags = await page.getByTestId('image').evaluateAll((images) => images.map(({ dataset }) => dataset.reference));
  assert.ok(tags.some((tag) => tag.endsWith(`order-service:1.4.2-${sha}`)), `${tags} has the commit's SHA`);

  // Back to the middle, and to the end again: the same moment looks the same, whichever way one comes.
  const middle = scenes.find((scene) => count(scene, 'ready') > REPLICAS);
  await slide(page, middle.now / middle.end);
  assert.equal(new Set((await look(page)).pods.map(({ set }) => set)).size, 2, 'old and new stand side by side');
  await press(page, 'End');
  assert.deepEqual((await look(page)).pods, last.pods);
  await goTo(page, middle.now);
  assert.deepEqual((await look(page)).pods, middle.pods);
});

lab('what follows a merge plays by itself, to its end', { query: '?speed=50' }, async (page) => {
  await page.getByRole('button', { name: 'Try the sample change' }).click();
  await propose(page);
  await merge(page);
  assert.ok((await look(page)).playing);
  await page.waitForFunction(() => {
    const { now, end, playing } = document.querySelector('[data-testid="page"]').dataset;
    return now === end && playing === 'false';
  });
  assert.equal(count(await look(page), 'ready'), REPLICAS);
});

lab('a new number of replicas scales, without a new ReplicaSet', async (page) => {
  const before = await look(page);
  await edit(page, 'chart/values.yaml', 'replicaCount: 3', 'replicaCount: 5');
  const plan = await propose(page);
  assert.deepEqual(
    plan.filter(({ effect }) => effect !== 'none').map(({ effect, pods }) => ({ effect, pods })),
    [{ effect: 'scales', pods: 2 }],
  );
  await merge(page);
  const last = (await watch(page)).at(-1);
  assert.deepEqual(names(last.sets), names(before.sets));
  assert.equal(count(last, 'ready'), 5);
  for (const { uid } of before.pods) {
    assert.ok(last.pods.some((pod) => pod.uid === uid), 'every old pod still runs');
  }
});

lab('a comment changes nothing, and the page says why', async (page) => {
  const before = await look(page);
  await edit(page, 'chart/values.yaml', 'replicaCount: 3', 'replicaCount: 3 # one a zone');
  const plan = await propose(page);
  assert.ok(plan.length > 0 && plan.every(({ effect }) => effect === 'none'), JSON.stringify(plan));
  await merge(page);
  await pause(page);
  await press(page, 'End');
  const last = await look(page);
  assert.deepEqual(last.pods, before.pods);
  assert.deepEqual(last.sets, before.sets);
  assert.equal(last.stations.checks.progress, 'done', 'the checks ran all the same');
  await page.getByRole('tab', { name: /Events/ }).click();
  const nothing = page.locator('[data-testid="event"][data-tone="nothing"]');
  assert.match(await nothing.last().textContent(), /same|unchanged|no /i);
});

lab('tests that fail stop the change: nothing reaches the cluster', async (page) => {
  const before = await look(page);
  await edit(page, 'app.yaml', 'version: 1.4.1', 'version: 1.4.2');
  await edit(page, 'app.yaml', 'tests: pass', 'tests: fail');
  await propose(page);
  await merge(page);
  const last = (await watch(page)).at(-1);
  assert.equal(last.stations.checks.progress, 'failed');
  assert.notEqual(last.stations.image.progress, 'done');
  assert.notEqual(last.stations.rollout.progress, 'active');
  assert.deepEqual(last.pods, before.pods);
  assert.deepEqual(last.sets, before.sets);
  await station(page, 'Image');
  assert.equal(await page.locator('[data-testid="image"][data-reference*="1.4.2"]').count(), 0);
  await station(page, 'Release');
  assert.equal(await page.getByTestId('release').count(), 1);
});

function names(sets) {
  return sets.map(({ name }) => name);
}
