// What every device's fused kernels are given.

import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { WeightAttrs } from './attributes.ts';
import { scaleOf } from './attributes.ts';

/** What attention is of, heads last: tensors, or their shapes. */
export interface Operands<T = Tensor> {
  readonly query: T;
  readonly key: T;
  readonly value: T;
  readonly rpb?: T | undefined;
  readonly additionalKeys?: T | undefined;
  readonly additionalValues?: T | undefined;
}

export function shapesOf({ query, key, value, rpb, additionalKeys, additionalValues }: Operands): Operands<Shape> {
  return {
    query: query.shape,
    key: key.shape,
    value: value.shape,
    rpb: rpb?.shape,
    additionalKeys: additionalKeys?.shape,
    additionalValues: additionalValues?.shape,
  };
}

export interface BackwardOperands extends Operands {
  readonly gradOutput: Tensor;
  readonly logsumexp: Tensor;
  readonly delta: Tensor;
}

export type Weights = Required<WeightAttrs> & { firstKey?: number };

/** What scores are multiplied by. */
export function scaleFor(query: Tensor, weights: Weights): number {
  return scaleOf(query.shape.at(-1)!, weights);
}

/** Operands that the kernels read as one array, not row by row. */
const whole = new Set(['logsumexp', 'delta', 'rpb']);

/**
 * Calls `body` with operands that its kernels can read: rows along the last axis have no gaps, and what is read whole has none
 * at all. Those that had gaps are copied, and the copies freed at its end.
 */
export function withRows<T extends object>(operands: T, body: (packed: T) => void): void {
  const made: Tensor[] = [];
  const pack = ([name, x]: [string, Tensor | undefined]): [string, Tensor | undefined] => {
    const hasRows = x && (x.isContiguous || (!whole.has(name) && (x.strides.at(-1) === 1 || x.shape.at(-1) === 1)));
    if (!x || hasRows) return [name, x];
    made.push(x.detach());
    made.push(made.at(-1)!.contiguous());
    return [name, made.at(-1)];
  };
  try {
    body(Object.fromEntries(Object.entries(operands).map(pack)) as T);
  } finally {
    for (const tensor of made) tensor.dispose();
  }
}
