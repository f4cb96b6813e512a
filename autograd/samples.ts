// What ops are tried on, apart from their declarations: a page that only computes never downloads it.

import type { AnyOpDefinition, Op, OpSamples } from './types.ts';

/** One line of a table of samples. */
export interface OpWithSamples {
  readonly definition: AnyOpDefinition;
  readonly samples: AnyOpDefinition['samples'];
  readonly errors: AnyOpDefinition['errors'];
}

/** What `op` is tried on: where its declaration leaves out `samples` and `errors`. */
export function samplesOf<I extends readonly string[], A extends object, O extends readonly string[]>(
  op: Op<I, A, O>,
  { samples, errors = [] }: OpSamples<NoInfer<I>, NoInfer<A>>,
): OpWithSamples {
  return { definition: op.definition, samples, errors };
}

/**
 * Gives the ops of a table their samples.
 *
 * @throws Error when an op has some already
 */
export function supplySamples(table: readonly OpWithSamples[]): void {
  for (const { definition, samples, errors } of table) {
    if (definition.samples.length > 0) throw new Error(`${definition.name} has samples already`);
    definition.samples = samples;
    definition.errors = errors;
  }
}
