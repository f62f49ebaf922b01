// What the other tests do at a desk, by hand on a phone: the whole way of a change, and the way back; a closer look,
// the share dialog, another lab. Nothing lies beyond the edge, and what is pressed is large enough for a finger.
import assert from 'node:assert/strict';
import { lab } from './lab.mjs';
import { count, edit, look, merge, open, pause, press, propose, read, share, station, type } from './story.mjs';
import { ready } from './visit.mjs';

const PHONE = { width: 390, height: 844 };
/** The least that WCAG 2.5.8 asks for, in CSS pixels; links in text and lists are as high as their line. */
const TARGET_LEAST = 24;
const tab = (page, name) => page.getByRole('tab', { name }).click();

/** The view has no more width than there is, and its controls have room. */
async function fits(page, view) {
  const { wide, small } = await page.evaluate((least) => {
    const shown = [...document.querySelectorAll('button:not(.link), select, summary')].filter((it) => it.checkVisibility() && !it.closest('.ribbon'));
    const small = shown.filter((it) => {
      const { width, height } = it.getBoundingClientRect();
      return 0 < width && (width < least || height < least);
    });
    return { wide: document.documentElement.scrollWidth, small: small.map((it) => it.outerHTML.slice(0, 100)) };
  }, TARGET_LEAST);
  assert.equal(wide, PHONE.width, view);
  assert.deepEqual(small, [], view);
}

lab('a change goes its way on a phone, and back', PHONE, async (page) => {
  await tab(page, /^Files/);
  await edit(page, 'app.yaml', 'version: 1.4.1', 'version: 1.4.2');
  await fits(page, 'the files');
  const plan = await propose(page);
  assert.ok(plan.some(({ effect, pods }) => effect === 'rolls' && pods === 3), JSON.stringify(plan));
  await fits(page, 'an open pull request');
  await merge(page);
  assert.ok((await look(page)).playing, 'it plays, on the stage');
  await pause(page);
  await press(page, 'End');
  await look(page);
  for (const name of ['Commit', 'Pull request', 'Checks', 'Image', 'Release', 'API server', 'Traffic', 'Rollout']) {
    await station(page, name);
    await fits(page, name);
  }
  const after = await look(page);
  assert.equal(count(after, 'ready'), 3);
  await page.locator('[data-testid="pod"] button').first().click();
  await page.getByTestId('object-panel').getByText('kind: Pod').waitFor();
  await fits(page, 'a pod, looked at closely');
  await page.getByTestId('object-link').first().click();
  await page.locator('[data-testid="object-panel"][data-kind="ReplicaSet"]').waitFor();
  await tab(page, 'Events');
  await page.getByTestId('event').first().waitFor();
  await fits(page, 'the events');
  await page.getByRole('button', { name: 'why?' }).click();
  await fits(page, 'the causes');
  await page.getByRole('button', { name: 'why?' }).click();
  await tab(page, /^Pull request/);
  await page.getByRole('button', { name: 'Revert' }).click();
  await page.getByRole('heading', { name: /^Revert "/ }).waitFor();
  await merge(page);
  await pause(page);
  await press(page, 'End');
  await tab(page, 'Stage');
  await station(page, 'Rollout');
  const back = await look(page);
  assert.equal(count(back, 'ready'), 3);
  assert.notDeepEqual(back.pods.map(({ set }) => set), after.pods.map(({ set }) => set));
});

lab('a cluster is changed by hand on a phone, and shared', PHONE, async (page) => {
  assert.match(await type(page, 'kubectl scale deployment/order-service --replicas=5'), /scaled/);
  await fits(page, 'the terminal');
  await pause(page);
  await press(page, 'End');
  const link = await share(page);
  await fits(page, 'the dialog that shares');
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await page.goto('about:blank');
  await page.goto(link);
  await ready(page);
  await tab(page, 'Stage');
  await station(page, 'Rollout');
  await page.waitForFunction(() => document.querySelectorAll('[data-testid="pod"][data-form="ready"]').length === 5);
});

lab('another lab is opened on a phone, and its edits are its own', PHONE, async (page) => {
  await page.getByRole('combobox', { name: 'Lab' }).selectOption('order-service-gitops');
  await page.waitForURL(/lab=order-service-gitops/);
  await ready(page);
  await page.getByRole('button', { name: 'Release version 1.4.2' }).click();
  await propose(page);
  await merge(page);
  await pause(page);
  await press(page, 'End');
  await tab(page, 'Stage');
  await station(page, 'Release');
  await page.getByTestId('application').first().getByRole('button', { name: 'Refresh' }).waitFor();
  await fits(page, 'an Application');
  await tab(page, /^Files/);
  assert.match(await read(await open(page, 'order-service/app.yaml')), /version: 1\.4\.2/);
});
