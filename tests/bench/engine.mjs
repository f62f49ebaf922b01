// The engine's bench in Chromium: the module that `cargo xtask bench` built into the folder given.
//
// The module exports `bring_up(pods)` and the class `Cluster`, made by `new Cluster(pods)`, whose method
// `rolling_update()` can be called any number of times: each call works on a fork.
import { launch } from '../browser.mjs';
import { serve } from '../server.mjs';
import { median, ms, table } from './table.mjs';

const [folder] = process.argv.slice(2);
const PODS = [100, 1000];
const RUNS = 7;

const page = '<!doctype html><title>bench</title><link rel="icon" href="data:,">';
const server = await serve(folder, { pages: { '/bench': page } });
const browser = await launch();
const tab = await browser.newPage();
await tab.goto(server.origin + '/bench');
const times = await tab.evaluate(
  async ({ pods, runs }) => {
    const bench = await import('./browser_bench.js');
    await bench.default();
    const timed = (work) => {
      const start = performance.now();
      work();
      return performance.now() - start;
    };
    // The first call of each also compiles: it warms up and is not counted.
    const repeat = (work) => Array.from({ length: runs + 1 }, () => timed(work)).slice(1);
    return pods.flatMap((number) => {
      const cluster = new bench.Cluster(number);
      return [
        [`bring_up/${number}`, repeat(() => bench.bring_up(number))],
        [`rolling_update/${number}`, repeat(() => cluster.rolling_update())],
      ];
    });
  },
  { pods: PODS, runs: RUNS },
);
await browser.close();
await server.close();
table(
  [`bench (${RUNS} runs)`, 'median', 'fastest', 'slowest'],
  times.map(([id, runs]) => [id, ms(median(runs)), ms(Math.min(...runs)), ms(Math.max(...runs))]),
);
