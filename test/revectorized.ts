// `VICINAL_REVECTORIZE=1` on Node 24 runs the tests on kernels that V8 revectorised, as `enableRevectorize` does. The samples
// of tests are small: with the baseline compiler before it, most kernels would never come to the one that does it.

import { setFlagsFromString } from 'node:v8';

if (process.env['VICINAL_REVECTORIZE']) {
  setFlagsFromString('--no-liftoff');
  setFlagsFromString('--experimental-wasm-revectorize');
}
