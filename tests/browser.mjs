// Headless Chromium, as the end-to-end tests and the benches start it.
import { chromium } from 'playwright-core';
import { fileURLToPath } from 'node:url';

/** The release site, which `cargo xtask build` makes. */
export const DIST = fileURLToPath(new URL('../dist/', import.meta.url));

/** Starts the browser that CHROME_PATH names; `cargo xtask` sets it. */
export function launch() {
  const executablePath = process.env.CHROME_PATH;
  if (!executablePath) {
    throw new Error('set CHROME_PATH to a Chromium or Chrome, or run this by `cargo xtask test --only e2e`');
  }
  return chromium.launch({
    executablePath,
    args: [
      // Chromium's sandbox refuses to run as root; containers have nobody else.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
