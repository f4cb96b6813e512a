import type { OpWithSamples } from '../../autograd/samples.ts';
import { samplesOf } from '../../autograd/samples.ts';
import { attentionBackwardKey, attentionBackwardQuery, attentionForward } from './plain.ts';
import * as of from './samples/plain.ts';

export const plainSamples: readonly OpWithSamples[] = [
  samplesOf(attentionForward, { samples: of.plainSamples, errors: of.plainErrors }),
  samplesOf(attentionBackwardQuery, { samples: of.plainBackwardQuerySamples }),
  samplesOf(attentionBackwardKey, { samples: of.plainBackwardKeySamples }),
];
