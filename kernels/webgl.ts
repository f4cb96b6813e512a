// The ops' WebGL kernels, a line each. Loaded when the device is first asked for. An op without a line has none there.

import { kernelOf, supplyKernels } from '../autograd/kernels.ts';
import { acceptsStrides } from '../autograd/types.ts';
import * as conv from './conv/conv2d.ts';
import * as convWebgl from './conv/conv2d.webgl.ts';
import { seededDropout } from './dropout/dropout.ts';
import { pairDropoutWebgl, seededDropoutWebgl } from './dropout/dropout.webgl.ts';
import { pairDropout } from './dropout/pairDropout.ts';
import { elementwiseWebgl } from './elementwise/webgl.ts';
import { embedding } from './gather/embedding.ts';
import { gatherAlong, scatterAdd } from './gather/gather.ts';
import { embeddingWebgl, gatherWebgl, oneHotWebgl, scatterAddWebgl } from './gather/gather.webgl.ts';
import { oneHot } from './gather/oneHot.ts';
import { concat } from './layout/concat.ts';
import { contiguous } from './layout/contiguous.ts';
import { concatWebgl, contiguousWebgl, placeWebgl } from './layout/copy.webgl.ts';
import { place } from './layout/place.ts';
import { crossEntropyBackward, crossEntropyRows } from './loss/crossEntropy.ts';
import { crossEntropyBackwardWebgl, crossEntropyWebgl, squaredErrorWebgl } from './loss/losses.webgl.ts';
import { squaredError } from './loss/mse.ts';
import { linear, linearWeightGrad } from './matmul/linear.ts';
import { matmul } from './matmul/matmul.ts';
import { linearWebgl, linearWeightGradWebgl, matmulWebgl } from './matmul/matmul.webgl.ts';
import { neighborhoodAttentionForward } from './neighborhood/fused.ts';
import * as backward from './neighborhood/fusedBackward.ts';
import { assign } from './neighborhood/natten/assign.ts';
import { attentionBackwardKey, attentionBackwardQuery, attentionForward } from './neighborhood/plain.ts';
import { neighborhoodDots, neighborhoodSpread, neighborhoodSum } from './neighborhood/unfused.ts';
import * as fused from './neighborhood/webgl/fused.webgl.ts';
import { dotsWebgl, spreadWebgl, sumWebgl } from './neighborhood/webgl/unfused.webgl.ts';
import { batchNormBackward, batchNormForward, batchNormUpdate, normalizeChannels } from './norm/batchNormOps.ts';
import { groupNormBackward, groupNormForward } from './norm/groupNorm.ts';
import { layerNormBackward, layerNormForward } from './norm/layerNorm.ts';
import * as norms from './norm/norms.webgl.ts';
import { rmsNormBackward, rmsNormForward } from './norm/rmsNorm.ts';
import { adagradStep } from './optimizer/adagradStep.ts';
import { adamStep } from './optimizer/adamStep.ts';
import { adamwStep } from './optimizer/adamwStep.ts';
import { averageStep } from './optimizer/averageStep.ts';
import { lionStep } from './optimizer/lionStep.ts';
import { rmspropStep } from './optimizer/rmspropStep.ts';
import { unscaleWebgl, updateScaleWebgl } from './optimizer/scaling.webgl.ts';
import { sgdStep } from './optimizer/sgdStep.ts';
import * as steps from './optimizer/steps.webgl.ts';
import { unscale } from './optimizer/unscale.ts';
import { updateScale } from './optimizer/updateScale.ts';
import { cumsum } from './order/cumsum.ts';
import { cumsumWebgl, sortWebgl, topkWebgl } from './order/order.webgl.ts';
import { sort, topk } from './order/sort.ts';
import { adaptiveAvgPool2d, adaptiveAvgPool2dBackward } from './pool/adaptiveAvgPool2d.ts';
import { adaptiveMaxPool2dWithIndices } from './pool/adaptiveMaxPool2d.ts';
import { avgPool2d, avgPool2dBackward } from './pool/avgPool2d.ts';
import { maxPool2dBackward, maxPool2dGather, maxPool2dWithIndices } from './pool/maxPool2d.ts';
import * as pools from './pool/pool.webgl.ts';
import { argmax, argmin } from './reduce/argmax.ts';
import { max, min } from './reduce/extreme.ts';
import { logsumexp } from './reduce/logsumexp.ts';
import { norm } from './reduce/norm.ts';
import { prod } from './reduce/prod.ts';
import * as reductions from './reduce/reductions.webgl.ts';
import { mean, sum } from './reduce/sum.ts';
import { all, any } from './reduce/truth.ts';
import { variance } from './reduce/variance.ts';
import { logSoftmax, logSoftmaxBackward } from './softmax/logSoftmax.ts';
import { softmax, softmaxBackward } from './softmax/softmax.ts';
import * as softmaxes from './softmax/softmax.webgl.ts';
import { resample } from './spatial/resample.ts';
import { overlapAdd } from './spatial/slidingWindows.ts';
import { overlapAddWebgl, resampleWebgl } from './spatial/spatial.webgl.ts';

