// What the tests' loaders and their workers have in common.

import type { Generator, HostTensor } from '../../../index.ts';
import { FormatError } from '../../../tensor/errors.ts';
import { stack } from '../../../nn/data/collate.ts';

export interface Sample {
  readonly x: Float32Array;
  readonly label: number;
}

/** Samples before this one are whole. */
export const whole = 30;

export const dataset = {
  size: whole + 3,
  async get(index: number): Promise<Sample> {
    if (index === whole) throw new RangeError(`no sample ${index}`);
    if (index > whole) throw new FormatError('the picture is torn', { op: 'decodeImage' });
    return { x: Float32Array.of(index, -index), label: index };
  },
};

export const transform = ({ x, label }: Sample, generator: Generator): Sample => ({
  x: x.map((value) => value + generator.uniform(1)[0]!),
  label,
});

export const collate = (
  samples: readonly Sample[],
  generator: Generator,
): Record<keyof Sample | 'noise', HostTensor> => ({
  ...stack(samples),
  noise: { dtype: 'float32', shape: [2], data: generator.uniform(8).subarray(2, 4) },
});
