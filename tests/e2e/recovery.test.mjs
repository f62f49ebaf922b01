// It cannot die: whatever stops the page or its engine, there is a way back, and no edit is lost.
import assert from 'node:assert/strict';
import { axe } from './axe.mjs';
import { lab } from './lab.mjs';
import { edit, look, merge, open, pause, press, propose, read, type } from './story.mjs';
import { ready } from './visit.mjs';

const VALUES = 'chart/values.yaml';
const change = (page) => edit(page, VALUES, 'replicaCount: 3', 'replicaCount: 4');
const notice = (page) => page.getByRole('alertdialog', { name: 'The lab has stopped' });

/** No element can be made any more: the next thing that the page draws makes it panic. */
async function panic(page) {
  await page.evaluate(() => {
    document.createElement = document.createElementNS = () => {
      throw new Error('broken on purpose');
    };
  });
  await page.getByRole('button', { name: 'Open pull request' }).click();
}

/** The notice is there, names why, has the focus, and is all that can be reached. */
async function isTold(page, why) {
  const it = notice(page);
  await it.waitFor();
  assert.match(await it.locator('pre').textContent(), why);
  const back = it.getByRole('button', { name: 'Reload with my edits' });
  assert.ok(await back.evaluate((button) => button === document.activeElement), 'the way back has the focus');
  assert.ok(await page.locator('#app').evaluate((app) => app.inert), 'what has stopped takes no input');
  return back;
}

/** Presses a way back, waits until the page has begun anew, and gives the replicas in its editor. */
async function replicas(page, back) {
  // The old page is there for a while after the press, and the new one before it has its elements.
  await Promise.all([page.waitForEvent('domcontentloaded'), back.click()]);
  await ready(page);
  return /replicaCount: (\d+)/.exec(await read(await open(page, VALUES)))[1];
}

lab('a panic of the page shows a way back, and no edit is lost', async (page, wrong) => {
  const check = await axe(page);
  await change(page);
  await panic(page);
  const back = await isTold(page, /panicked|broken on purpose/);
  wrong.length = 0;
  // axe makes elements, too.
  await page.evaluate(() => delete document.createElement && delete document.createElementNS);
  await check('the notice');
  assert.equal(await replicas(page, back), '4');
});

lab('the edits can be left out, and still be found', async (page, wrong) => {
  await change(page);
  await panic(page);
  await isTold(page, /./);
  wrong.length = 0;
  assert.equal(await replicas(page, page.getByRole('button', { name: 'Start without them' })), '3');
  assert.match(await page.evaluate(() => localStorage.getItem('rollout-lab/1/order-service/edits-aside')), /replicaCount: 4/);
});

lab('an engine that does not load is told, and no edit is lost', async (page, wrong) => {
  const broken = (route) => route.fulfill({ contentType: 'application/wasm', body: 'not a module' });
  await change(page);
  await page.waitForFunction(() => performance.getEntriesByName('lab:engine').length > 0);
  await page.route('**/engine_bg.wasm*', broken);
  await page.reload();
  await ready(page);
  await page.mouse.move(700, 400);
  const back = await isTold(page, /WebAssembly/);
  await page.unroute('**/engine_bg.wasm*', broken);
  wrong.length = 0;
  assert.equal(await replicas(page, back), '4');
  await page.waitForFunction(() => performance.getEntriesByName('lab:engine').length > 0);
});

const keeper = () => {
  window.workers = [];
  window.Worker = class extends Worker {
    constructor(...how) {
      super(...how);
      window.workers.push(this);
    }
  };
};

/** The engine stops, as if it had panicked at this place. */
async function stop(page, place) {
  await page.evaluate((why) => window.workers.at(-1).onmessage({ data: why }), `panicked at ${place}:\nbroken on purpose`);
}

lab('an engine that stops is started again and does again what was done', { before: keeper }, async (page, wrong) => {
  await change(page);
  await propose(page);
  await merge(page);
  await pause(page);
  await press(page, 'End');
  await type(page, 'kubectl scale deployment/order-service --replicas=6');
  await pause(page);
  await press(page, 'End');
  await page.getByRole('button', { name: 'Fork here' }).click();
  await page.getByTestId('futures').waitFor();
  const before = await look(page);
  await stop(page, 'a.rs:1:1');
  const notice = page.getByRole('alert');
  await notice.getByText('was started again').waitFor();
  assert.match(await notice.textContent(), /Everything is as it was/);
  assert.deepEqual(wrong.splice(0).map((it) => /broken on purpose/.test(it)), [true], 'the console has the reason');
  await notice.getByRole('button', { name: 'Close' }).click();
  assert.deepEqual(await look(page), before, 'nothing has changed');
  // The new engine is where the old one was: it goes on from there, in both futures.
  assert.match(await type(page, 'kubectl get deployment order-service'), /6\/6/);
  await press(page, 'Home');
  await press(page, 'End');
  assert.deepEqual((await look(page)).pods, before.pods);
  await page.getByRole('button', { name: 'Original', exact: true }).click();
  await page.locator('[data-testid="futures"][data-in-fork="false"]').waitFor();
});

lab('what an engine stops at is not done, and the page takes the next thing', { before: keeper }, async (page, wrong) => {
  await change(page);
  await propose(page);
  // The worker does not hear of it, and so never answers.
  await page.evaluate(() => (window.workers.at(-1).postMessage = () => {}));
  await merge(page);
  await stop(page, 'a.rs:1:1');
  await page.getByRole('alert').getByText('Only this last thing was not done').waitFor();
  wrong.length = 0;
  await page.getByRole('alert').getByRole('button', { name: 'Close' }).click();
  await merge(page);
  await pause(page);
  await press(page, 'End');
  assert.equal((await look(page)).pods.length, 4);
});

lab('an engine that stops twice at the same place is told, and no edit is lost', { before: keeper }, async (page, wrong) => {
  await change(page);
  await propose(page);
  await merge(page);
  assert.ok((await look(page)).end > 0);
  // Somewhere else is another mistake.
  for (const place of ['a.rs:1:1', 'b.rs:1:1']) {
    await stop(page, place);
    await page.getByRole('alert').waitFor();
    await press(page, 'Home');
    await look(page);
    assert.ok(!(await notice(page).isVisible()));
  }
  await stop(page, 'a.rs:1:1');
  const back = await isTold(page, /broken on purpose/);
  wrong.length = 0;
  assert.equal(await replicas(page, back), '4', 'a merged edit is still the learner’s');
});
