// All lessons by hand of the page, to their end: predict, open the pull request, merge, see what came of it, read on. Goals, verdicts and numbers are the engine's; `rollout-lab lesson check` proves those.
import assert from 'node:assert/strict';
import { lab } from './lab.mjs';
import { edit, merge, open, pause, press, read, station, type } from './story.mjs';

const tab = (page, name) => page.getByRole('tab', { name }).click();

/** A step of the lesson, once it has come that far (`waiting`, `active`, `done`). */
async function step(page, id, status) {
  const found = page.locator(`[data-testid="lesson-step"][data-id="${id}"][data-status="${status}"]`);
  await found.waitFor();
  return found;
}

/** Answers the question of the step that is to be done. */
async function predict(page, id, choice) {
  await (await step(page, id, 'active')).getByRole('radio', { name: choice }).check();
}

/** Opens a pull request with what lies in the editor, reads it, merges it, and lets its story end. */
async function deliver(page) {
  await tab(page, 'Lesson');
  await page.getByRole('button', { name: 'Open pull request' }).click();
  await page.getByRole('heading', { name: 'What merging does' }).waitFor();
  const effects = await page.getByTestId('plan-row').evaluateAll((rows) => rows.map(({ dataset }) => dataset.effect));
  await merge(page);
  await finish(page);
  return effects;
}

/** Goes to the end of what follows, and back to the lesson. */
async function finish(page) {
  await page.waitForFunction(() => {
    const { now, end, waiting } = document.querySelector('[data-testid="page"]').dataset;
    return waiting === 'false' && Number(now) < Number(end);
  });
  await pause(page);
  await press(page, 'End');
  await tab(page, 'Lesson');
}

/**
 * The step is done: its goals are met, `right` was the right answer and is what was said, and the debrief
 * has its numbers. Goes on to the next step.
 */
async function pass(page, id, { right, debrief }) {
  const it = await step(page, id, 'done');
  const goals = await it.getByTestId('goal').evaluateAll((all) => all.map(({ dataset }) => dataset.met));
  assert.ok(goals.length !== 0 && goals.every((met) => met === 'true'), `${id}: ${goals}`);
  if (right) {
    assert.match(await it.locator('[data-verdict="right"]').textContent(), right);
    assert.equal(await it.locator('[data-verdict="wrong"]').count(), 0, id);
  }
  assert.match(await it.textContent(), debrief);
  await it.getByRole('button', { name: 'Next' }).click();
}

/** A step whose change is prepared: say what will happen, merge, be right. */
async function play(page, id, right, debrief) {
  await predict(page, id, right);
  const effects = await deliver(page);
  await pass(page, id, { right, debrief });
  return effects;
}

async function isOver(page) {
  await page.locator('[data-testid="lesson"][data-done="true"]').waitFor();
  await page.getByTestId('lesson').getByText('The lesson is done.').waitFor();
}

lab('lesson 2, from merge to pods', { query: '?lesson=2-from-merge-to-pods' }, async (page) => {
  await play(page, 'code', /^A new image, and three/, /1 image pushed, 3 pods replaced/);
  await play(page, 'setting', /^No new image, and three/, /0 images, 3 pods replaced/);
  await play(page, 'red', /^Nothing at all/, /0 images, 0 pods, 0 failed requests/);
  await play(page, 'secret', /^It is green/, /1 warning on the pull request/);
  await predict(page, 'forbidden', /^The API server refuses/);
  await deliver(page);
  await step(page, 'forbidden', 'active');
  // The role first, with one's own rights; then the failed job again.
  const patch = `[{"op":"add","path":"/rules/0/resources/-","value":"configmaps"}]`;
  const printed = await type(page, `kubectl patch role deployer -n shop --type=json -p '${patch}'`);
  assert.match(printed, /role\.rbac\.authorization\.k8s\.io\/deployer patched/);
  await pause(page);
  await press(page, 'End');
  await station(page, 'Checks');
  await page.getByRole('button', { name: 'Re-run failed jobs' }).click();
  await finish(page);
  await pass(page, 'forbidden', { right: /refuses/, debrief: /refusals?, 0 requests lost/ });
  await isOver(page);
});

lab('lesson 3, what starts a rollout', { query: '?lesson=3-what-starts-a-rollout' }, async (page) => {
  // One wrong answer is told apart from the right one, and costs nothing.
  await predict(page, 'replicas', /^They are replaced/);
  assert.deepEqual(await deliver(page), ['scales']);
  const it = await step(page, 'replicas', 'done');
  assert.match(await it.locator('[data-verdict="wrong"]').textContent(), /^They are replaced/);
  assert.match(await it.locator('[data-verdict="right"]').textContent(), /^They stay\. One pod joins/);
  await pass(page, 'replicas', { debrief: /0 pods replaced, 1 pod added/ });
  await play(page, 'comment', /^Nothing/, /not a rollout/);
  await play(page, 'env', /^They are replaced/, /All 4 pods replaced/);
  await play(page, 'back', /^They are replaced/, /4 pods replaced, and not one new ReplicaSet/);
  await play(page, 'surge', /^Nothing now/, /starts none/);
  await play(page, 'chart-version', /^Only labels/, /0 pods replaced/);
  await play(page, 'grace', /^The pods are replaced/, /4 pods replaced/);
  await play(page, 'code', /^They are replaced/, /pushed 1 image\. .* 4 pods went/);
  await isOver(page);
});

