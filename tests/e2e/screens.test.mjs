// The main views look as they did: by day and by night, on a desk and on a phone.
import { compare } from './pictures.mjs';
import { lab } from './lab.mjs';
import { look, merge, pause, press, propose, type } from './story.mjs';

const SIZES = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
const tab = (page, name) => page.getByRole('tab', { name }).click();

/** The page at rest: nothing is hovered, everything has arrived. */
async function rest(page) {
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(300);
}

for (const [size, { width, height }] of Object.entries(SIZES)) {
  for (const dark of [false, true]) {
    const side = dark ? 'night' : 'day';
    const options = { width, height, dark, reducedMotion: true };
    const title = (views) => `${views} look as they did, on a ${size} by ${side}`;
    const shoots = async (page) => {
      const decoder = await page.context().browser().newPage();
      return async (view) => {
        await rest(page);
        await compare(page, decoder, `${view}-${size}-${side}`);
      };
    };

    lab(title('the way from a change to its rollout, and the terminal'), options, async (page) => {
      const looks = await shoots(page);
      await looks('opening');
      await page.getByRole('button', { name: 'Try the sample change' }).click();
      await propose(page);
      await looks('pull-request');
      await merge(page);
      await pause(page);
      // Old and new pods side by side: the moment in which the first new one is ready.
      await press(page, 'End');
      const moment = Number(await page.locator('[data-testid="mark"][data-kind="first-ready"]').last().getAttribute('data-t'));
      while (moment < (await look(page)).now) await press(page, 'PageDown');
      if (size === 'phone') await tab(page, 'Stage');
      await looks('rollout');
      await type(page, 'kubectl get pods -n shop');
      await looks('terminal');
    });

    lab(title('lessons'), { ...options, query: '?lesson=3-what-starts-a-rollout' }, async (page) => {
      const looks = await shoots(page);
      await page.getByRole('radio').first().waitFor();
      await looks('lesson');
    });
  }
}
