// The first load keeps its budget.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { DIST } from '../browser.mjs';
import { total, weigh } from '../weights.mjs';

const BUDGET_KB = 450; // brotli, all files

test(`the whole site weighs at most ${BUDGET_KB} KB`, async () => {
  const { brotli } = total(await weigh(DIST));
  assert.ok(brotli <= BUDGET_KB * 1000, `${brotli / 1000} KB`);
});
