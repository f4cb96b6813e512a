import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { scope } from '../../tensor/scope.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { reducedSize } from './axes.ts';

/** x seen as [outer, n, inner]; n is reduced. */
export interface Pass {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
}

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