const VALUES = 'chart/values.yaml';

lab('lesson 5, the memory limit', { query: '?lesson=5-the-memory-limit' }, async (page) => {
  await play(page, 'cut', /^The new pods become ready, then are killed/, /[1-9]\d* kills? by the kernel, and [1-9]\d* requests? lost/);
  // A hint can be asked for; the way back would do as well as a larger number.
  const mend = await step(page, 'mend', 'active');
  await mend.getByRole('button', { name: 'Show a hint' }).click();
  await mend.getByText('What does it need at its worst?').waitFor();
  await tab(page, /^Files/);
  await edit(page, VALUES, '    memory: 112Mi', '    memory: 320Mi');
  await deliver(page);
  await pass(page, 'mend', { debrief: /3 pods are ready/ });
  await isOver(page);
});

const MENDED = `      annotations:
        checksum/config: {{ include (print $.Template.BasePath "/configmap.yaml") . | sha256sum }}
        {{- with .Values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}`;
const BROKEN = `      {{- with .Values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}`;

for (const [width, height] of [
  [1440, 900],
  [390, 844],
]) {
  lab(`lesson 6, the ConfigMap, at ${width} pixels`, { width, height, query: '?lesson=6-the-config-map' }, async (page) => {
    assert.ok(!(await play(page, 'level', /^The ConfigMap says debug/, /0 pods replaced/)).includes('rolls'));
    await step(page, 'mend', 'active');
    await tab(page, /^Files/);
    await edit(page, 'chart/templates/deployment.yaml', BROKEN, MENDED);
    await deliver(page);
    await pass(page, 'mend', { debrief: /3 pods replaced, 0 requests lost, never fewer than 3 ready/ });
    assert.ok((await play(page, 'again', /^The pods are replaced/, /3 pods replaced/)).includes('rolls'));
    await isOver(page);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, 'nothing lies beyond the edge');
  });
}

/** Types a line that changes the cluster, and lets its story end. */
async function command(page, line, printed) {
  assert.match(await type(page, line), printed);
  await finish(page);
}

const PHONE = { width: 390, height: 844 };

lab('lesson 1, desired state, on a phone', { ...PHONE, query: '?lesson=1-desired-state' }, async (page) => {
  await (await step(page, 'look', 'done')).getByRole('button', { name: 'Next' }).click();
  await predict(page, 'delete', /^Three pods: two that I know/);
  await tab(page, 'Stage');
  const pod = await page.getByTestId('pod').first().getAttribute('data-name');
  await command(page, `kubectl delete pod ${pod} -n shop`, new RegExp(`pod "${pod}" deleted`));
  await pass(page, 'delete', { right: /two that I know/, debrief: /3 pods are ready, 1 of them new/ });
  await predict(page, 'five', /^They go on\. Two join them/);
  await tab(page, /^Files/);
  await edit(page, VALUES, 'replicaCount: 3', 'replicaCount: 5');
  await deliver(page);
  await pass(page, 'five', { right: /Two join them/, debrief: /3 pods stayed, 2 joined/ });
  await predict(page, 'nobody', /^The ReplicaSet/);
  await command(page, 'kubectl delete pods --all -n shop', /deleted/);
  await pass(page, 'nobody', { right: /^The ReplicaSet/, debrief: /5 pods are ready, and \d+ requests? w(as|ere) lost/ });
  await isOver(page);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), PHONE.width, 'nothing lies beyond the edge');
});

lab('lesson 4, no downtime', { query: '?lesson=4-no-downtime' }, async (page) => {
  await play(page, 'plain', /^Some, although/, /[1-9]\d* requests? failed, and everything is green/);
  await step(page, 'mend', 'active');
  await tab(page, /^Files/);
  const probe = 'readinessProbe:\n  httpGet:\n    path: /readyz\n    port: http\n  periodSeconds: 2';
  await edit(page, VALUES, 'readinessProbe: {}', probe);
  await edit(page, VALUES, 'preStopSleepSeconds: 0', 'preStopSleepSeconds: 5');
  await deliver(page);
  await pass(page, 'mend', { debrief: /failed in this very rollout/ });
  await step(page, 'proof', 'active');
  await deliver(page);
  await pass(page, 'proof', { debrief: /requests answered, 0 failed; never fewer than 3 ready pods, never more than 4/ });
  await isOver(page);
});

