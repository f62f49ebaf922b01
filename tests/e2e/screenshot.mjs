// Takes the README's picture: the built-in lab in the middle of its rolling update.
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { open, ready, stop } from './visit.mjs';
import { count, goTo, merge, propose, watch } from './story.mjs';

const FILE = fileURLToPath(new URL('../../docs/screenshot.png', import.meta.url));

const { page, context, site } = await open({ width: 1440, height: 900 });
await page.goto(site.url);
await ready(page);
await page.getByRole('button', { name: 'Try the sample change' }).click();
await propose(page);
await merge(page);
const scenes = await watch(page);
const middle = scenes.find((scene) => count(scene, 'ready') > 3 && count(scene, 'terminating') > 0) ?? scenes.at(-1);
await goTo(page, middle.now);
// The pointer leaves the last button it pressed; pods that glide to their places have arrived by then.
await page.mouse.move(0, 0);
await page.waitForTimeout(1_000);
await mkdir(dirname(FILE), { recursive: true });
await page.screenshot({ path: FILE });
await context.close();
await stop();
