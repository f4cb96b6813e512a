import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { byteSize } from '../../tensor/dtype.ts';
import { broadcastStrides, sameShape } from '../../tensor/shape.ts';
import { collapse, outerLoops } from '../runtime/cpu/collapse.ts';
import { launch, pointer } from '../runtime/cpu/launch.ts';

/** As `RUN` in lanes.as.ts: elements of a row that one item covers. */
const run = 4096;

/**
 * Runs an elementwise kernel (loops.as.ts) over inputs that broadcast to `out`, whatever their strides.
 *
 * @param cost nanoseconds per element
 */
export function launchElementwise(kernel: string, inputs: readonly Tensor[], out: Tensor, cost: number): void {
  const addresses = inputs.map(pointer);
  const flat = flatStrides(inputs, out);
  if (flat) return launchRuns(kernel, [...addresses, pointer(out)], [1, 1, out.size], flat, cost);
  const operands = [...inputs.map((x) => broadcastStrides(x.shape, x.strides, out.shape)), out.strides];
  const loops = collapse(out.shape, operands, 3);
  const sizes = loops.sizes.slice(-3);
  const strides = loops.strides.slice(0, -1).flatMap((steps) => steps.slice(-3));
  outerLoops(loops, 3, (...offsets) => {
    const starts = inputs.map((x, i) => addresses[i]! + offsets[i]! * byteSize[x.dtype]);
    const to = pointer(out) + offsets.at(-1)! * byteSize[out.dtype];
    launchRuns(kernel, [...starts, to], sizes, strides, cost);
  });
}

/** The strides when every input is one element or lies as `out` does, which is the common case; else null. */
function flatStrides(inputs: readonly Tensor[], out: Tensor): number[] | null {
  const strides: number[] = [];
  for (const x of inputs) {
    const isOne = x.size === 1;
    if (!isOne && !(x.isContiguous && sameShape(x.shape, out.shape))) return null;
    strides.push(0, 0, isOne ? 0 : 1);
  }
  return strides;
}

function launchRuns(
  kernel: string,
  addresses: number[],
  sizes: readonly number[],
  strides: readonly number[],
  cost: number,
): void {
  const [n0, n1, n2] = sizes as [number, number, number];
  launch(kernel, [...addresses, n1, n2, ...strides], n0 * n1 * Math.ceil(n2 / run), { work: Math.min(n2, run) * cost });
}

/**
 * The CPU kernel of a family: `${name}Float` for float32 inputs, `${name}Int` for int32.
 *
 * @param cost nanoseconds per element; default that of memory
 */
export function unaryCpu(name: string, cost = 0.3): Kernel<['x']> {
  return acceptsStrides(({ x }, _attrs, [y]) => launchElementwise(typed(name, x), [x], y!, cost));
}

/** The same for two operands. */
export function binaryCpu(name: string, cost = 0.3): Kernel<['x:operand', 'y:operand']> {
  return acceptsStrides(({ x, y }, _attrs, [out]) => launchElementwise(typed(name, x), [x, y], out!, cost));
}

function typed(name: string, { dtype }: Tensor): string {
  return name + (dtype === 'int32' ? 'Int' : 'Float');
}
