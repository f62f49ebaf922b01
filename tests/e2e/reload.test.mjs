// A reload loses nothing that somebody did: what was merged, what lies in the editor, and the moment. One begins
// anew by a button, and that can be taken back.
import assert from 'node:assert/strict';
import { lab } from './lab.mjs';
import { edit, look, merge, open, pause, press, propose, read, share, type } from './story.mjs';
import { ready } from './visit.mjs';

const VALUES = 'chart/values.yaml';
const STORY = 'rollout-lab/1/order-service';
const PHONE = { width: 390, height: 844 };

/** The engine has said what was done, which includes this. */
const isKept = (page, what, place = STORY) =>
  page.waitForFunction(([place, what]) => localStorage.getItem(place)?.includes(what), [place, what]);

/** Leaves the page by `go`, and waits for the one that takes its place. */
async function anew(page, go) {
  await page.evaluate(() => document.querySelector('[data-testid="page"]').setAttribute('data-old', ''));
  await go();
  await page.locator('[data-testid="page"]:not([data-old])').waitFor();
}

const reload = (page) => anew(page, () => page.reload());
const startOver = (page) => page.getByRole('button', { name: 'Start over' });
const showFiles = (page) => page.getByRole('tab', { name: /^Files/ }).click();

async function replicas(page) {
  await showFiles(page);
  return /replicaCount: (\d+)/.exec(await read(await open(page, VALUES)))[1];
}

/** Merges five replicas, types six, and looks at a moment in between. */
async function story(page) {
  await showFiles(page);
  await edit(page, VALUES, 'replicaCount: 3', 'replicaCount: 5');
  await propose(page);
  await merge(page);
  await pause(page);
  await isKept(page, '"merge"');
  await showFiles(page);
  await edit(page, VALUES, 'replicaCount: 5', 'replicaCount: 6');
  await press(page, 'End');
  await press(page, 'ArrowLeft');
  return look(page);
}

lab('what was done, what was edited and the moment outlive a reload', async (page) => {
  assert.equal(await startOver(page).count(), 0, 'there is nothing yet to begin anew from');
  const before = await story(page);
  await reload(page);
  await page.waitForFunction((now) => document.querySelector('[data-testid="page"]').dataset.now === now, `${before.now}`);
  assert.deepEqual(await look(page), before);
  assert.equal(await replicas(page), '6');
  // It goes on from there, and that is kept, too.
  assert.match(await type(page, 'kubectl scale deployment/order-service --replicas=2'), /scaled/);
  await isKept(page, '--replicas=2');
  await reload(page);
  await press(page, 'End');
  assert.equal((await look(page)).pods.length, 2);
});

for (const [at, size] of [['', {}], [' on a phone', PHONE]]) {
  lab(`one starts over, and takes that back${at}`, size, async (page) => {
    await story(page);
    await anew(page, () => startOver(page).click());
    assert.equal(await startOver(page).count(), 0);
    const notice = page.getByRole('status').filter({ hasText: 'as it was in the beginning' });
    await notice.waitFor();
    assert.equal(await replicas(page), '3');
    await anew(page, () => notice.getByRole('button', { name: 'Bring back what I did' }).click());
    assert.equal(await replicas(page), '6');
    await anew(page, () => startOver(page).click());
    await notice.getByRole('button', { name: 'Close' }).click();
    await reload(page);
    assert.equal(await notice.count(), 0, 'who saw it is not asked again');
    assert.equal(await replicas(page), '3');
  });
}

lab('two futures outlive a reload', async (page) => {
  await story(page);
  await press(page, 'End');
  await page.getByRole('button', { name: 'Fork here' }).click();
  await page.getByTestId('futures').waitFor();
  assert.match(await type(page, 'kubectl scale deployment/order-service --replicas=2'), /scaled/);
  await isKept(page, '"other"');
  await isKept(page, '--replicas=2');
  await pause(page);
  await press(page, 'End');
  const before = await look(page);
  await reload(page);
  await press(page, 'End');
  assert.deepEqual(await look(page), before);
  await page.getByRole('button', { name: 'Original', exact: true }).click();
  await page.locator('[data-testid="futures"][data-in-fork="false"]').waitFor();
  assert.equal(await replicas(page), '6', 'with the edits of the other');
});

lab('to look around is nothing to go on from: the page opens without the engine', async (page) => {
  await page.getByRole('slider', { name: 'Time' }).focus();
  await press(page, 'Home');
  await look(page);
  await reload(page);
  assert.equal(await page.evaluate(() => localStorage.getItem('rollout-lab/1/order-service')), null);
  assert.equal((await look(page)).now, (await look(page)).end);
  assert.equal(await page.evaluate(() => performance.getEntriesByName('lab:engine').length), 0);
});

lab('what is done in a link outlives a reload, beside one’s own', async (page) => {
  await story(page);
  const link = await share(page);
  await anew(page, () => page.goto(link));
  assert.match(await type(page, 'kubectl scale deployment/order-service --replicas=2'), /scaled/);
  await isKept(page, '--replicas=2', `rollout-lab/1/link/${link.slice(-24)}`);
  await reload(page);
  await press(page, 'End');
  assert.equal((await look(page)).pods.length, 2);
  await anew(page, () => startOver(page).click());
  await press(page, 'End');
  assert.equal((await look(page)).pods.length, 5, 'the link is as it was sent');
});

lab('who comes back from a link finds the own story', async (page) => {
  await story(page);
  const link = await share(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  // By its end alone, as a link in a page or a file that is opened goes there: the document is the same one.
  await anew(page, () => page.evaluate((hash) => (location.hash = hash), new URL(link).hash));
  assert.match(await type(page, 'kubectl scale deployment/order-service --replicas=2'), /scaled/);
  await isKept(page, '--replicas=2', `rollout-lab/1/link/${link.slice(-24)}`);
  await anew(page, () => page.goBack());
  assert.equal(await page.evaluate((story) => /--replicas=2/.test(localStorage.getItem(story)), STORY), false);
  await press(page, 'End');
  assert.equal((await look(page)).pods.length, 5);
  assert.equal(await replicas(page), '6');
});

lab('a story that cannot be opened gives way to the lab', async (page) => {
  await page.evaluate((story) => localStorage.setItem(story, '{"rolloutLab":1,"lab":"gone","acts":[]}'), STORY);
  await page.reload();
  await ready(page);
  assert.equal(await replicas(page), '3');
  assert.match(await page.evaluate((story) => localStorage.getItem(`${story}-aside`), STORY), /gone/);
});

lab('who shares a moment stays at it', async (page) => {
  await edit(page, VALUES, 'replicaCount: 3', 'replicaCount: 5');
  await propose(page);
  await merge(page);
  await page.locator('[data-playing="true"]').waitFor();
  await page.getByRole('button', { name: 'Share' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  assert.equal((await look(page)).playing, false);
});
