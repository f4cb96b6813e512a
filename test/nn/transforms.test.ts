import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Generator } from '../../index.ts';
import * as nn from '../../nn/index.ts';

const { compose, normalize, randomCrop, randomHorizontalFlip, randomShift, resize, rotate, toFloat } = nn.data;
type HostArray = nn.data.HostArray;
type Transform = nn.data.Transform;

/** Bytes that tell places and channels apart. */
function imageOf(channels: number, height: number, width: number, seed = 0): HostArray {
  const data = Uint8Array.from(new Generator(seed).integers(channels * height * width, 0, 256));
  return { shape: [channels, height, width], data };
}

const images = fc
  .record({
    channels: fc.constantFrom(1, 3),
    height: fc.integer({ min: 1, max: 12 }),
    width: fc.integer({ min: 1, max: 12 }),
    seed: fc.nat(1000),
    isFloat: fc.boolean(),
  })
  .map(({ channels, height, width, seed, isFloat }) => {
    const image = imageOf(channels, height, width, seed);
    return isFloat ? toFloat()(image, new Generator()) : image;
  });
const seeds = fc.nat(2 ** 30).map((seed) => new Generator(seed));
const apply = (transform: Transform, image: HostArray, seed = 0): HostArray => transform(image, new Generator(seed));

const all: Record<string, Transform> = {
  resize: resize([5, 7]),
  resizeShorter: resize(6, { interpolation: 'bicubic', maxSize: 9 }),
  resizeNearest: resize(3, { interpolation: 'nearest' }),
  centerCrop: nn.data.centerCrop([4, 9]),
  randomCrop: randomCrop([2, 3], { padding: 2, fill: 1 }),
  randomShift: randomShift(2),
  pad: nn.data.pad([1, 2, 0, 3], { paddingMode: 'edge' }),
  randomResizedCrop: nn.data.randomResizedCrop([6, 5]),
  randomHorizontalFlip: randomHorizontalFlip(),
  randomVerticalFlip: nn.data.randomVerticalFlip(),
  rotate: rotate(33, { expand: true, interpolation: 'bilinear', fill: 1 }),
  randomRotation: nn.data.randomRotation([10, 100], { center: [0, 1] }),
  colorJitter: nn.data.colorJitter({ brightness: 0.5, contrast: [0.2, 3], saturation: 2, hue: 0.5 }),
  randomGrayscale: nn.data.randomGrayscale(0.5),
  randomErasing: nn.data.randomErasing({ p: 0.8, value: 'random' }),
  randomApply: nn.data.randomApply(rotate(10), 0.5),
  randomChoice: nn.data.randomChoice(toFloat(), nn.data.adjustBrightness(2)),
  imagenetPreprocess: compose(
    nn.data.grayscale({ numOutputChannels: 3 }),
    nn.data.imagenetPreprocess({ imageSize: 14 }),
  ),
};

