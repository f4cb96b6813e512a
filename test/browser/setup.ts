import { noBrowser, unpack } from './chromium.ts';

/** Before the tests that run in a page. */
export async function setup(): Promise<void> {
  if (noBrowser) throw new Error(`the tests of a page need a browser: ${noBrowser}`);
  await unpack();
}
