// The site works wherever it is put: under any path, in a frame of another site, and cut off from storage.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { serve } from '../server.mjs';
import { DIST } from '../browser.mjs';
import { lab } from './lab.mjs';
import { open, ready } from './visit.mjs';

lab('works under a sub path, and asks no other host for anything', async (page) => {
  const addresses = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
  assert.ok(addresses.some((address) => address.endsWith('.wasm')), 'the module was loaded');
  for (const address of addresses) {
    assert.match(new URL(address).pathname, /^\/some\/where\//);
  }
});

for (const [how, attributes] of [
  ['in a frame', ''],
  ['in a sandboxed frame without storage', 'sandbox="allow-scripts"'],
]) {
  test(`works ${how} of another site`, async () => {
    const { site, context, page, wrong } = await open();
    const post = `<!doctype html><title>A post</title><link rel="icon" href="data:,">
      <iframe title="lab" ${attributes} width="720" height="420" src="${site.url}"></iframe>`;
    // Another port is another origin.
    const blog = await serve(DIST, { under: '/none/', pages: { '/post': post } });
    try {
      await page.goto(blog.origin + '/post');
      await ready(page.frameLocator('iframe'));
      const focused = await page.evaluate(() => document.activeElement.tagName);
      assert.equal(focused, 'BODY', 'the embed leaves the focus where it was');
      await page.mouse.move(360, 200);
      const [, frame] = page.frames();
      await frame.waitForFunction(() => performance.getEntriesByName('lab:engine').length > 0);
      // Without a worker the page itself runs the engine, which knows the fields all the same.
      const fields = () => frame.evaluate(() => performance.getEntriesByType('resource').some(({ name }) => name.includes('fields.txt')));
      assert.equal(await fields(), attributes !== '');
      assert.deepEqual(wrong, []);
    } finally {
      await context.close();
      await blog.close();
    }
  });
}
