// A page of another origin with three embeds: pictures first, nothing loaded that is not seen, no focus and no
// scroll taken, messages both ways to whom they are meant for, and the way to the playground with what was done.
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { readFile } from 'node:fs/promises';
import { serve } from '../server.mjs';
import { DIST } from '../browser.mjs';
import { look, merge, pause, press, propose, share, station } from './story.mjs';
import { open, picture, ready, stop } from './visit.mjs';

after(stop);

test('the script weighs at most 5 KB', async () => {
  const script = await readFile(DIST + 'rollout-lab.js');
  assert.ok(gzipSync(script, { level: 9 }).length <= 5000);
});

test('three embeds in a page of another site', { timeout: 120_000 }, async () => {
  const { site, context, page, wrong } = await open({ width: 1000, height: 700 });
  const post = `<!doctype html><title>A post</title><link rel="icon" href="data:,">
    <script src="${site.url}rollout-lab.js" async></script><input id="first" autofocus>
    <rollout-lab id="one" loading="click"><a href="${site.url}">Open</a></rollout-lab>
    <p style="height: 1500px">A long text.</p>
    <rollout-lab id="two" lab="shop" view="stage" theme="dark"></rollout-lab>
    <rollout-lab id="three" lesson="5-the-memory-limit" loading="click" readonly height="300"></rollout-lab>
    <rollout-lab id="four" lab="shop" at="65" loading="click"></rollout-lab>
    <rollout-lab id="five" lab="shop" at="65" loading="click" picture="${site.url}lessons/shop.svg"></rollout-lab>
    <p style="height: 2500px">More text.</p>
    <rollout-lab id="six" lab="order-service" at="12"></rollout-lab>`;
  const blog = await serve(DIST, { under: '/none/', pages: { '/post': post } });
  try {
    await page.goto(blog.origin + '/post');
    const frames = () => page.evaluate(() => [...document.querySelectorAll('rollout-lab')].map((it) => Boolean(it.shadowRoot?.querySelector('iframe'))));
    await page.waitForFunction(() => document.querySelector('#one').shadowRoot?.querySelector('img')?.complete);
    await page.waitForTimeout(300);
    assert.deepEqual(await frames(), [false, false, false, false, false, false], 'pictures only');
    assert.equal(await page.evaluate(() => document.querySelector('#three').shadowRoot.firstChild.offsetHeight), 300);

    const told = (id, type) => page.evaluate(([id, type]) => new Promise((resolve) =>
      document.querySelector(id).addEventListener(`rollout-lab-${type}`, ({ detail }) => resolve(detail), { once: true })), [id, type]);
    const isReady = told('#one', 'ready');
    await page.locator('#one').getByRole('button', { name: 'Start the lab' }).click();
    assert.ok((await isReady).end > 0);
    assert.deepEqual(await frames(), [true, false, false, false, false, false]);
    assert.match(await page.locator('#four').locator('p').textContent(), /at rest/, 'a picture says what it does not show');
    await page.locator('#four').getByRole('button', { name: 'Start the lab at 1:05' }).waitFor();
    assert.equal(await page.locator('#five').locator('p').textContent(), '', 'the picture that was saved is of its moment');
    const moved = told('#one', 'moment');
    await page.evaluate(() => document.querySelector('#one').seek(3));
    assert.equal((await moved).at, 3000);
    const link = await page.evaluate(() => document.querySelector('#one').share());
    assert.match(link, /#v1\./);

    await page.focus('#first');
    const two = told('#two', 'ready');
    await page.evaluate(() => document.querySelector('#two').scrollIntoView());
    const scrolled = await page.evaluate(() => scrollY);
    await two;
    assert.deepEqual(await page.evaluate(() => [document.activeElement.id, scrollY]), ['first', scrolled]);

    // Whose moment no picture shows is loaded a screen ahead, and is shown when it is there, at rest.
    const six = told('#six', 'ready');
    await page.evaluate(() => scrollTo(0, document.querySelector('#six').offsetTop - 1.5 * innerHeight));
    const { at, end, playing } = await six;
    assert.deepEqual([at, at < end, playing], [12_000, true, false]);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'first');

    // Whoever is not named in the frame's address is not heard.
    const inside = page.frames().find((frame) => frame.url().includes('lab=shop'));
    const before = await inside.getByTestId('page').getAttribute('data-now');
    await inside.evaluate(() => postMessage({ rolloutLab: 1, type: 'seek', at: 1000 }, '*'));
    await page.waitForTimeout(300);
    assert.equal(await inside.getByTestId('page').getAttribute('data-now'), before);
  } catch (error) {
    await picture(page, 'embeds');
    throw error;
  } finally {
    await context.close();
    await blog.close();
  }
  assert.deepEqual(wrong, []);
});