lab('lesson 7, a tag that moves', { query: '?lesson=7-latest' }, async (page) => {
  await play(page, 'release', /^Still 1\.4\.1/, /0 pods replaced/);
  await play(page, 'pull', /^The pods are replaced, and run 1\.4\.2/, /3 pods replaced/);
  await play(page, 'rollback', /^1\.4\.2 still/, /0 pods replaced/);
  await step(page, 'mend', 'active');
  await tab(page, /^Files/);
  await edit(page, '.github/workflows/deliver.yaml', 'tag=latest', 'tag=$(yq .version app.yaml)-${COMMIT::7}');
  await deliver(page);
  await pass(page, 'mend', { debrief: /3 pods replaced, 0 requests lost/ });
  await isOver(page);
});

lab('lesson 8, one service or four', { query: '?lesson=8-one-service-or-four' }, async (page) => {
  await play(page, 'push', /^Those of order-service\.(right)?$/, /pods? of order-service, 0 of the gateway/);
  await play(page, 'pull', /^Argo CD sees the commit/, /0 new revisions in Helm’s history|0 new revisions in Helm's history/);
  await play(page, 'key', /^It fails, and the pods go on/, /1 step failed, 0 pods replaced, 0 requests lost/);
  await predict(page, 'drift-pushed', /^One pod/);
  await command(page, 'kubectl scale deployment/order-service --replicas=1 -n shop', /scaled/);
  await pass(page, 'drift-pushed', { right: /^One pod/, debrief: /1 pod wanted/ });
  await predict(page, 'drift-pulled', /^As many as git says/);
  await command(page, 'kubectl scale deployment/payment-service --replicas=1 -n shop', /scaled/);
  await pass(page, 'drift-pulled', { right: /^As many as git says/, debrief: /2 pods wanted again/ });
  await isOver(page);
});

lab('a lesson goes on after a reload where it was left, and can be handed in', { ...PHONE, query: '?lesson=7-latest' }, async (page) => {
  await play(page, 'release', /^Still 1\.4\.1/, /0 pods replaced/);
  await step(page, 'pull', 'active');
  const card = page.locator('[data-testid="lesson-card"][data-id="7-latest"]');
  await card.getByText('1 of 4 steps done').waitFor();
  await page.waitForFunction(() => /predict/.test(localStorage.getItem('rollout-lab/1/lesson/7-latest') ?? ''));
  // What was typed since is kept too, beside what the step brought along.
  await tab(page, /^Files/);
  await edit(page, VALUES, 'replicaCount: 3', 'replicaCount: 4');
  await page.reload();
  await tab(page, /^Files/);
  const text = await read(await open(page, VALUES));
  assert.match(text, /replicaCount: 4/);
  assert.match(text, /pullPolicy: Always/);
  await tab(page, 'Lesson');
  await card.getByText('1 of 4 steps done').waitFor();
  assert.match(await (await step(page, 'release', 'done')).locator('[data-verdict="right"]').textContent(), /^Still 1\.4\.1/);
  await step(page, 'pull', 'active');
  const file = await page.getByRole('link', { name: 'Save my progress as a file' }).getAttribute('href');
  const { done, of, right, predicted } = JSON.parse(decodeURIComponent(file.slice(file.indexOf(',') + 1)))['7-latest'];
  assert.deepEqual({ done, of, right, predicted }, { done: 1, of: 4, right: 1, predicted: 1 });
  await page.getByRole('button', { name: 'Begin this lesson again' }).click();
  await step(page, 'release', 'active');
});

lab('who answers no question is not held back, and is shown what came of it', { ...PHONE, query: '?lesson=1-desired-state' }, async (page) => {
  await (await step(page, 'look', 'done')).getByRole('button', { name: 'Next' }).click();
  await tab(page, 'Stage');
  const pod = await page.getByTestId('pod').first().getAttribute('data-name');
  await command(page, `kubectl delete pod ${pod} -n shop`, new RegExp(`pod "${pod}" deleted`));
  await step(page, 'delete', 'done');
  await page.waitForFunction(() => {
    const { top, bottom } = document.querySelector('[data-id="delete"] [data-verdict="right"]').getBoundingClientRect();
    return 0 < top && bottom < innerHeight;
  });
  await pass(page, 'delete', { right: /two that I know/, debrief: /1 of them new/ });
});

/** While `window.held` is a list, what the engine is asked for waits in it. */
const holder = () => {
  window.Worker = class extends Worker {
    postMessage(...what) {
      if (!window.held) return super.postMessage(...what);
      window.held.push(() => super.postMessage(...what));
    }
  };
};

lab('what one thinks shows before the engine has heard of it', { query: '?lesson=6-the-config-map', before: holder }, async (page) => {
  const choice = page.getByTestId('lesson-step').first().getByRole('radio').nth(1);
  await choice.waitFor();
  await page.evaluate(() => (window.held = []));
  await choice.check();
  await press(page, 'End'); // draws everything anew
  assert.ok(await choice.isChecked());
  await page.evaluate(() => {
    const { held } = window;
    window.held = undefined;
    for (const send of held) send();
  });
  await page.waitForFunction(() => /predict/.test(localStorage.getItem('rollout-lab/1/lesson/6-the-config-map') ?? ''));
  assert.ok(await choice.isChecked());
});
