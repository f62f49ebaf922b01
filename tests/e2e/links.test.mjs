// Links to a moment: what was edited and done comes back from an address alone, old links open for ever, and a
// damaged one leaves the lab as it is.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { lab } from './lab.mjs';
import { edit, look, merge, open, propose, read, share } from './story.mjs';
import { open as visit, ready } from './visit.mjs';

const OLD = (await readFile(new URL('../links.txt', import.meta.url), 'utf8')).trim().split('\n');

lab('a link brings back what was edited, what was done, and the moment', async (page) => {
  await edit(page, 'chart/values.yaml', 'replicaCount: 3', 'replicaCount: 5');
  await propose(page);
  await merge(page);
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.waitForFunction(() => document.querySelector('.page').dataset.waiting === 'false');
  await page.getByRole('tab', { name: 'Files' }).click();
  await edit(page, 'chart/values.yaml', 'replicaCount: 5', 'replicaCount: 6');
  const before = await look(page);
  const link = await share(page);
  assert.match(await page.getByTestId('link-length').innerText(), new RegExp(`^${link.length} characters`));

  const other = await visit();
  try {
    await other.page.goto(link);
    await ready(other.page);
    const after = await look(other.page);
    assert.deepEqual(after, before);
    assert.match(await read(await open(other.page, 'chart/values.yaml')), /replicaCount: 6/);
    await edit(other.page, 'chart/values.yaml', 'replicaCount: 6', 'replicaCount: 7');
    await other.page.reload();
    await ready(other.page);
    assert.match(await read(await open(other.page, 'chart/values.yaml')), /replicaCount: 7/, 'edits of a link are kept');
    await other.page.goto(link.split('#')[0] + '?lab=order-service');
    await ready(other.page);
    assert.match(await read(await open(other.page, 'chart/values.yaml')), /replicaCount: 3/, 'and the reader’s own are others');
    assert.deepEqual(other.wrong, []);
  } finally {
    await other.context.close();
  }
});

for (const fragment of OLD) {
  lab(`an old link opens: ${fragment.slice(0, 24)}`, { query: fragment }, async (page) => {
    assert.equal(await page.getByRole('alert').count(), 0);
  });
}

for (const [what, fragment, word] of [
  ['cut off', OLD[0].slice(0, -9), /damaged/],
  ['mistyped', OLD[0].replace(/.{4}$/, 'AAAA'), /damaged/],
  ['no link at all', '#v1.z:', /damaged/],
  ['of a lab that there is not', `#v1.j:${Buffer.from('{"rolloutLab":1,"lab":"none"}').toString('base64url')}`, /damaged/],
  ['of a newer edition', '#v9.z:AAAA', /newer edition/],
]) {
  lab(`a link that is ${what} says so, and leaves the lab`, { query: fragment }, async (page) => {
    assert.match(await page.getByRole('alert').innerText(), word);
    await page.getByRole('button', { name: 'Close' }).click();
    assert.match(await read(await open(page, 'chart/values.yaml')), /replicaCount: 3/);
  });
}

lab('a picture of the moment can be saved', async (page) => {
  await share(page);
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save a picture' }).click();
  const svg = await readFile(await (await saved).path(), 'utf8');
  assert.match(svg, /^<svg .*3 of 3 pods ready/s);
});

lab('a file carries what a link does', async (page) => {
  await edit(page, 'chart/values.yaml', 'replicaCount: 3', 'replicaCount: 4');
  await share(page);
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as a file' }).click();
  const path = await (await saved).path();
  assert.equal(JSON.parse(await readFile(path, 'utf8')).rolloutLab, 1);
  await page.getByLabel('Open a file…').setInputFiles(path);
  await page.waitForURL(/#v1\./);
  await ready(page);
  assert.match(await read(await open(page, 'chart/values.yaml')), /replicaCount: 4/);
});