supplyKernels('webgl', [
  ...elementwiseWebgl,
  kernelOf(argmax, reductions.argWebgl('max')),
  kernelOf(argmin, reductions.argWebgl('min')),
  kernelOf(max, reductions.extremeWebgl('max')),
  kernelOf(min, reductions.extremeWebgl('min')),
  kernelOf(logsumexp, reductions.logsumexpWebgl),
  kernelOf(norm, reductions.normWebgl),
  kernelOf(prod, reductions.prodWebgl),
  kernelOf(mean, reductions.meanWebgl),
  kernelOf(sum, reductions.sumWebgl),
  kernelOf(variance, reductions.varianceWebgl),
  kernelOf(all, reductions.allWebgl),
  kernelOf(any, reductions.anyWebgl),
  kernelOf(contiguous, contiguousWebgl),
  kernelOf(concat, concatWebgl),
  kernelOf(place, placeWebgl),
  kernelOf(
    assign,
    acceptsStrides(({ target, source }) => contiguousWebgl({ x: source }, {}, [target])),
  ),
  kernelOf(softmax, softmaxes.softmaxWebgl),
  kernelOf(softmaxBackward, softmaxes.softmaxBackwardWebgl),
  kernelOf(logSoftmax, softmaxes.logSoftmaxWebgl),
  kernelOf(logSoftmaxBackward, softmaxes.logSoftmaxBackwardWebgl),
  kernelOf(matmul, matmulWebgl),
  kernelOf(linear, linearWebgl),
  kernelOf(linearWeightGrad, linearWeightGradWebgl),
  kernelOf(conv.conv2d, convWebgl.conv2dWebgl),
  kernelOf(conv.conv2dInputGrad, convWebgl.conv2dInputGradWebgl),
  kernelOf(conv.conv2dWeightGrad, convWebgl.conv2dWeightGradWebgl),
  kernelOf(layerNormForward, norms.layerNormForwardWebgl),
  kernelOf(layerNormBackward, norms.layerNormBackwardWebgl),
  kernelOf(rmsNormForward, norms.rmsNormForwardWebgl),
  kernelOf(rmsNormBackward, norms.rmsNormBackwardWebgl),
  kernelOf(groupNormForward, norms.groupNormForwardWebgl),
  kernelOf(groupNormBackward, norms.groupNormBackwardWebgl),
  kernelOf(batchNormForward, norms.batchNormForwardWebgl),
  kernelOf(batchNormBackward, norms.batchNormBackwardWebgl),
  kernelOf(batchNormUpdate, norms.batchNormUpdateWebgl),
  kernelOf(normalizeChannels, norms.normalizeChannelsWebgl),
  kernelOf(crossEntropyRows, crossEntropyWebgl),
  kernelOf(crossEntropyBackward, crossEntropyBackwardWebgl),
  kernelOf(squaredError, squaredErrorWebgl),
  kernelOf(maxPool2dWithIndices, pools.maxPool2dWebgl),
  kernelOf(maxPool2dBackward, pools.maxPool2dBackwardWebgl),
  kernelOf(maxPool2dGather, pools.maxPool2dGatherWebgl),
  kernelOf(adaptiveMaxPool2dWithIndices, pools.adaptiveMaxPool2dWebgl),
  kernelOf(avgPool2d, pools.avgPool2dWebgl),
  kernelOf(avgPool2dBackward, pools.avgPool2dBackwardWebgl),
  kernelOf(adaptiveAvgPool2d, pools.adaptiveAvgPool2dWebgl),
  kernelOf(adaptiveAvgPool2dBackward, pools.adaptiveAvgPool2dBackwardWebgl),
  kernelOf(embedding, embeddingWebgl),
  kernelOf(gatherAlong, gatherWebgl),
  kernelOf(scatterAdd, scatterAddWebgl),
  kernelOf(oneHot, oneHotWebgl),
  kernelOf(seededDropout, seededDropoutWebgl),
  kernelOf(pairDropout, pairDropoutWebgl),
  kernelOf(attentionForward, fused.plainWebgl),
  kernelOf(attentionBackwardQuery, fused.plainBackwardQueryWebgl),
  kernelOf(attentionBackwardKey, fused.plainBackwardKeyWebgl),
  kernelOf(neighborhoodAttentionForward, fused.forwardWebgl),
  kernelOf(backward.attentionDelta, fused.deltaWebgl),
  kernelOf(backward.neighborhoodAttentionBackward, fused.backwardWebgl),
  kernelOf(backward.neighborhoodAttentionBackwardQuery, fused.backwardQueryWebgl),
  kernelOf(backward.neighborhoodAttentionBackwardKey, fused.backwardKeyWebgl),
  kernelOf(neighborhoodDots, dotsWebgl),
  kernelOf(neighborhoodSum, sumWebgl),
  kernelOf(neighborhoodSpread, spreadWebgl),
  kernelOf(adamwStep, steps.adamwStepWebgl),
  kernelOf(sgdStep, steps.sgdStepWebgl),
  kernelOf(adamStep, steps.adamStepWebgl),
  kernelOf(rmspropStep, steps.rmspropStepWebgl),
  kernelOf(adagradStep, steps.adagradStepWebgl),
  kernelOf(lionStep, steps.lionStepWebgl),
  kernelOf(averageStep, steps.averageStepWebgl),
  kernelOf(unscale, unscaleWebgl),
  kernelOf(updateScale, updateScaleWebgl),
  kernelOf(cumsum, cumsumWebgl),
  kernelOf(sort, sortWebgl),
  kernelOf(topk, topkWebgl),
  kernelOf(resample, resampleWebgl),
  kernelOf(overlapAdd, overlapAddWebgl),
]);
