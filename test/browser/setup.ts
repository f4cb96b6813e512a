import { noBrowser, unpack } from './chromium.ts';

/** Before the tests that run in a page. */
export function setup(): void {
  if (noBrowser) throw new Error(`the tests of a page need a browser: ${noBrowser}`);
  unpack();
}
