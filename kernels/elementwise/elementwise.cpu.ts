import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { byteSize } from '../../tensor/dtype.ts';
import { scope } from '../../tensor/scope.ts';
import { broadcastStrides, sameShape } from '../../tensor/shape.ts';
import { collapse, outerLoops } from '../runtime/collapse.ts';
import { elements } from '../runtime/cpu/elements.ts';
import { launch, pointer } from '../runtime/cpu/launch.ts';
import { numbersOf } from './numbers.ts';

/** As `RUN` in lanes.as.ts: elements of a row that one item covers. */
const run = 4096;

/**
 * Runs an elementwise kernel (loops.as.ts) over inputs that broadcast to `out`, whatever their strides.
 *
 * @param cost nanoseconds per element
 * @param numbers what the kernel takes after the strides
 */
export function launchElementwise(
  kernel: string,
  inputs: readonly Tensor[],
  out: Tensor,
  cost: number,
  numbers: readonly number[] = [],
): void {
  const args: number[] = [];
  for (const x of inputs) args.push(pointer(x));
  args.push(pointer(out), 1, out.size);
  if (pushFlatStrides(args, inputs, out)) return launchRuns(kernel, [...args, ...numbers], 1, out.size, cost);
  if (!inputs.some((x) => isScattered(x, out))) return launchStrided(kernel, inputs, out, cost, numbers);
  scope(() => {
    const packed = inputs.map((x) => (isScattered(x, out) ? x.detach().contiguous() : x));
    launchStrided(kernel, packed, out, cost, numbers);
  });
}

/** Appends the strides when every input is one element or lies as `out` does, which is the common case. */
function pushFlatStrides(args: number[], inputs: readonly Tensor[], out: Tensor): boolean {
  for (const x of inputs) {
    const isOne = x.size === 1;
    if (!isOne && !(x.isContiguous && sameShape(x.shape, out.shape))) return false;
    args.push(0, 0, isOne ? 0 : 1);
  }
  return true;
}

/** True for a large input that is walked across its cache lines: a blocked copy reads each of them once. */
function isScattered(x: Tensor, out: Tensor): boolean {
  return x.size === out.size && x.size >= 65_536 && x.shape.at(-1)! > 1 && Math.abs(x.strides.at(-1)!) >= 16;
}

function launchStrided(
  kernel: string,
  inputs: readonly Tensor[],
  out: Tensor,
  cost: number,
  numbers: readonly number[],
): void {
  const operands = [...inputs.map((x) => broadcastStrides(x.shape, x.strides, out.shape)), out.strides];
  const loops = collapse(out.shape, operands, 3);
  const [n0, n1, n2] = loops.sizes.slice(-3) as [number, number, number];
  const strides = loops.strides.slice(0, -1).flatMap((steps) => steps.slice(-3));
  outerLoops(loops, 3, (...offsets) => {
    const addresses = [...inputs, out].map((x, i) => pointer(x) + offsets[i]! * byteSize[x.dtype]);
    launchRuns(kernel, [...addresses, n1, n2, ...strides, ...numbers], n0 * n1, n2, cost);
  });
}

function launchRuns(kernel: string, args: readonly number[], rows: number, n2: number, cost: number): void {
  launch(kernel, args, rows * Math.ceil(n2 / run), { work: Math.min(n2, run) * cost });
}

/**
 * The CPU kernel of a family: `${name}Float` for float32 inputs, `${name}Int` for int32.
 *
 * @param cost nanoseconds per element; default that of memory
 * @param numbers names of the attributes that the kernel takes
 */
export function unaryCpu(name: string, cost = 0.3, numbers: readonly string[] = []): Kernel<['x'], object> {
  return acceptsStrides(({ x }, attrs, [y]) =>
    launchElementwise(typed(name, x), [x], y!, cost, numbersOf(x, attrs, numbers)),
  );
}

/** The same for two operands. */
export function binaryCpu(name: string, cost = 0.3): Kernel<['x:operand', 'y:operand']> {
  return acceptsStrides(({ x, y }, _attrs, [out]) => launchElementwise(typed(name, x), [x, y], out!, cost));
}

/** xʸ; the square where y is the one number 2, at the speed of memory. */
export const powCpu: Kernel<['x:operand', 'y:operand']> = acceptsStrides(({ x, y }, _attrs, [out]) => {
  if (y.size === 1 && elements(y)[0] === 2) launchElementwise('squareFloat', [x], out!, 0.3);
  else launchElementwise('powFloat', [x, y], out!, 15);
});

function typed(name: string, { dtype }: Tensor): string {
  return name + (dtype === 'int32' ? 'Int' : 'Float');
}
