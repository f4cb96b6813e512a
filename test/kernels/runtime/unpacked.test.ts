import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { unpacked } from '../../../kernels/runtime/cpu/unpacked.ts';
import { packed } from '../../../scripts/pack.mjs';

/** Few values and long runs of what came before, so that there is much to copy. */
const repetitive = fc
  .array(fc.tuple(fc.uint8Array({ max: 3, maxLength: 40 }), fc.nat(9)), { maxLength: 30 })
  .map((parts) =>
    Uint8Array.from(parts.flatMap(([part, times]) => Array.from({ length: times }, () => [...part]).flat())),
  );

test.prop([fc.oneof(fc.uint8Array(), repetitive)])(
  'bytes come back from their text, which needs no escape',
  (bytes) => {
    const text = packed(bytes);
    expect(unpacked(text)).toEqual(bytes);
    expect(text).toMatch(/^[(-[\]-i]*$/);
  },
);

test('what repeats takes next to no room, from as far back as it is', () => {
  const noise = Uint8Array.from({ length: 3_000 }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) ^ (i * i)) >>> 13);
  const twice = new Uint8Array(6_000);
  twice.set(noise);
  twice.set(noise, 3_000);
  const [once, both] = [packed(noise), packed(twice)];
  expect(unpacked(both)).toEqual(twice);
  expect(both.length - once.length).toBeLessThan(300);
});
