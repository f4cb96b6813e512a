// The gradient of query in parts of every window: programs that write to memory of their own, and so need not wait for each other.

import type { Tensor } from '../../../tensor/tensor.ts';
import type { Three } from './tileChoice.ts';
import type { WgslSight } from './sight.ts';
import { launchElementwise } from '../../elementwise/elementwise.webgpu.ts';
import { temporaryTensor } from '../../runtime/temporary.ts';

/** Splits whose results are in memory at a time, beside the sum of those before: as many as one program can add. */
const atOnce = 3;

/**
 * Calls `work` for each split with where to put its part of `targets`, and adds the parts in the order of the splits: float32, whatever
 * the targets are.
 */
export function inSplits(
  count: number,
  targets: readonly Tensor[],
  work: (split: number, parts: readonly Tensor[]) => void,
): void {
  if (count === 1) return work(0, targets);
  const make = (): Tensor[] => targets.map((target) => temporaryTensor(target, 'float32', target.shape));
  const made: Tensor[][] = [];
  const free = (): void => made.splice(0).forEach((tensors) => tensors.forEach((x) => x.dispose()));
  try {
    for (let first = 0; first < count; first += atOnce) {
      for (let split = first; split < Math.min(first + atOnce, count); split++) {
        made.push(make());
        work(split, made.at(-1)!);
      }
      const isLast = first + atOnce >= count;
      const sums = isLast ? targets : make();
      sums.forEach((sum, i) =>
        add(
          made.map((parts) => parts[i]!),
          sum,
        ),
      );
      free();
      if (!isLast) made.push([...sums]);
    }
  } finally {
    free();
  }
}

function add(terms: readonly Tensor[], sum: Tensor): void {
  const value = ['x', 'y', 'z', 'w'].slice(0, terms.length).join(' + ');
  launchElementwise({ name: `sum of ${terms.length} splits`, value }, terms, sum);
}

/** Of how many splits each axis has the one with number `split`, the last axis fastest. */
export function splitAt(split: number, splits: Three): Three {
  const [, s1, s2] = splits;
  return [Math.floor(split / (s1 * s2)), Math.floor(split / s2) % s1, split % s2];
}

/** What owners see in one split: along each axis the same part of every window, of nearly equal parts. */
export function partOfSight(sight: WgslSight, splits: Three, split: Three): WgslSight {
  const axes = [0, 1, 2].filter((axis) => splits[axis]! > 1);
  if (axes.length === 0) return sight;
  const whole = axes.reduce(
    (code, axis) => code.replaceAll(new RegExp(`\\b(first|end)${axis}\\(`, 'g'), `$1OfAll${axis}(`),
    sight.code,
  );
  const parts = axes.map(
    (axis) => `fn part${axis}(c: i32, n: i32) -> i32 {
  let first = firstOfAll${axis}(c);
  return first + (endOfAll${axis}(c) - first) * n / ${splits[axis]};
}
fn first${axis}(c: i32) -> i32 { return part${axis}(c, params.split${axis}); }
fn end${axis}(c: i32) -> i32 { return part${axis}(c, params.split${axis} + 1); }`,
  );
  return {
    ...sight,
    key: `${sight.key} splits ${splits.join()}`,
    code: [whole, ...parts].join('\n'),
    params: axes.map((axis) => [`split${axis}`, 'i32', split[axis]!] as const),
  };
}
