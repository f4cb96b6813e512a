import type { Op } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { ArgumentError } from '../../tensor/errors.ts';
import { oneHotCpu } from './gather.cpu.ts';
import { indexAt } from './loops.ts';

/**
 * 1 where the last axis is the index, else 0: index [*] → int32 [*, classes]. A webgpu device does not check the
 * indices, since that would wait for it: one out of range gives zeros.
 *
 * @throws ShapeError when an index is not below `classes`, ArgumentError unless `classes` is an integer >= 1.
 */
export const oneHot: Op<['index:int'], { classes: number }> = defineOp({
  name: 'oneHot',
  inputs: ['index:int'],
  required: ['classes'],
  dtype: () => 'int32',
  shape({ index }, { classes }) {
    if (Number.isInteger(classes) && classes >= 1) return [...index, classes];
    throw new ArgumentError(`classes must be an integer >= 1, got ${classes}`, { op: 'oneHot', classes });
  },
  reference({ index }, { classes }) {
    const data = new Int32Array(index.data.length * classes);
    index.data.forEach((_, i) => (data[i * classes + indexAt('oneHot', index, i, classes)] = 1));
    return { shape: [...index.shape, classes], data };
  },
  kernels: { cpu: oneHotCpu },
});
