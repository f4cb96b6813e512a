import type { Device, DeviceName } from '../../tensor/runtime.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { NaProblem } from './problem.ts';
import type { Axis } from './window.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { resolveDevice } from '../../tensor/runtime.ts';
import { scope } from '../../tensor/scope.ts';
import { checkShape, formatShape, sizeOf } from '../../tensor/shape.ts';
import { checkRoom } from '../create/room.ts';
import { resolveProblem } from './problem.ts';
import { seenTable } from './pairTables.ts';

export interface NaMaskOptions extends NaProblem {
  /** Where the mask is stored. Default: `setDefaultDevice`'s. */
  device?: Device | DeviceName;
}

const known = ['kernelSize', 'dilation', 'stride', 'isCausal', 'device'] as const;

/**
 * Who attends to whom as a dense mask: bool [T, T], true where query token i (row) attends to key token j (column).
 * Tokens are numbered row-major over the token axes `shape`, T of them.
 *
 * @throws ShapeError when the problem does not fit the token axes, or there are not one to three
 * @example
 * await naMask([4], { kernelSize: 2, isCausal: true }).array();
 * // [[true, false, false, false], [true, true, false, false], [false, true, true, false], [false, false, true, true]]
 */
export function naMask(shape: readonly number[], problem: NaMaskOptions): Tensor {
  const op = 'naMask';
  const { device, ...rest } = checkOptions(op, problem, known, ['kernelSize']);
  const axes = tokenAxesOf(op, shape, rest);
  const tokens = sizeOf(shape);
  checkRoom(op, tokens * tokens, 'bool');
  return scope(() => seenTable(axes, 'keys', resolveDevice(device)));
}

/** The problem on token axes that no tensor has yet. */
export function tokenAxesOf(op: string, shape: readonly number[], problem: NaProblem): Axis[] {
  checkShape(op, shape);
  if (shape.length >= 1 && shape.length <= 3) return resolveProblem(op, shape, problem, shape, 'shape');
  const text = `shape ${formatShape(shape)} has ${shape.length} token axes; give the lengths of 1 to 3`;
  throw new ShapeError(text, { op, shape });
}
