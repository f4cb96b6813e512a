import type { Tensor } from '../../../tensor/tensor.ts';
import { engine } from '../../runtime/cpu/instance.ts';
import { pointer, temporary } from '../../runtime/cpu/launch.ts';

/**
 * Calls `body` with the address of rpb's values as the kernel reads them, or undefined without rpb: [N, along axis 2, axis 0,
 * axis 1], times log₂ e, for owners that are keys with all offsets negated.
 */
export function inPlanOrder(
  rpb: Tensor | undefined,
  isByKey: boolean,
  body: (address: number | undefined) => void,
): void {
  if (!rpb) return body(undefined);
  // The kernel reads up to three numbers past the end.
  temporary(4 * rpb.size + 16, (address) => {
    const source = floats(pointer(rpb), rpb.size);
    const target = floats(address, rpb.size);
    forEachBias(rpb, isByKey, (from, to) => (target[to] = source[from]! * Math.LOG2E));
    body(address);
  });
}

/** Writes sums in that order, of owners that are queries, to `target`. */
export function fromPlanOrder(address: number, target: Tensor): void {
  const source = floats(address, target.size);
  const values = floats(pointer(target), target.size);
  forEachBias(target, false, (to, from) => (values[to] = source[from]!));
}

/** Calls `body` with each bias's place in rpb [N, R0, R1, R2] and in the kernel's order. */
function forEachBias({ shape }: Tensor, isReversed: boolean, body: (place: number, planned: number) => void): void {
  const heads = shape[0]!;
  const [r0, r1, r2] = [1, 1, ...shape.slice(1)].slice(-3) as [number, number, number];
  const size = r0 * r1 * r2;
  for (let head = 0; head < heads; head++) {
    for (let i = 0; i < size; i++) {
      const [c, b, a] = [i % r2, Math.floor(i / r2) % r1, Math.floor(i / (r1 * r2))];
      const planned = (c * r0 + a) * r1 + b;
      // The offsets of all axes are negated at once when the whole order is.
      body(head * size + i, head * size + (isReversed ? size - 1 - planned : planned));
    }
  }
}

function floats(address: number, length: number): Float32Array {
  return new Float32Array(engine().memory.buffer, address, length);
}
