// The site's weight, compressed by brotli. The design's budget for all files is 450 KB. The exact API server,
// kubelet, scheduler, Helm and delivery have taken the engine far beyond it, so it is loaded beside the page:
// what a visitor waits for is the page, which shows a recorded opening until the engine is there. Until the
// engine is lighter, these two keep both from growing: whoever makes them lighter lowers the numbers.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { DIST } from '../browser.mjs';
import { total, weigh } from '../weights.mjs';

/** What only the engine's worker loads. */
const ENGINE = /^(engine(_bg\.wasm|\.js)|worker\.js)$/;
const files = weigh(DIST);

async function weighs(title, mostKB, counts) {
  test(`${title} weighs at most ${mostKB} KB`, async () => {
    const { brotli } = total((await files).filter(({ name }) => counts(name)));
    assert.ok(brotli <= mostKB * 1000, `${brotli / 1000} KB`);
  });
}

weighs('the page, without its engine,', 185, (name) => !ENGINE.test(name));
weighs('the engine', 585, (name) => ENGINE.test(name));
