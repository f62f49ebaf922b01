// Zoomed to 400 %, a screen of 1280 × 1024 has room for 320 × 256: everything flows into it, and nothing has
// to be read by scrolling in two directions. Code and what a terminal printed are exempt, as WCAG 1.4.10 has it.
import assert from 'node:assert/strict';
import { lab } from './lab.mjs';
import { merge, open, pause, press, propose, station } from './story.mjs';
import { ready } from './visit.mjs';

const ZOOMED = { width: 320, height: 256 };
const tab = (page, name) => page.getByRole('tab', { name }).click();

/** In the page: what reaches beyond its right edge and is neither hidden nor in something that scrolls sideways. */
function overflowing() {
  const width = document.documentElement.clientWidth;
  const scrolls = (element) => element && (/auto|scroll|hidden|clip/.test(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
  const wide = [...document.querySelectorAll('body *')].filter((element) => {
    const { left, right, width: own } = element.getBoundingClientRect();
    return own > 1 && (right > width + 1 || left < -1) && !element.closest('.said, svg, .ribbon') && !scrolls(element.parentElement);
  });
  const scrolled = [...document.querySelectorAll('body *')].filter((element) => {
    const { overflowX, overflowY } = getComputedStyle(element);
    const sideways = /auto|scroll/.test(overflowX) && element.scrollWidth > element.clientWidth + 1;
    const both = sideways && /auto|scroll/.test(overflowY) && element.scrollHeight > element.clientHeight + 1;
    return both && !element.closest('pre, .editor, .cm-editor, .diff, .manifest');
  });
  const name = (element) => element.outerHTML.slice(0, 120);
  const page = document.documentElement.scrollWidth > width ? [`the page is ${document.documentElement.scrollWidth} wide`] : [];
  return [...page, ...wide.map(name), ...scrolled.map((element) => `scrolls both ways: ${name(element)}`)];
}

async function fits(page, view) {
  assert.deepEqual(await page.evaluate(overflowing), [], view);
}

lab('everything fits at 400 %', ZOOMED, async (page) => {
  await fits(page, 'as it opens');
  for (const name of [/^Files/, 'Pull request', 'Events', 'Terminal', 'Stage']) {
    await tab(page, name);
    await fits(page, String(name));
  }
  await page.getByRole('button', { name: 'Try the sample change' }).click();
  await propose(page);
  await fits(page, 'an open pull request');
  await merge(page);
  await pause(page);
  await press(page, 'End');
  for (const name of ['Commit', 'Checks', 'Image', 'Release', 'API server', 'Rollout', 'Endpoints', 'Traffic']) {
    await station(page, name);
    await fits(page, name);
  }
  await station(page, 'Rollout');
  await page.locator('[data-testid="pod"] button').first().click();
  await page.getByTestId('object-panel').getByText('kind: Pod').waitFor();
  await fits(page, 'a pod, looked at closely');
  await page.getByRole('button', { name: 'Share' }).click();
  await page.getByTestId('link-length').getByText(/characters/).waitFor();
  await fits(page, 'the dialog that shares');
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await press(page, 'PageDown');
  await page.getByRole('button', { name: 'Fork here' }).click();
  await tab(page, 'Stage');
  await page.getByTestId('futures').waitFor();
  await fits(page, 'two futures');
  await tab(page, /^Files/);
  await open(page, 'chart/values.yaml');
  await page.getByRole('button', { name: 'New file' }).click();
  await fits(page, 'the name of a new file');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Rendered', exact: true }).click();
  await page.getByTestId('manifest').getByRole('button', { name: 'replicas: 3' }).click();
  await fits(page, 'what the chart renders');
});

lab('frames and pages to read fit at 400 %', ZOOMED, async (page) => {
  const site = new URL('./', page.url()).href;
  for (const name of ['modelled.html', 'embedding.html']) {
    await page.goto(site + name);
    await fits(page, name);
  }
  for (const fragment of ['lab=shop&view=stage', 'lesson=5-the-memory-limit&readonly']) {
    await page.goto('about:blank');
    await page.goto(`${site}embed.html#${fragment}`);
    await ready(page);
    await fits(page, fragment);
  }
});

lab('a lesson fits at 400 %', { ...ZOOMED, query: '?lesson=3-what-starts-a-rollout' }, async (page) => {
  await page.getByRole('radio').first().waitFor();
  await fits(page, 'a lesson');
});

lab('the step to do is one press away on a phone’s first screen', { width: 390, height: 844, query: '?lesson=8-one-service-or-four' }, async (page) => {
  const here = page.getByRole('button', { name: 'Step 1 of 5: One of four' });
  const fold = (await page.getByRole('region', { name: 'Time line' }).boundingBox()).y;
  assert.ok((await here.boundingBox()).y < fold / 2);
  await here.click();
  const { y } = await page.getByTestId('lesson-step').first().getByRole('heading').boundingBox();
  assert.ok(y < fold / 2, `the step begins at ${y}, what is seen ends at ${fold}`);
});
