// What the ops are tried on, a line for each file. Loaded by what tries them: `selfTest`, tests and benches.

import type { OpWithSamples } from '../autograd/samples.ts';
import { conv2dSamples } from './conv/conv2d.samples.ts';
import { dropoutSamples } from './dropout/dropout.samples.ts';
import { pairDropoutSamples } from './dropout/pairDropout.samples.ts';
import { binarySamples } from './elementwise/binary.samples.ts';
import { castSamples } from './elementwise/cast.samples.ts';
import { unarySamples } from './elementwise/unary.samples.ts';
import { whereSamples } from './elementwise/where.samples.ts';
import { embeddingSamples } from './gather/embedding.samples.ts';
import { gatherSamples } from './gather/gather.samples.ts';
import { oneHotSamples } from './gather/oneHot.samples.ts';
import { concatSamples } from './layout/concat.samples.ts';
import { contiguousSamples } from './layout/contiguous.samples.ts';
import { expandSamples } from './layout/expand.samples.ts';
import { permuteSamples } from './layout/permute.samples.ts';
import { placeSamples } from './layout/place.samples.ts';
import { reshapeSamples } from './layout/reshape.samples.ts';
import { sliceSamples } from './layout/slice.samples.ts';
import { splitSamples } from './layout/split.samples.ts';
import { toSamples } from './layout/to.samples.ts';
import { unbindSamples } from './layout/unbind.samples.ts';
import { crossEntropySamples } from './loss/crossEntropy.samples.ts';
import { elementwiseLossSamples } from './loss/elementwise.samples.ts';
import { mseSamples } from './loss/mse.samples.ts';
import { linearSamples } from './matmul/linear.samples.ts';
import { matmulSamples } from './matmul/matmul.samples.ts';
import { fusedSamples } from './neighborhood/fused.samples.ts';
import { fusedBackwardSamples } from './neighborhood/fusedBackward.samples.ts';
import { assignSamples } from './neighborhood/natten/assign.samples.ts';
import { plainSamples } from './neighborhood/plain.samples.ts';
import { unfusedSamples } from './neighborhood/unfused.samples.ts';
import { batchNormOpsSamples } from './norm/batchNormOps.samples.ts';
import { groupNormSamples } from './norm/groupNorm.samples.ts';
import { layerNormSamples } from './norm/layerNorm.samples.ts';
import { rmsNormSamples } from './norm/rmsNorm.samples.ts';
import { adagradStepSamples } from './optimizer/adagradStep.samples.ts';
import { adamStepSamples } from './optimizer/adamStep.samples.ts';
import { adamwStepSamples } from './optimizer/adamwStep.samples.ts';
import { averageStepSamples } from './optimizer/averageStep.samples.ts';
import { lionStepSamples } from './optimizer/lionStep.samples.ts';
import { rmspropStepSamples } from './optimizer/rmspropStep.samples.ts';
import { sgdStepSamples } from './optimizer/sgdStep.samples.ts';
import { unscaleSamples } from './optimizer/unscale.samples.ts';
import { updateScaleSamples } from './optimizer/updateScale.samples.ts';
import { cumsumSamples } from './order/cumsum.samples.ts';
import { adaptiveAvgPool2dSamples } from './pool/adaptiveAvgPool2d.samples.ts';
import { adaptiveMaxPool2dSamples } from './pool/adaptiveMaxPool2d.samples.ts';
import { avgPool2dSamples } from './pool/avgPool2d.samples.ts';
import { maxPool2dSamples } from './pool/maxPool2d.samples.ts';
import { argmaxSamples } from './reduce/argmax.samples.ts';
import { extremeSamples } from './reduce/extreme.samples.ts';
import { logsumexpSamples } from './reduce/logsumexp.samples.ts';
import { prodSamples } from './reduce/prod.samples.ts';
import { sumSamples } from './reduce/sum.samples.ts';
import { truthSamples } from './reduce/truth.samples.ts';
import { varianceSamples } from './reduce/variance.samples.ts';
import { logSoftmaxSamples } from './softmax/logSoftmax.samples.ts';
import { softmaxSamples } from './softmax/softmax.samples.ts';
import { resampleSamples } from './spatial/resample.samples.ts';
import { slidingWindowsSamples } from './spatial/slidingWindows.samples.ts';

export const samples: readonly OpWithSamples[] = [
  conv2dSamples,
  dropoutSamples,
  pairDropoutSamples,
  binarySamples,
  castSamples,
  unarySamples,
  whereSamples,
  embeddingSamples,
  gatherSamples,
  oneHotSamples,
  concatSamples,
  contiguousSamples,
  expandSamples,
  permuteSamples,
  placeSamples,
  reshapeSamples,
  sliceSamples,
  splitSamples,
  toSamples,
  unbindSamples,
  crossEntropySamples,
  elementwiseLossSamples,
  mseSamples,
  linearSamples,
  matmulSamples,
  fusedSamples,
  fusedBackwardSamples,
  assignSamples,
  plainSamples,
  unfusedSamples,
  batchNormOpsSamples,
  groupNormSamples,
  layerNormSamples,
  rmsNormSamples,
  adagradStepSamples,
  adamStepSamples,
  adamwStepSamples,
  averageStepSamples,
  lionStepSamples,
  rmspropStepSamples,
  sgdStepSamples,
  unscaleSamples,
  updateScaleSamples,
  cumsumSamples,
  adaptiveAvgPool2dSamples,
  adaptiveMaxPool2dSamples,
  avgPool2dSamples,
  maxPool2dSamples,
  argmaxSamples,
  extremeSamples,
  logsumexpSamples,
  prodSamples,
  sumSamples,
  truthSamples,
  varianceSamples,
  logSoftmaxSamples,
  softmaxSamples,
  resampleSamples,
  slidingWindowsSamples,
].flat();
