import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { neighborhoodAttentionForward } from './fused.ts';
import { errors, samples } from './samples/fused.ts';

export const fusedSamples: readonly OpWithSamples[] = [samplesOf(neighborhoodAttentionForward, { samples, errors })];
