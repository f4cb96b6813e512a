// Batches whose samples are mixed in pairs, each with the one before it, and their labels with them.

import type { Generator } from '../../../index.ts';
import type { HostTensor } from '../../../tensor/io/elements.ts';
import type { BatchStep } from './transform.ts';
import type { Window } from './window.ts';
import { ArgumentError, DtypeError, ShapeError } from '../../../index.ts';
import { checkOptions } from '../../../tensor/options.ts';
import { formatShape } from '../../../tensor/shape.ts';
import { checkSize } from '../../check.ts';
import { beta } from './beta.ts';

export interface MixOptions {
  /** How many classes the labels tell apart. */
  numClasses: number;
  /** Shares are drawn from Beta(alpha, alpha): near 0 and 1 for small ones, all alike for 1. Default 1. */
  alpha?: number;
  /** Which array of the batch is the images, [B, C, Y, X]. Default 'image'. */
  image?: string;
  /** Which is the labels: classes [B], or shares of all classes [B, numClasses]. Default 'label'. */
  label?: string;
}

type Mixed = Readonly<Record<string, HostTensor>>;

/**
 * λ · samples + (1 − λ) · the samples before them, labels too, which become shares of the classes: float32 [B, numClasses], as
 * `crossEntropy` takes them. λ is drawn once for a batch. For a loader's `collate`, after `stack`.
 *
 * @throws ArgumentError for an alpha that is none; from the step, ShapeError or DtypeError unless images are floats and labels classes
 * @source torchvision: `v2.MixUp`; Zhang et al., "mixup: beyond empirical risk minimization", arXiv 1710.09412
 * @example
 * const mix = nn.data.mixup({ alpha: 0.8, numClasses: 10 });
 * const dataset = new nn.data.TensorDataset({ image: zeros([4, 1, 8, 8]), label: { shape: [4], data: Int32Array.of(3, 1, 4, 1) } });
 * const collate = (samples, generator) => mix(nn.data.stack(samples), generator);
 * for await (const { label } of new nn.data.DataLoader(dataset, { batchSize: 4, collate })) label.shape; // [4, 10]
 */
export function mixup(options: MixOptions): BatchStep {
  const { alpha, numClasses, names } = readOptions('mixup', options);
  return (batch, generator) => {
    const { image, labels } = partsOf('mixup', batch, names, numClasses);
    if (image.dtype !== 'float32' && image.dtype !== 'float64') {
      throw new DtypeError(`${names.image} is ${image.dtype}; it must be float, toFloat() makes it one`, {
        op: 'mixup',
        dtype: image.dtype,
      });
    }
    const share = beta(generator, alpha);
    return { ...batch, [names.image]: blended(image, share), [names.label]: blended(labels, share) };
  };
}

/**
 * A random rectangle of each image replaced by that of the image before it, and labels mixed by the areas. The rectangle is drawn
 * once for a batch, its share of the area from Beta(alpha, alpha), less what lies beyond the edge.
 *
 * @throws ArgumentError for an alpha that is none; from the step, ShapeError unless images and labels are what they must be
 * @source torchvision: `v2.CutMix`; Yun et al., "CutMix", arXiv 1905.04899
 * @example
 * const mix = nn.data.randomChoice(nn.data.mixup({ numClasses: 10 }), nn.data.cutmix({ numClasses: 10 }));
 */
export function cutmix(options: MixOptions): BatchStep {
  const { alpha, numClasses, names } = readOptions('cutmix', options);
  return (batch, generator) => {
    const { image, labels } = partsOf('cutmix', batch, names, numClasses);
    const [, , rows, columns] = image.shape as [number, number, number, number];
    const part = rectangle(generator, 1 - beta(generator, alpha), rows, columns);
    const share = 1 - (part.height * part.width) / (rows * columns);
    return { ...batch, [names.image]: pasted(image, part), [names.label]: blended(labels, share) };
  };
}

