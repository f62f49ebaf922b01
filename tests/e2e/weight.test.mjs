// The site's weight, compressed by brotli. The design's budget for a first load is 450 KB: that is the page,
// which opens with a recording. The engine is loaded at the first sign that somebody is there. It is far
// heavier than one would like (the network, GitOps, the checks and the whole of Actions took it from 580 KB to
// 825, lessons and what a terminal prints to 865, ApplicationSets, Events as they are and permissions and more
// of kubectl to 926; to compile what every write goes through for speed took it to 1,045, and a quarter off
// the time of a roll; links, forks, charts that are unpacked and fields that are explained made it 1,115, kubectl's describe, explain, wait,
// create and JSONPath 1,140, the rows of containers with their probes, of endpoints with who has heard of them
// and of a release's objects 1,146; the API server's refusal while one types is allowed 9): whoever makes it
// lighter lowers
// its number. The page went from 185 to 214 with the buttons of GitHub and Argo CD, the terminal, the panel of
// an object and the lessons, and to 288 with links and embeds, two futures, charts, files that are added and
// renamed, rendered manifests and charts of one's own; containers with their probes, endpoints and the entry
// that one chose to be told are 6 more; tabs of files and a diff that marks words are allowed 8. The editor
// itself comes once the page is drawn.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { DIST } from '../browser.mjs';
import { total, weigh } from '../weights.mjs';

/** What only the engine's worker loads. */
const ENGINE = /^(engine(_bg\.wasm|\.js)|worker\.js)$/;
/** What the worker loads when the lab is open. */
const FIELDS = 'fields.txt';
/** What explains them, when somebody asks; with the meaning of each value, and its lines as `kubectl explain` prints them. */
const DESCRIPTIONS = 'descriptions.txt';
/** What is loaded once the page is drawn. */
const EDITOR = 'editor.js';
/** What is loaded when a lesson is opened. */
const LESSON = /^lessons\/(?!index)/;
const files = weigh(DIST);

async function weighs(title, mostKB, counts) {
  test(`${title} weighs at most ${mostKB} KB`, async () => {
    const { brotli } = total((await files).filter(({ name }) => counts(name)));
    assert.ok(brotli <= mostKB * 1000, `${brotli / 1000} KB`);
  });
}

weighs('the page, without its engine and editor,', 304, (name) => !ENGINE.test(name) && ![FIELDS, DESCRIPTIONS, EDITOR].includes(name) && !LESSON.test(name));
weighs('the engine', 1156, (name) => ENGINE.test(name));
weighs('the editor', 150, (name) => name === EDITOR);
weighs('the table of fields', 20, (name) => name === FIELDS);
weighs('what the fields mean', 116, (name) => name === DESCRIPTIONS);