describe.each(Object.entries(all))('%s', (_, transform) => {
  test('depends on image and generator alone, leaves the image as it is, and gives as many values as its shape says', () => {
    fc.assert(
      fc.property(images, fc.nat(1000), (image, seed) => {
        const before = image.data.slice();
        const result = apply(transform, image, seed);
        expect(apply(transform, { ...image, data: before }, seed)).toEqual(result);
        expect(image.data).toEqual(before);
        expect(result.data).toHaveLength(result.shape.reduce((a, b) => a * b));
        expect(result.data.every((value: number) => Number.isFinite(value))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});

describe('resize', () => {
  const interpolations = fc.constantFrom(
    'nearest' as const,
    'nearestExact' as const,
    'bilinear' as const,
    'bicubic' as const,
  );
  const sizes = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }));

  test('keeps what is equal everywhere, whatever the size', () => {
    fc.assert(
      fc.property(images, interpolations, sizes, fc.boolean(), (image, interpolation, size, antialias) => {
        const flat = { ...image, data: image.data.slice().fill(image.data[0]!) };
        const { shape, data } = apply(resize(size, { interpolation, antialias }), flat);
        expect(shape).toEqual([image.shape[0], ...size]);
        expect(Math.max(...data.map((value: number) => Math.abs(value - flat.data[0]!)))).toBeLessThan(1e-5);
      }),
    );
  });

  test('to its own size is the image, and by whole factors each pixel again', () => {
    fc.assert(
      fc.property(images, interpolations, fc.integer({ min: 1, max: 4 }), (image, interpolation, factor) => {
        const [, height, width] = image.shape as [number, number, number];
        expect(apply(resize([height, width], { interpolation }), image)).toEqual(image);
        const { data } = apply(resize([factor * height, factor * width], { interpolation: 'nearestExact' }), image);
        const want = Array.from(data, (_, i) => {
          const [x, row] = [i % (factor * width), Math.floor(i / (factor * width))];
          const [y, channel] = [row % (factor * height), Math.floor(row / (factor * height))];
          return image.data[(channel * height + Math.floor(y / factor)) * width + Math.floor(x / factor)];
        });
        expect(Array.from(data)).toEqual(want);
      }),
    );
  });

  test('keeps masks as they are where it takes the nearest', () => {
    const mask: HostArray = { shape: [1, 1, 4], data: Uint8Array.of(1, 0, 0, 1), dtype: 'bool' };
    expect(apply(resize([1, 2], { interpolation: 'nearest' }), mask)).toEqual({
      shape: [1, 1, 2],
      data: Uint8Array.of(1, 0),
      dtype: 'bool',
    });
    expect(() => apply(resize([1, 2]), mask)).toThrow('resize: the image is bool; it must be uint8 or float');
  });
});

describe('places', () => {
  test('two flips are none, and quarter turns turn', () => {
    fc.assert(
      fc.property(images, fc.constantFrom('nearest' as const, 'bilinear' as const), (image, interpolation) => {
        for (const flip of [randomHorizontalFlip(1), nn.data.randomVerticalFlip(1)])
          expect(apply(compose(flip, flip), image)).toEqual(image);
        const [channels, height, width] = image.shape as [number, number, number];
        const quarter = rotate(90, { expand: true, interpolation });
        const { shape, data } = apply(quarter, image);
        expect(shape).toEqual([channels, width, height]);
        const error = Array.from(data, (value, i) => {
          const [x, y, channel] = [i % height, Math.floor(i / height) % width, Math.floor(i / (height * width))];
          return Math.abs(value - image.data[(channel * height + x) * width + width - 1 - y]!);
        });
        expect(Math.max(...error)).toBeLessThan(1e-4);
      }),
    );
  });

  test('a part that is resized, or erased, has a share of the area and a shape in range', () => {
    // Columns and rows count up, so that the corners of a part tell where it was.
    const size = 64;
    const data = Float32Array.from({ length: size * size }, (_, i) => i);
    const image: HostArray = { shape: [1, size, size], data };
    fc.assert(
      fc.property(seeds, (generator) => {
        const erased = nn.data.randomErasing({ p: 1, scale: [0.1, 0.2], ratio: [0.5, 3], value: -1 })(image, generator);
        const hit = [...erased.data.keys()].filter((i) => erased.data[i] === -1);
        const [ys, xs] = [hit.map((i) => Math.floor(i / size)), hit.map((i) => i % size)];
        const [height, width] = [Math.max(...ys) - Math.min(...ys) + 1, Math.max(...xs) - Math.min(...xs) + 1];
        expect(hit).toHaveLength(height * width);
        expect(hit.length / size ** 2).toBeGreaterThan(0.09);
        expect(hit.length / size ** 2).toBeLessThan(0.215);
        expect(height / width).toBeGreaterThan(0.46);
        expect(height / width).toBeLessThan(3.2);
      }),
    );
  });

  test('a part of a very long image is its middle', () => {
    const line: HostArray = { shape: [1, 1, 9], data: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8) };
    const crop = nn.data.randomResizedCrop([1, 3], { scale: [1, 1], ratio: [3, 3], interpolation: 'nearest' });
    expect(apply(crop, line).data).toEqual(Uint8Array.of(3, 4, 5));
  });
});

describe('colours', () => {
  test('as they are with nothing to change', () => {
    const image = imageOf(3, 4, 5);
    expect(apply(nn.data.colorJitter(), image)).toBe(image);
    for (const same of [
      nn.data.adjustBrightness(1),
      nn.data.adjustContrast(1),
      nn.data.adjustSaturation(1),
      nn.data.adjustHue(0),
    ])
      expect(apply(same, image)).toEqual(image);
  });

  test('four quarters of the circle of hues lead back', () => {
    const image = apply(toFloat(), imageOf(3, 5, 5, 3));
    const quarter = nn.data.adjustHue(0.25);
    const { data } = apply(compose(quarter, quarter, quarter, quarter), image);
    data.forEach((value: number, i: number) => expect(value).toBeCloseTo(image.data[i]!, 5));
  });

  test('of grey images have no hue and no saturation', () => {
    const image = imageOf(1, 4, 4);
    expect(apply(compose(nn.data.adjustHue(0.3), nn.data.adjustSaturation(3)), image)).toBe(image);
  });
});

describe('by hand', () => {
  const image: HostArray = { shape: [1, 2, 3], data: Uint8Array.of(0, 51, 102, 153, 204, 255) };
  const generator = new Generator(1);

  test('bytes become floats, and are normalised per channel', () => {
    const float = toFloat()(image, generator);
    expect([...float.data].map((value) => value.toFixed(1))).toEqual(['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']);
    const both = { shape: [2, 1, 1], data: Float32Array.of(3, 5) };
    expect(normalize([1, 2], [2, 3])(both, generator).data).toEqual(Float32Array.of(1, 1));
    expect(() => normalize([1, 2, 3], 1)(both, generator)).toThrow('mean has 3 entries, the image 2 channels');
    expect(() => normalize(0, 0)).toThrow('std is 0; it must be above 0');
  });

  test('a flip exchanges left and right, and leaves its input alone', () => {
    expect(randomHorizontalFlip(1)(image, generator).data).toEqual(Uint8Array.of(102, 51, 0, 255, 204, 153));
    expect(randomHorizontalFlip(0)(image, generator)).toBe(image);
    expect(image.data[0]).toBe(0);
  });

  test('a crop is a window of the padded image', () => {
    const shifted = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const { shape, data } = randomShift(1, { fill: 9 })(image, generator);
      expect(shape).toEqual([1, 2, 3]);
      shifted.add(data.join(' '));
    }
    expect(shifted.size).toBe(9);
    expect(shifted).toContain('0 51 102 153 204 255');
    expect(shifted).toContain('9 9 9 9 0 51');
    expect(shifted).toContain('204 255 9 9 9 9');
    expect(randomCrop([1, 1])(image, generator).shape).toEqual([1, 1, 1]);
    expect(() => randomCrop(4, { padding: 0 })(image, generator)).toThrow(
      'randomCrop: a window of [4, 4] does not fit an image of [2, 3] with padding 0',
    );
  });

  test('compose applies one after another', () => {
    const { data } = compose(randomHorizontalFlip(1), toFloat(), normalize(1, 1))(image, generator);
    expect(data[3]).toBe(0);
  });
});