function readOptions(op: string, options: MixOptions) {
  const known = ['numClasses', 'alpha', 'image', 'label'] as const;
  const { numClasses, alpha = 1, image = 'image', label = 'label' } = checkOptions(op, options, known, ['numClasses']);
  checkSize(op, 'numClasses', numClasses);
  if (!(alpha > 0 && alpha < Infinity)) {
    throw new ArgumentError(`alpha is ${String(alpha)}; it must be a finite number above 0`, { op, alpha });
  }
  return { alpha, numClasses, names: { image, label } };
}

/** The images, and the labels as shares. */
function partsOf(
  op: string,
  batch: Mixed,
  names: { image: string; label: string },
  numClasses: number,
): { image: HostTensor; labels: HostTensor } {
  const [image, label] = [batch[names.image], batch[names.label]];
  if (!image || !label) {
    const have = Object.keys(batch).join(', ');
    throw new ArgumentError(`the batch has ${have}; it needs ${names.image} and ${names.label}`, { op, ...names });
  }
  if (image.shape.length !== 4) {
    const got = `${names.image} has shape ${formatShape(image.shape)}`;
    throw new ShapeError(`${got}; it must be [B, C, Y, X]`, { op, shape: image.shape });
  }
  return { image, labels: sharesOf(op, names.label, label, [image.shape[0]!, numClasses]) };
}

/** Classes [B] as shares [B, numClasses]: 1 for the class, 0 for the others. */
function sharesOf(op: string, name: string, label: HostTensor, [count, numClasses]: [number, number]): HostTensor {
  const { shape, data, dtype } = label;
  const got = `${name} is ${dtype} ${formatShape(shape)}`;
  if (shape.length === 2 && shape[0] === count && shape[1] === numClasses && data instanceof Float32Array) return label;
  if (shape.length !== 1 || shape[0] !== count) {
    const wanted = `classes [${count}], or float32 [${count}, ${numClasses}]`;
    throw new ShapeError(`${got}; it must be ${wanted}`, { op, shape, numClasses });
  }
  const shares = new Float32Array(count * numClasses);
  data.forEach((value: number, i: number) => {
    if (!Number.isInteger(value) || value < 0 || value >= numClasses) {
      throw new ArgumentError(`${name} ${i} is ${value}; with ${numClasses} classes use 0..${numClasses - 1}`, {
        op,
        value,
        numClasses,
      });
    }
    shares[i * numClasses + value] = 1;
  });
  return { dtype: 'float32', shape: [count, numClasses], data: shares };
}

/** share · each sample + (1 − share) · the one before it, the last before the first. */
function blended({ dtype, shape, data }: HostTensor, share: number): HostTensor {
  const size = data.length / shape[0]!;
  const mixed = data.map((value: number, i: number) => {
    const before = data[i < size ? data.length - size + i : i - size]!;
    return share * value + (1 - share) * before;
  });
  return { dtype, shape, data: mixed };
}

/** About a random pixel, its sides in proportion to the image's; cut at the edge. @source CutMix, equation (2) */
function rectangle(generator: Generator, share: number, rows: number, columns: number): Window {
  const side = (length: number): [begin: number, length: number] => {
    const middle = generator.integers(1, 0, length)[0]!;
    const half = Math.floor((Math.sqrt(share) * length) / 2);
    const begin = Math.max(0, middle - half);
    return [begin, Math.min(length, middle + half) - begin];
  };
  const [[y, height], [x, width]] = [side(rows), side(columns)];
  return { y, x, height, width };
}

function pasted(images: HostTensor, { y, x, height, width }: Window): HostTensor {
  const { shape, data } = images;
  const [count, channels, rows, columns] = shape as [number, number, number, number];
  const result = data.slice();
  for (let i = 0; i < count * channels; i++) {
    const before = i < channels ? (count - 1) * channels + i : i - channels;
    for (let row = y; row < y + height; row++) {
      const from = (before * rows + row) * columns + x;
      result.set(data.subarray(from, from + width), (i * rows + row) * columns + x);
    }
  }
  return { ...images, data: result };
}
