// After one visit the site is there without a network, all of it.
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { open, picture, ready, stop } from './visit.mjs';

after(stop);

test('the site works without a network after the first visit', { timeout: 60_000 }, async () => {
  const { site, context, page, wrong } = await open({ offline: true });
  try {
    await page.goto(site.url);
    await ready(page);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    await context.setOffline(true);
    for (const query of ['', '?lab=shop', '?lesson=5-the-memory-limit']) {
      await page.goto(site.url + query);
      await ready(page);
      await page.mouse.move(300, 300);
      await page.waitForFunction(() => performance.getEntriesByName('lab:interactive').length > 0);
    }
    await page.goto(site.url + 'modelled.html');
    assert.match(await page.title(), /What is modelled/);
  } catch (error) {
    await picture(page, 'offline');
    throw error;
  } finally {
    await context.close();
  }
  assert.deepEqual(wrong, []);
});
