import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { move } from './to.ts';

export const toSamples: readonly OpWithSamples[] = [samplesOf(move, { samples: [] })];
