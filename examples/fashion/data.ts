import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as nn from 'vicinal/nn';

/** A garment: `image` [1, 28, 28] of bytes, light on dark, and `label` 0..9, an index into `garments`. */
export type Garments = Pick<nn.data.TensorDataset<'image' | 'label'>, 'size' | 'get'>;

export const garments = [
  'T-shirt',
  'trousers',
  'pullover',
  'dress',
  'coat',
  'sandal',
  'shirt',
  'sneaker',
  'bag',
  'ankle boot',
] as const;

/** Where Debian's package puts the files; others have them elsewhere. */
const debian = '/usr/share/datasets/fashion-mnist';

/** Fashion-MNIST: 60,000 garments to train on, 10,000 to test. */
export async function loadGarments(part: 'train' | 'test', folder = debian): Promise<Garments> {
  const prefix = part === 'train' ? 'train' : 't10k';
  const paths = ['images-idx3', 'labels-idx1'].map((name) => join(folder, `${prefix}-${name}-ubyte.gz`));
  const missing = paths.find((path) => !existsSync(path));
  if (missing !== undefined)
    throw new Error(
      `${missing} is missing; \`apt-get install dataset-fashion-mnist\` brings it, --data names another folder with the four files`,
    );
  const [images, labels] = await Promise.all(paths.map((path) => readFile(path)));
  return nn.data.idxDataset(images!, labels!);
}

/** `count` samples from `first` on, or as many as there are. */
export const part = (all: Garments, first: number, count: number): Garments => ({
  size: Math.min(count, all.size - first),
  get: (index) => all.get(first + index),
});
