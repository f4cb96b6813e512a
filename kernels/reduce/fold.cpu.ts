import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { scope } from '../../tensor/scope.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { launch, pointer, temporary } from '../runtime/cpu/launch.ts';
import { reducedSize } from './axes.ts';

/** x seen as [outer, n, inner]; n is reduced. */
export interface Pass {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
}

interface FoldOptions {
  /** The address of one shift per output element, for 'squares' and 'exponentials' (of one pass). */
  shifts?: number;
  /** Divides the result of a sum. Default 1. */
  divisor?: number;
}

/** As the blocks in fold.as.ts. */
const blockOf = ({ inner }: Pass): number => (inner === 1 ? 4096 : 256);
const columnsPerItem = 4096;

/** One pass for each run of neighbouring axes among `axes`, innermost first; at least one. */
export function passesOf(shape: Shape, axes: readonly number[]): Pass[] {
  const passes: Pass[] = [];
  let inner = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (!axes.includes(axis)) {
      inner *= shape[axis]!;
      continue;
    }
    let n = 1;
    while (axis >= 0 && (axes.includes(axis) || shape[axis] === 1)) n *= shape[axis--]!;
    axis++;
    if (n > 1) passes.push({ outer: sizeOf(shape.slice(0, axis)), n, inner });
  }
  return passes.length > 0 ? passes : [{ outer: inner, n: 1, inner: 1 }];
}

/**
 * y = the fold of contiguous x over passes, by a kernel of fold.as.ts: 'sum', 'max', 'min', 'squares', 'exponentials'.
 * x has elements.
 */
export function fold(
  kernel: string,
  x: Tensor,
  passes: readonly Pass[],
  y: number,
  { shifts, divisor = 1 }: FoldOptions = {},
): void {
  const suffix = x.dtype === 'int32' ? 'Int' : 'Float';
  const steps = passes.flatMap(stepsOf);
  const run = (at: number, from: number): void => {
    const step = steps[at]!;
    const isShifted = at === 0 && shifts !== undefined;
    const name = (at > 0 && shifts !== undefined ? 'sum' : kernel) + suffix;
    const read = isShifted ? [from, shifts] : [from];
    if (at === steps.length - 1) return launchStep(name, read, y, step, divisor);
    const { outer, n, inner } = step;
    temporary(4 * outer * Math.ceil(n / blockOf(step)) * inner, (partial) => {
      launchStep(name, read, partial, step, 1);
      run(at + 1, partial);
    });
  };
  run(0, pointer(x));
}

/** A pass in launches: each leaves one element for a block of the last one's. */
function stepsOf(pass: Pass): Pass[] {
  const steps = [pass];
  const block = blockOf(pass);
  for (let n = Math.ceil(pass.n / block); n > 1; n = Math.ceil(n / block)) steps.push({ ...pass, n });
  return steps;
}

function launchStep(name: string, read: readonly number[], to: number, step: Pass, divisor: number): void {
  const { outer, n, inner } = step;
  const cost = name.startsWith('exp') ? 1 : 0.25;
  const blocks = Math.ceil(n / blockOf(step));
  const height = Math.min(n, blockOf(step));
  if (inner === 1) return launch(`${name}Rows`, [...read, to, n, divisor], outer * blocks, { work: height * cost });
  const parts = Math.ceil(inner / columnsPerItem);
  const work = height * Math.min(inner, columnsPerItem) * cost;
  launch(`${name}Columns`, [...read, to, n, inner, divisor], outer * blocks * parts, { work });
}

/** Calls `body` with x as one pass: when other axes lie between the reduced ones, with a copy that has these last. */
export function inOnePass(x: Tensor, axes: readonly number[], body: (x: Tensor, pass: Pass) => void): void {
  const [pass, ...more] = passesOf(x.shape, axes);
  if (more.length === 0) return body(x, pass!);
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const n = reducedSize(x.shape, axes);
  scope(() => {
    const packed = x
      .detach()
      .permute(...kept, ...axes)
      .contiguous();
    body(packed, { outer: x.size / n, n, inner: 1 });
  });
}

/** Every element of y at once: what a reduction of nothing gives. */
export function fillAll(y: Tensor, value: number): void {
  y.storage.runtime.fill(y.storage.handle, y.dtype, y.size, value);
}
