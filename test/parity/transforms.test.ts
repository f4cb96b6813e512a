// Images after transforms, against torchvision's, and PIL's where its rounding differs.

import { describe, expect, test } from 'vitest';
import type { HostTensor } from '../../index.ts';
import { Generator } from '../../index.ts';
import * as nn from '../../nn/index.ts';
import { described, readFixture } from './fixture.ts';

interface Case {
  readonly transform: string;
  readonly args: readonly unknown[];
}

type Source = 'bytes' | 'floats' | 'pil';

const fixture = readFixture('transforms');
const bytes = fixture.tensors.get('image')!;
const images = { bytes, floats: nn.data.toFloat()(bytes, new Generator()), pil: bytes };
const transforms = nn.data as unknown as Record<string, (...args: readonly unknown[]) => nn.data.Transform>;

const cases = (described(fixture, 'cases') as Case[]).flatMap(({ transform, args }, i) =>
  (['bytes', 'floats', 'pil'] as const).flatMap((source) => {
    const want = fixture.tensors.get(`${i}.${source}`);
    return want ? [{ title: `${transform} ${JSON.stringify(args)} of ${source}`, transform, args, source, want }] : [];
  }),
);

/** How many of the elements differ by more than `tolerance`. */
function differing(got: nn.data.HostArray, want: HostTensor, tolerance: number): number {
  let count = 0;
  for (let i = 0; i < want.data.length; i++) if (Math.abs(got.data[i]! - want.data[i]!) > tolerance) count++;
  return count;
}

describe('torchvision', () => {
  test.each(cases)('$title', ({ transform, args, source, want }: (typeof cases)[number]) => {
    // What is padded with is given as a share of white.
    const given = args.map((arg) => inUnits(arg, source));
    const got = transforms[transform]!(...given)(images[source as Source], new Generator());
    expect(got.shape).toEqual(want.shape);
    expect(got.data.constructor).toBe(want.data.constructor);
    if (source === 'floats') return expect(differing(got, want, 2e-6)).toBe(0);
    // PIL rounds between the axes, and places in steps of 2⁻¹⁶. Elsewhere a byte may be the next one, where a real lies at
    // the border of two; torchvision 0.14 rounds hues down from reals that are as often just below a byte as above.
    const [most, few] =
      source === 'pil' ? [transform === 'rotate' ? 255 : 1, 0.25] : [1, transform === 'adjustHue' ? 0.4 : 0.006];
    expect(differing(got, want, most)).toBe(0);
    expect(differing(got, want, 0) / want.data.length).toBeLessThanOrEqual(few);
  });
});

function inUnits(arg: unknown, source: string): unknown {
  if (Object(arg) !== arg || !Object.hasOwn(arg as object, 'fill') || source === 'floats') return arg;
  const { fill } = arg as { fill: number };
  return { ...(arg as object), fill: fill === 1 ? 1 : 0 };
}

test('imagenetPreprocess is what timm composes for the models', () => {
  const want = fixture.tensors.get('preprocessed')!;
  const got = nn.data.imagenetPreprocess({ imageSize: 28 })(bytes, new Generator());
  expect(got.shape).toEqual(want.shape);
  expect(differing(got, want, 3.01 / 255 / 0.224)).toBe(0); // three bytes: PIL rounds and cuts between the axes
  expect(differing(got, want, 1e-5) / want.data.length).toBeLessThan(0.25);
});
