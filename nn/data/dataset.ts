import type { HostArray } from './hostArray.ts';
import { ArgumentError, decodeIdx, DeviceError, ShapeError, Tensor } from '../../index.ts';
import { sizeOf } from '../../tensor/shape.ts';

/** Samples by number. A sample is an object whose values become tensors: `{ image, label }`. */
export interface Dataset<S extends object> {
  readonly size: number;
  /** Sample `index` of 0..size−1. */
  get(index: number): S | Promise<S>;
}

/**
 * A dataset of arrays in host memory: sample i is index i of each one's first axis.
 *
 * @throws ShapeError when the first axes differ; ArgumentError for no arrays, DeviceError for a tensor that cannot be
 *   read without waiting
 * @source PyTorch: `torch.utils.data.TensorDataset`
 * @example
 * const labels = { shape: [3], data: Uint8Array.of(7, 2, 1) };
 * const dataset = new nn.data.TensorDataset({ image: zeros([3, 1, 28, 28]), label: labels });
 * dataset.get(2).image.shape; // [1, 28, 28]
 */
export class TensorDataset<K extends string> implements Dataset<Record<K, HostArray>> {
  readonly size: number;
  readonly #arrays: readonly (readonly [K, HostArray])[];

  constructor(arrays: Readonly<Record<K, HostArray | Tensor>>) {
    this.#arrays = Object.entries(arrays).map(([name, value]) => [
      name as K,
      hostArray(name, value as HostArray | Tensor),
    ]);
    const [first] = this.#arrays;
    if (!first) throw new ArgumentError('there are no arrays; give at least one by name', { op: 'TensorDataset' });
    this.size = first[1].shape[0]!;
    for (const [name, { shape }] of this.#arrays) {
      if (shape[0] === this.size) continue;
      throw new ShapeError(
        `${first[0]} has ${this.size} samples, ${name} has ${shape[0]}; the first axes must be equal`,
        {
          op: 'TensorDataset',
          [first[0]]: this.size,
          [name]: shape[0],
        },
      );
    }
  }

  /** Views, not copies. */
  get(index: number): Record<K, HostArray> {
    const sample = {} as Record<K, HostArray>;
    for (const [name, { shape, data, ...rest }] of this.#arrays) {
      const inner = shape.slice(1);
      const size = sizeOf(inner);
      sample[name] = { shape: inner, data: data.subarray(index * size, (index + 1) * size), ...rest };
    }
    return sample;
  }
}

function hostArray(name: string, value: HostArray | Tensor): HostArray {
  const op = 'TensorDataset';
  const { shape } = value;
  const data = value instanceof Tensor ? value.dataNow() : value.data;
  if (!data) {
    throw new DeviceError(`${name} cannot be read at once; pass { shape, data: await ${name}.data() }`, { op, name });
  }
  if (shape.length === 0 || sizeOf(shape) !== data.length) {
    const got = `shape [${shape.join(', ')}] and ${data.length} elements`;
    throw new ShapeError(`${name} has ${got}; it needs a first axis of samples, and as many elements as its shape`, {
      op,
      name,
      shape,
    });
  }
  return { shape, data, ...(value.dtype && { dtype: value.dtype }) };
}

/**
 * The dataset of two IDX files, as MNIST's: `image` [1, Y, X] of bytes 0..255, `label`.
 *
 * @param images - the bytes of a file of [N, Y, X], gzipped or not
 * @param labels - the bytes of a file of [N]
 * @throws FormatError when a file is not whole; ShapeError when they are of different numbers of samples
 */
export async function idxDataset(images: Uint8Array, labels: Uint8Array): Promise<TensorDataset<'image' | 'label'>> {
  const [image, label] = await Promise.all([decodeIdx(images), decodeIdx(labels)]);
  if (image.shape.length !== 3) {
    throw new ShapeError(`the images have shape [${image.shape.join(', ')}]; it must be [N, Y, X]`, {
      op: 'idxDataset',
      shape: image.shape,
    });
  }
  return new TensorDataset({ image: { ...image, shape: image.shape.toSpliced(1, 0, 1) }, label });
}
