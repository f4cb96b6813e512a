import type { Tensor } from '../../index.ts';
import type { Batch } from './batch.ts';
import type { CommonOptions } from './optimizer.ts';
import type { adamwStep } from '../../kernels/index.ts';
import { checkNonNegative } from '../../tensor/range.ts';
import { checkBetas } from './betas.ts';
import { Optimizer } from './optimizer.ts';

export interface AdamWOptions extends CommonOptions {
  /** Decay of the running means of the gradient and of its square, each of 0..1. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the root of the mean square. Default 1e-8. */
  eps: number;
  /** The share of a parameter that a step of rate 1 removes. Default 0.01. */
  weightDecay: number;
}

/** What Adam and AdamW have in common: all but the op. */
export abstract class AdamBase extends Optimizer<AdamWOptions> {
  /** One step. */
  protected abstract get op(): typeof adamwStep;

  protected override check({ lr, betas, eps, weightDecay }: AdamWOptions): void {
    const op = this.constructor.name;
    checkNonNegative(op, { lr, eps, weightDecay });
    checkBetas(op, betas);
  }

  protected override remembers(): readonly string[] {
    return ['exp_avg', 'exp_avg_sq'];
  }

  protected override update(
    { params, grads, tensors, step }: Batch,
    { lr, betas: [beta1, beta2], eps, weightDecay }: AdamWOptions,
    overflow: Tensor | undefined,
  ): void {
    const attrs = { lr, beta1, beta2, eps, weightDecay, step };
    this.op(params, grads, tensors['exp_avg']!, tensors['exp_avg_sq']!, overflow, attrs);
  }
}
