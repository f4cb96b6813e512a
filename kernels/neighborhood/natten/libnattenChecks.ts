// What libnatten asks of its arguments before anything runs; where NATTEN ends the process, here an error is thrown.

import type { Dtype } from '../../../tensor/dtype.ts';
import type { Shape } from '../../../tensor/shape.ts';
import type { Axis } from '../window.ts';
import { isFloat } from '../../../tensor/dtype.ts';
import { ArgumentError, DeviceError, DtypeError, ShapeError } from '../../../tensor/errors.ts';
import { formatShape, sameShape } from '../../../tensor/shape.ts';
import { checkTensor, type Tensor } from '../../../tensor/tensor.ts';
import { checkTuple } from '../attributes.ts';
import { resolveProblem } from '../problem.ts';

/** The shapes that the tensors of a call must have, by name; a shape is written in `letters` where it is wrong. */
export type Wanted = Readonly<Record<string, { readonly shape: Shape; readonly letters: string }>>;
/** null for one that was not given. */
export type Given = Readonly<Record<string, Tensor | null>>;

/** What NATTEN's kernels are told of a problem. */
export interface Rules {
  readonly kernelSize: readonly number[];
  readonly dilation: readonly number[];
  readonly isCausal: readonly boolean[];
}

/** @throws unless all are tensors of one floating point dtype (those named in `singles` of float32) on one device */
export function checkKind(op: string, tensors: Given, singles: readonly string[] = []): void {
  const [first, ...others] = Object.entries(tensors).filter(([, x]) => x !== null) as [string, Tensor][];
  const [firstName, reference] = first!;
  for (const [name, x] of [first!, ...others]) checkTensor(op, name, x);
  if (!isFloat(reference.dtype)) {
    const advice = `use ${firstName}.cast('float32')`;
    throw new DtypeError(`${firstName} is ${reference.dtype}; it must be of floating point; ${advice}`, { op });
  }
  for (const [name, x] of others) {
    if (x.device !== reference.device) {
      const [a, b] = [x.device.name, reference.device.name];
      throw new DeviceError(`${name} is on '${a}' and ${firstName} on '${b}'; move one with .to('${b}')`, { op, a, b });
    }
    const wanted = singles.includes(name) ? widened(reference.dtype) : reference.dtype;
    if (x.dtype === wanted) continue;
    const misfit = `${name} is ${x.dtype}, with ${firstName} ${reference.dtype}; it must be ${wanted}`;
    throw new DtypeError(misfit, { op, [name]: x.dtype, [firstName]: reference.dtype });
  }
}

/** logsumexp and delta are never halves. */
function widened(dtype: Dtype): Dtype {
  return dtype === 'float16' ? 'float32' : dtype;
}

/** @throws ShapeError for the first tensor that has not the shape wanted of it, which follows from `source`'s */
export function checkShapes(op: string, source: string, tensors: Given, wanted: Wanted): void {
  const from = tensors[source]!.shape;
  for (const [name, { shape, letters }] of Object.entries(wanted)) {
    const x = tensors[name];
    if (!x || sameShape(x.shape, shape)) continue;
    const misfit = `${name} ${formatShape(x.shape)} does not fit ${source} ${formatShape(from)}`;
    throw new ShapeError(`${misfit}; it must be ${letters} ${formatShape(shape)}`, {
      op,
      [name]: x.shape,
      wanted: shape,
    });
  }
}

/** @throws ArgumentError for a tensor that cannot be written in place */
export function checkTargets(op: string, targets: Given): void {
  for (const [name, x] of Object.entries(targets)) {
    if (!x || x.isContiguous) continue;
    const advice = 'pass a contiguous tensor, and copy from it';
    throw new ArgumentError(`${name} is written in place and has gaps between its elements; ${advice}`, { op, name });
  }
}

/** @throws ShapeError unless `x` has `rank` axes, written in `letters` */
export function checkRank(op: string, name: string, { shape }: Tensor, rank: number, letters: string): void {
  if (shape.length === rank) return;
  throw new ShapeError(
    `${name} ${formatShape(shape)} has rank ${shape.length}; it must be ${letters}, of rank ${rank}`,
    {
      op,
      [name]: shape,
    },
  );
}

/** The problem on `tokens`, once each of its tuples is found to have an entry per axis. */
export function checkRules(
  op: string,
  source: Shape,
  tokens: Shape,
  { kernelSize, dilation, isCausal }: Rules,
): Axis[] {
  const count = tokens.length;
  checkTuple(op, 'kernelSize', kernelSize, count);
  checkTuple(op, 'dilation', dilation, count);
  const isTuple = Array.isArray(isCausal) && isCausal.length === count && isCausal.every((x) => typeof x === 'boolean');
  if (!isTuple) {
    const got = Array.isArray(isCausal) ? `[${isCausal.join(', ')}]` : String(isCausal);
    const wanted = `an array of ${count} of true or false, one per token axis`;
    throw new ShapeError(`isCausal must be ${wanted}, got ${got}`, { op, isCausal });
  }
  return resolveProblem(op, source, { kernelSize, dilation, isCausal }, tokens);
}

/** [N, 2K − 1, ...], as wanted of a bias or its gradient. */
export function biasShape(heads: number, axes: readonly Axis[]): Wanted[string] {
  const letters = `[N, ${axes.map((_, i) => `2 K${axes.length > 1 ? i : ''} - 1`).join(', ')}]`;
  return { shape: [heads, ...axes.map(({ kernelSize }) => 2 * kernelSize - 1)], letters };
}
