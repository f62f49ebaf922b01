// After one visit the site is there without a network, all of it; and a new build replaces an old one whole.
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DIST } from '../browser.mjs';
import { serve } from '../server.mjs';
import { open, picture, ready, stop } from './visit.mjs';

after(stop);

test('the site works without a network after the first visit', { timeout: 60_000 }, async () => {
  const { site, context, page, wrong } = await open({ offline: true });
  try {
    await page.goto(site.url);
    await ready(page);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    await context.setOffline(true);
    // Nobody has touched the page of the first visit: its engine is not loaded yet.
    await page.mouse.move(300, 300);
    await page.waitForFunction(() => performance.getEntriesByName('lab:engine').length > 0);
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

/**
 * Another build of the same site in `folder`, whose page, engine and service worker say that they are of it. The
 * build's hashes differ as those of another commit would.
 */
async function build(folder, name) {
  await cp(DIST, folder, { recursive: true });
  const rewrite = async (file, change) => writeFile(join(folder, file), change(await readFile(join(folder, file), 'utf8')));
  const versions = /<meta name="engine" content="(\w+)">/.exec(await readFile(join(folder, 'index.html'), 'utf8'));
  const other = (text) => text.replaceAll(versions[1], `${name}${versions[1].slice(1)}`);
  await rewrite('index.html', (page) => other(page).replace('<html', `<html data-build="${name}"`));
  await rewrite('worker.js', (worker) => `// build ${name}\n${other(worker)}`);
  await rewrite('sw.js', (worker) => worker.replace(/const VERSION = '\w/, `const VERSION = '${name}`));
}

/** Of which build a page is, and of which one the engine is that it would load now. */
const builds = (page) =>
  page.evaluate(async () => [document.documentElement.dataset.build, /build (\w)/.exec(await (await fetch('worker.js')).text())[1]].join());

test('a new build replaces an old one whole, and no page meets the engine of another', { timeout: 90_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rollout-lab-'));
  await Promise.all(['a', 'b'].map((name) => build(join(folder, name), name)));
  const publish = async (name) => {
    await rm(join(folder, 'site'), { force: true });
    await symlink(join(folder, name), join(folder, 'site'));
  };
  await publish('a');
  const site = await serve(join(folder, 'site'), { under: '/lab/' });
  const { context, page, wrong } = await open({ offline: true });
  const works = async (tab) => {
    await ready(tab);
    await tab.mouse.move(300, 300);
    await tab.mouse.move(320, 300);
    await tab.waitForFunction(() => performance.getEntriesByName('lab:engine').length > 0);
  };
  try {
    await page.goto(site.url);
    await ready(page);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    await context.setOffline(true);
    await page.reload();
    await works(page);
    assert.equal(await builds(page), 'a,a', 'without a network');

    await publish('b');
    await context.setOffline(false);
    await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      await registration.update();
      const worker = registration.installing ?? registration.waiting;
      while (worker.state !== 'installed') await new Promise((resolve) => setTimeout(resolve, 50));
    });
    assert.equal(await builds(page), 'a,a', 'an open page keeps its build');
    const tab = await context.newPage();
    await tab.goto(site.url);
    await works(tab);
    assert.equal(await builds(tab), 'a,a', 'beside a page of the old build, so does another one');
    await tab.close();

    // The browser may take a moment to see that the other page is gone: until then this one is not alone.
    const isNew = () => page.waitForFunction(() => document.documentElement?.dataset.build === 'b', undefined, { timeout: 1500 }).then(() => true, () => false);
    for (let tries = 0; tries < 5; tries += 1) {
      await page.reload();
      if (await isNew()) break;
    }
    await works(page);
    assert.equal(await builds(page), 'b,b', 'a page that is alone lets the new build in');
    await context.setOffline(true);
    await page.reload();
    await works(page);
    assert.equal(await builds(page), 'b,b', 'and has all of it without a network');
    assert.equal(await page.evaluate(async () => (await caches.keys()).length), 1, 'nothing of the old one is kept');
  } catch (error) {
    await picture(page, 'another-build');
    throw error;
  } finally {
    await context.close();
    await site.close();
    await rm(folder, { recursive: true });
  }
  assert.deepEqual(wrong, []);
});

test('an old page says so when it finds a new engine', { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rollout-lab-'));
  await build(folder, 'a');
  const site = await serve(folder, { under: '/lab/' });
  // Nothing is kept on this visit.
  const { context, page } = await open();
  try {
    await page.goto(site.url);
    await ready(page);
    await build(folder, 'b');
    await page.mouse.move(300, 300);
    const told = page.getByRole('alertdialog', { name: 'The lab has stopped' });
    await told.waitFor();
    assert.match(await told.locator('pre').textContent(), /of different versions/);
    await told.getByRole('button', { name: 'Reload with my edits' }).click();
    await page.waitForFunction(() => document.documentElement?.dataset.build === 'b');
    await ready(page);
    await page.mouse.move(320, 300);
    await page.waitForFunction(() => performance.getEntriesByName('lab:engine').length > 0);
  } finally {
    await context.close();
    await site.close();
    await rm(folder, { recursive: true });
  }
});