test('what a reader did in an embed is there in the playground', { timeout: 60_000 }, async () => {
  const { site, context, page, wrong } = await open({ width: 720, height: 420 });
  try {
    await page.goto(`${site.url}embed.html#lab=order-service&view=files`);
    await ready(page);
    await page.getByRole('button', { name: 'Try the sample change' }).first().click();
    const tab = context.waitForEvent('page');
    await page.getByRole('button', { name: 'Open in the playground' }).click();
    const playground = await tab;
    await ready(playground);
    assert.ok(!playground.url().includes('embed.html'));
    await playground.getByRole('tab', { name: 'Files' }).click();
    await playground.getByRole('button', { name: /, edited/ }).first().waitFor();
  } catch (error) {
    await picture(page, 'embed');
    throw error;
  } finally {
    await context.close();
  }
  assert.deepEqual(wrong, []);
});

/** Names of what would change something. */
const DOES = /^(fork here|try the sample change|edit the files|new file|add a .*|rename|delete|reset .*|undo|(squash and merge|rebase and merge|create a merge commit|merge pull request)|approve.*|open pull request|revert|sync(hronize)?|refresh|hard refresh|reconcile|roll back.*|cancel.*|re-run.*|run workflow|show a hint|try again|next|terminal|files)$/i;

for (const [width, height] of [
  [1200, 800],
  [390, 700],
]) {
  test(`who may only look is offered nothing that changes anything, at ${width} pixels`, { timeout: 90_000 }, async () => {
    const { site, context, page, wrong } = await open({ width, height });
    const offered = (page) =>
      page.evaluate(() => [...document.querySelectorAll('button, input, select, textarea, summary, [contenteditable=true]')]
        .filter((it) => it.checkVisibility() && !it.disabled)
        .map((it) => (it.getAttribute('aria-label') ?? it.textContent).trim()));
    try {
      // A moment at which there is everything that buttons are for: an Application, a run, a merged pull request.
      await page.goto(`${site.url}?lab=order-service-gitops`);
      await ready(page);
      if (width < 1100) await page.getByRole('tab', { name: /^Files/ }).click();
      await page.getByRole('button', { name: 'Release version 1.4.2' }).click();
      await propose(page);
      await merge(page);
      await pause(page);
      await press(page, 'End');
      await look(page);
      const link = new URL(await share(page)).hash.slice(1);

      for (const fragment of [`link=${link}`, 'lab=shop&view=files', 'lesson=8-one-service-or-four']) {
        await page.goto('about:blank');
        await page.goto(`${site.url}embed.html#${fragment}&readonly`);
        await ready(page);
        const all = new Set();
        const see = async () => (await offered(page)).forEach((name) => all.add(name));
        await see();
        for (const tab of await page.getByRole('tab').all()) {
          await tab.click();
          await see();
        }
        if (width < 1100) await page.getByRole('tab', { name: 'Stage' }).click();
        for (const kind of ['commit', 'pull-request', 'checks', 'image', 'release', 'api-server', 'rollout', 'traffic']) {
          const button = page.locator(`[data-testid="station"][data-kind="${kind}"] button`);
          if (await button.count()) await button.click();
          await see();
        }
        await station(page, 'Rollout');
        await page.locator('[data-testid="pod"] button').first().click();
        await page.getByTestId('object-panel').waitFor();
        await see();
        assert.deepEqual([...all].filter((name) => DOES.test(name)), [], fragment);
        assert.ok([...all].some((name) => /^Play|^Replay/.test(name)), 'it can be played');
        assert.equal(await page.locator('input:enabled:visible, textarea:visible').count(), 0, 'nothing to write in');
      }
    } catch (error) {
      await picture(page, `readonly-${width}`);
      throw error;
    } finally {
      await context.close();
    }
    assert.deepEqual(wrong, []);
  });
}
