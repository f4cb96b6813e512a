import type { Tensor } from '../../tensor/tensor.ts';
import type { Pass } from './passes.ts';
import { launch, pointer, temporary } from '../runtime/cpu/launch.ts';

interface FoldOptions {
  /** The address of one shift per output element, for 'squares' and 'exponentials' (of one pass). */
  shifts?: number;
  /** Divides the result of a sum. Default 1. */
  divisor?: number;
}

/** As the blocks in fold.as.ts. */
const blockOf = ({ inner }: Pass): number => (inner === 1 ? 4096 : 256);
const columnsPerItem = 4096;

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
