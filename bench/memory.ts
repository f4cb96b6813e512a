// What one training step takes: the peak, and the part of it that the tape keeps for backward.

import type { Training } from './models.ts';
import { memory, resetPeak, scope } from '../index.ts';
import { cnn, mlp } from './models.ts';

export interface MemoryRow {
  readonly name: string;
  /** Parameters, gradients and the batch: what is there between steps. */
  readonly resting: number;
  /** Kept by the tape between forward and backward. */
  readonly saved: number;
  /** The most at once, above what rests. */
  readonly peak: number;
}

function measureStep(name: string, build: () => Training): MemoryRow {
  const bytes = (): number => memory().cpu!.bytes;
  const start = bytes();
  const { model, forward, step } = build();
  step().dispose(); // gradients and optimizer state come to stay
  const resting = bytes();
  model.zeroGrad();
  const withoutGrads = bytes();
  const loss = scope(forward);
  const saved = bytes() - withoutGrads;
  loss.dispose();
  step().dispose();
  resetPeak();
  step().dispose();
  return { name, resting: resting - start, saved, peak: memory().cpu!.peak - resting };
}

export function memoryTable(): MemoryRow[] {
  return [measureStep('memory: CNN step, batch 64', cnn), measureStep('memory: MLP step, batch 64', mlp)];
}
