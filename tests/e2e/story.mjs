// What the end-to-end tests do on the page, and what they see on it, in the story's words.
// `web/src/parts/mod.rs` lists the page's hooks: accessible names first, `data-testid` for the picture.
import assert from 'node:assert/strict';

/** Replaces text in one of the repository's files, as typing would. */
export async function edit(page, path, from, to) {
  const editor = await open(page, path);
  const text = await read(editor);
  assert.ok(text.includes(from), `${path} has ${JSON.stringify(from)}`);
  await write(editor, text.replace(from, to));
}

/** The text in an editor. CodeMirror draws only the lines in sight; its document hangs on its element. */
export function read(editor) {
  return editor.evaluate((it) => it.value ?? it.cmTile.view.state.doc.toString());
}

/** Replaces the text in an editor: CodeMirror gets it as from the clipboard. */
export async function write(editor, text) {
  if (await editor.evaluate((it) => 'value' in it)) return editor.fill(text);
  await editor.press('Control+a');
  await editor.evaluate((it, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', text);
    it.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}

/** Opens one of the repository's files, and gives its editor: the one that is loaded after the page. */
export async function open(page, path) {
  // Its name ends with `, edited` once it is.
  await page.getByRole('button', { name: new RegExp(`^${path.replaceAll('.', '\\.')}(,|$)`) }).click();
  await page.locator('.code').waitFor();
  const editor = page.getByRole('textbox', { name: `Text of ${path}` });
  await editor.waitFor();
  return editor;
}

/** Opens a pull request with the edits, and gives its plan: `{ effect, pods, object }` by row. */
export async function propose(page) {
  await page.getByRole('button', { name: 'Open pull request' }).click();
  const rows = page.getByRole('list', { name: 'What merging will do' }).first().getByTestId('plan-row');
  await rows.first().waitFor();
  return rows.evaluateAll((elements) =>
    elements.map(({ dataset: { effect, pods, object } }) => ({ effect, pods: Number(pods), object })),
  );
}

/** Merges the open pull request. What follows plays by itself. */
export async function merge(page) {
  await page.getByRole('button', { name: 'Squash and merge' }).click();
}

/** What the page shows at this moment, as data. Numbers come as text, as attributes hold them. */
export async function look(page) {
  // The engine works beside the page: its picture of the moment may still be on its way.
  await page.waitForFunction(() => document.querySelector('[data-testid="page"]').dataset.waiting === 'false');
  return page.evaluate(() => {
    const all = (name) => [...document.querySelectorAll(`[data-testid="${name}"]`)].map(({ dataset }) => ({ ...dataset }));
    const [{ now, end, playing }] = all('page');
    return {
      now: Number(now),
      end: Number(end),
      playing: playing === 'true',
      stations: Object.fromEntries(all('station').map((station) => [station.kind, station])),
      sets: all('replica-set'),
      pods: all('pod'),
      service: all('service')[0],
      sentence: document.querySelector('[data-testid="sentence"]')?.textContent ?? '',
    };
  });
}

/** How many of the pods have one of these forms. */
export const count = (scene, ...forms) => scene.pods.filter(({ form }) => forms.includes(form)).length;

/** Goes through what follows a merge, event by event, to its end. Gives what was seen, moment by moment. */
export async function watch(page) {
  await pause(page);
  const scenes = [await look(page)];
  const next = page.getByRole('button', { name: 'Step forward' });
  while (scenes.at(-1).now < scenes.at(-1).end) {
    await next.click();
    const scene = await look(page);
    assert.ok(scene.now > scenes.at(-1).now, `a step moves on from ${scenes.at(-1).now} ms`);
    scenes.push(scene);
  }
  return scenes;
}

/** Stops playing, if it plays. */
export async function pause(page) {
  if ((await look(page)).playing) await page.getByRole('button', { name: 'Pause' }).click();
}

/** Steps, back or forth, to a moment that was seen before. */
export async function goTo(page, moment) {
  for (let { now } = await look(page); now !== moment; { now } = await look(page)) {
    await page.getByRole('button', { name: now > moment ? 'Step back' : 'Step forward', exact: true }).click();
  }
}

/** Slides the playhead with the mouse to a share of the time line, from 0 to 1. */
export async function slide(page, share) {
  const slider = page.getByRole('slider', { name: 'Time' });
  const { width, height } = await slider.boundingBox();
  await slider.click({ position: { x: width * share, y: height / 2 } });
}

/** Moves the playhead by a key of its slider: `Home`, `End`, `ArrowLeft`… */
export async function press(page, key) {
  await page.getByRole('slider', { name: 'Time' }).press(key);
}

/** Types a line at the terminal, and gives what it printed. */
export async function type(page, line) {
  await page.getByRole('tab', { name: 'Terminal' }).click();
  const printed = page.getByTestId('printed');
  const before = await printed.count();
  await page.getByRole('textbox', { name: 'Command' }).fill(line);
  await page.keyboard.press('Enter');
  await printed.nth(before).waitFor();
  return printed.nth(before).textContent();
}

/** Opens the dialog that shares, and gives its link once the engine has said what it carries. */
export async function share(page) {
  await page.getByRole('button', { name: 'Share' }).click();
  const field = page.getByRole('textbox', { name: 'Link' });
  await page.waitForFunction((it) => it.value.includes('#v1.'), await field.elementHandle());
  return field.inputValue();
}

/** Chooses a station, so that its details are shown. */
export async function station(page, name) {
  const button = page.getByRole('button', { name: new RegExp(`^${name},`) });
  if ((await button.getAttribute('aria-pressed')) !== 'true') await button.click();
}
