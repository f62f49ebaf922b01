// A second language needs nothing but its texts: on a site in a made-up one, in which every text of the page's
// table stands between ⟦ and ⟧, whatever else is seen or heard is what the engine said.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { lab } from './lab.mjs';

// `cargo xtask test` makes it beside the released one.
const folder = fileURLToPath(new URL('../../target/made-up/', import.meta.url));

// The same in every language: commands, and the units that Kubernetes writes.
const UNIVERSAL = /^(\$ )?kubectl |^\d+ [KMG]i$/;

/** In the page, before its scripts: keeps what the engine says, and the files of the site that speak for it. */
function listen() {
  const said = (window.said = []);
  const keep = (bytes) => said.push(new TextDecoder().decode(bytes));
  window.Worker = class extends Worker {
    constructor(...how) {
      super(...how);
      this.addEventListener('message', ({ data }) => data instanceof Uint8Array && keep(data));
    }
  };
  const { fetch } = window;
  window.fetch = async (...what) => {
    const file = await fetch(...what);
    if (String(what[0]).includes('.bin')) keep(await file.clone().arrayBuffer());
    return file;
  };
}

/** In the page: every text that somebody sees or hears, with where it stands. */
function texts() {
  const NAMES = ['aria-label', 'aria-valuetext', 'title', 'placeholder', 'alt', 'label'];
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    if (!element.checkVisibility() && !element.closest('select')) continue;
    const where = `${element.localName}.${element.className?.baseVal ?? element.className}`;
    for (const name of NAMES) found.push([`${where}[${name}]`, element.getAttribute(name)]);
    // The editor's own document is nobody's prose; its panels are not open.
    for (const node of element.closest('.code') ? [] : element.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) found.push([where, node.data]);
    }
  }
  return { found: found.filter(([, text]) => text), said: window.said.join('\n') };
}

/** What of a text is not from the table. A text around something that is drawn comes in pieces. */
function rest(text) {
  for (let before; before !== text; ) {
    before = text;
    text = text.replace(/⟦[^⟦⟧]*⟧/g, '\n');
  }
  return text.replace(/^[^⟦⟧]*⟧/, '').replace(/⟦[^⟦⟧]*$/, '');
}

/** Checks the page as it is by then; `view` says in a failure which one it was. */
async function check(page, view) {
  const { found, said } = await page.evaluate(texts);
  assert.ok(found.some(([, text]) => text.includes('⟦')), `${view} speaks the made-up language`);
  // An object's kind and its name or the end of it, a file's path and its line: the engine's words with marks between them.
  const isSaid = (text) => said.includes(text) || text.split(/[ :,]+/).every((it) => !/\p{L}{2}/u.test(it) || (/[A-Z\d./…-]/.test(it) && said.includes(it.replace('…', ''))));
  const prose = ([where, text]) =>
    rest(text)
      .split(/\n|, | · /)
      .map((it) => it.replace(/^[\s,…]+|[\s,]+$/g, ''))
      .filter((it) => /\p{L}{2}/u.test(it) && !UNIVERSAL.test(it) && !isSaid(it))
      .map((it) => `${where}: ${it}`);
  assert.deepEqual([...new Set(found.flatMap(prose))], [], `${view}: texts that are not in the table`);
}

const panel = (page, name) => page.locator(`#tab-${name}`).click();
const settled = (page) => page.waitForFunction(() => document.querySelector('[data-testid="page"]').dataset.waiting === 'false');

for (const [width, height] of [
  [1440, 900],
  [390, 844],
]) {
  lab(`every view speaks another language at ${width} pixels`, { folder, width, height, before: listen }, async (page) => {
    await check(page, 'the page as it opens');
    await page.locator('[data-testid="pod"] button').first().click();
    await page.getByTestId('object-panel').getByText('kind: Pod').waitFor();
    await check(page, 'a pod, looked at closely');
    await panel(page, 'terminal');
    await check(page, 'the terminal');
    await panel(page, 'files');
    await page.locator('.file-view header .link').last().click();
    await page.locator('[data-testid="manifest"] li button').first().waitFor();
    await page.locator('.file-list .add .link').first().click();
    await check(page, 'the files, a new one, and what they render');
    await page.locator('.file-name .link').click();
    await page.locator('.actions button.primary').click();
    await page.getByTestId('page').and(page.locator('[data-waiting="false"]')).waitFor();
    await page.locator('form.actions button.primary').click();
    await page.getByTestId('plan-row').first().waitFor();
    await check(page, 'an open pull request');
    await page.locator('.split button.primary').click();
    await page.getByTestId('page').and(page.locator('[data-playing="true"]')).waitFor();
    await page.locator('button.play').click();
    for (const key of ['PageUp', 'PageUp', 'End']) {
      await page.locator('.slider').press(key);
      await settled(page);
      await check(page, `after the merge, ${key}`);
    }
    for (const station of await page.getByTestId('station').all()) {
      const button = station.getByRole('button');
      if ((await button.getAttribute('aria-pressed')) !== 'true') await button.click();
      await check(page, `station ${await station.getAttribute('data-kind')}`);
    }
    await panel(page, 'events');
    await check(page, 'the events');
    await panel(page, 'pull-request');
    await check(page, 'a merged pull request');
    await page.locator('.fork').click();
    await page.getByTestId('futures').or(page.locator('#tab-stage')).first().waitFor();
    await settled(page);
    await check(page, 'two futures');
    await page.locator('button.share').click();
    await page.locator('dialog .length').filter({ hasText: /\d/ }).waitFor();
    await check(page, 'a link');
  });
}

lab('a lesson speaks another language', { folder, before: listen, query: '?lesson=3-what-starts-a-rollout' }, async (page) => {
  await page.getByTestId('lesson-card').first().waitFor();
  await check(page, 'a lesson as it opens');
});

lab('a frame speaks another language', { folder, before: listen, query: 'embed.html#lab=order-service' }, async (page) => {
  await check(page, 'a frame');
});

lab('Argo CD speaks another language', { folder, before: listen, query: '?lab=order-service-gitops' }, async (page) => {
  await check(page, 'the Application');
});
