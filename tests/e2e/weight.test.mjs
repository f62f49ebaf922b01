// The site's weight, compressed by brotli. The design's budget for a first load is 450 KB: that is the page,
// which opens with a recording. The engine comes at the first sign that somebody is there, the editor once the
// page is drawn, the rest when it is asked for. The numbers are ratchets a little above what there is: whoever
// makes something lighter lowers its number, whoever needs more says in the commit what for. The engine is far
// heavier than one would like. More than 100 KB of it buy a quarter off the time of a roll (what every write
// goes through is compiled for speed, maps included); kubectl, the whole of Actions, GitOps, the checks and
// lessons are the bulk of the rest. Its last growth, from 1198, is the API server as a station, and what people at a
// terminal ask for: kubectl's logs, exec, events, diff and -w; from 1230, its go-template and the rollouts of
// StatefulSets and DaemonSets. The page's, from 320, is that a reload keeps the whole story, and that one starts over.
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

weighs('the page, without its engine and editor,', 322, (name) => !ENGINE.test(name) && ![FIELDS, DESCRIPTIONS, EDITOR].includes(name) && !LESSON.test(name));
weighs('the engine', 1238, (name) => ENGINE.test(name));
weighs('the editor', 150, (name) => name === EDITOR);
weighs('the table of fields', 20, (name) => name === FIELDS);
weighs('what the fields mean', 116, (name) => name === DESCRIPTIONS);
