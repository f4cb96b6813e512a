import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { bytesOf } from '../../../kernels/runtime/cpu/digits.ts';
import { digitsOf } from '../../../scripts/build-kernels.mjs';

test.prop([fc.uint8Array()])('bytes come back from their digits, which need no escape', (bytes) => {
  const text = digitsOf(bytes);
  expect(bytesOf(text)).toEqual(bytes);
  expect(text).toMatch(/^[ -&(-[\]-~]*$/);
});
test('each byte has digits of its own', () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  expect(bytesOf(digitsOf(all))).toEqual(all);
});
