import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { dotsErrors, dotsSamples, spreadErrors, spreadSamples, sumErrors, sumSamples } from './samples/slots.ts';
import { neighborhoodDots, neighborhoodSum, neighborhoodSpread } from './unfused.ts';

export const unfusedSamples: readonly OpWithSamples[] = [
  samplesOf(neighborhoodDots, { samples: dotsSamples, errors: dotsErrors }),
  samplesOf(neighborhoodSum, { samples: sumSamples, errors: sumErrors }),
  samplesOf(neighborhoodSpread, { samples: spreadSamples, errors: spreadErrors }),
];
