// Floating-point operations, counted as ops run.

import { isThenable, refuseAsync } from '../tensor/scope.ts';

export interface Flops {
  /** Two for each multiplication of matrix products, convolutions and attention; what works on single elements does not count. */
  readonly total: number;
  /** By the op's name. */
  readonly byOp: Readonly<Record<string, number>>;
}

/** What was asked for since each beginning that has no end yet. */
const counts: Map<string, number>[] = [];

/** Adds an op's operations to all that count. */
export function count(op: string, flops: () => number): void {
  if (counts.length === 0) return;
  const own = flops();
  for (const found of counts) found.set(op, (found.get(op) ?? 0) + own);
}

/**
 * Runs `body`, and tells what its products cost: those of matrices, convolutions and attention, forward and backward. What
 * `body` returns is `result`.
 *
 * @throws ArgumentError for an async body
 * @source PyTorch: `torch.utils.flop_counter.FlopCounterMode`
 * @example
 * const layer = new nn.Linear(64, 128);
 * countFlops(() => layer.forward(zeros([10, 64]))).flops; // { total: 163840, byOp: { linear: 163840 } }
 */
export function countFlops<T>(body: () => T): { result: T; flops: Flops } {
  const stop = startCounting();
  try {
    const result = body();
    return isThenable(result) ? refuseAsync('countFlops', result) : { result, flops: stop() };
  } finally {
    stop();
  }
}

/** Counts until the function that is returned is called, which tells what was found. */
export function startCounting(): () => Flops {
  const found = new Map<string, number>();
  counts.push(found);
  return () => {
    const at = counts.indexOf(found);
    if (at >= 0) counts.splice(at, 1);
    const total = [...found.values()].reduce((sum, own) => sum + own, 0);
    return { total, byOp: Object.fromEntries(found) };
  };
}
