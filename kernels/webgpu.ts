// The ops' WebGPU kernels, a line each. Loaded when the device is first asked for.

import { kernelOf, supplyKernels } from '../autograd/kernels.ts';
import { acceptsStrides } from '../autograd/types.ts';
import { conv2d, conv2dInputGrad, conv2dWeightGrad } from './conv/conv2d.ts';
import { conv2dInputGradWebgpu, conv2dWebgpu, conv2dWeightGradWebgpu } from './conv/conv2d.webgpu.ts';
import { seededDropout } from './dropout/dropout.ts';
import { seededDropoutWebgpu } from './dropout/dropout.webgpu.ts';
import { pairDropout } from './dropout/pairDropout.ts';
import { pairDropoutWebgpu } from './dropout/pairDropout.webgpu.ts';
import { elementwiseWebgpu } from './elementwise/webgpu.ts';
import { embedding } from './gather/embedding.ts';
import { gatherAlong, scatterAdd } from './gather/gather.ts';
import { embeddingWebgpu, gatherWebgpu, oneHotWebgpu, scatterAddWebgpu } from './gather/gather.webgpu.ts';
import { oneHot } from './gather/oneHot.ts';
import { concat } from './layout/concat.ts';
import { concatWebgpu } from './layout/concat.webgpu.ts';
import { contiguous } from './layout/contiguous.ts';
import { contiguousWebgpu, placeWebgpu } from './layout/copy.webgpu.ts';
import { place } from './layout/place.ts';
import { crossEntropyBackward, crossEntropyRows } from './loss/crossEntropy.ts';
import { crossEntropyBackwardWebgpu, crossEntropyWebgpu } from './loss/crossEntropy.webgpu.ts';
import { squaredError } from './loss/mse.ts';
import { squaredErrorWebgpu } from './loss/mse.webgpu.ts';
import { linear, linearWeightGrad } from './matmul/linear.ts';
import { matmul } from './matmul/matmul.ts';
import { linearWebgpu, linearWeightGradWebgpu, matmulWebgpu } from './matmul/matmul.webgpu.ts';
import { attentionForward, attentionBackwardKey, attentionBackwardQuery } from './neighborhood/plain.ts';
import { neighborhoodAttentionForward } from './neighborhood/fused.ts';
import * as backward from './neighborhood/fusedBackward.ts';
import { assign } from './neighborhood/natten/assign.ts';
import { neighborhoodDots, neighborhoodSpread, neighborhoodSum } from './neighborhood/unfused.ts';
import * as fused from './neighborhood/webgpu/fused.webgpu.ts';
import * as unfused from './neighborhood/webgpu/unfused.webgpu.ts';
import * as batchNorm from './norm/batchNorm.webgpu.ts';
import { batchNormBackward, batchNormForward, batchNormUpdate, normalizeChannels } from './norm/batchNormOps.ts';
import { groupNormBackward, groupNormForward } from './norm/groupNorm.ts';
import { groupNormBackwardWebgpu, groupNormForwardWebgpu } from './norm/groupNorm.webgpu.ts';
import { layerNormBackward, layerNormForward } from './norm/layerNorm.ts';
import { layerNormBackwardWebgpu, layerNormForwardWebgpu } from './norm/layerNorm.webgpu.ts';
import { rmsNormBackward, rmsNormForward } from './norm/rmsNorm.ts';
import { rmsNormBackwardWebgpu, rmsNormForwardWebgpu } from './norm/rmsNorm.webgpu.ts';
import { adagradStep } from './optimizer/adagradStep.ts';
import { adamStep } from './optimizer/adamStep.ts';
import { adamwStep } from './optimizer/adamwStep.ts';
import * as adaptive from './optimizer/adaptive.webgpu.ts';
import { averageStep } from './optimizer/averageStep.ts';
import { lionStep } from './optimizer/lionStep.ts';
import { rmspropStep } from './optimizer/rmspropStep.ts';
import { unscaleWebgpu, updateScaleWebgpu } from './optimizer/scaling.webgpu.ts';
import { sgdStep } from './optimizer/sgdStep.ts';
import { adamwStepWebgpu, sgdStepWebgpu } from './optimizer/steps.webgpu.ts';
import { unscale } from './optimizer/unscale.ts';
import { updateScale } from './optimizer/updateScale.ts';
import { cumsum } from './order/cumsum.ts';
import { cumsumWebgpu } from './order/cumsum.webgpu.ts';
import { sort, topk } from './order/sort.ts';
import { sortWebgpu, topkWebgpu } from './order/sort.webgpu.ts';
import { adaptiveAvgPool2d, adaptiveAvgPool2dBackward } from './pool/adaptiveAvgPool2d.ts';
import { adaptiveMaxPool2dWithIndices } from './pool/adaptiveMaxPool2d.ts';
import * as averagePool from './pool/averagePool.webgpu.ts';
import { avgPool2d, avgPool2dBackward } from './pool/avgPool2d.ts';
import { maxPool2dBackward, maxPool2dGather, maxPool2dWithIndices } from './pool/maxPool2d.ts';
import * as maxPool from './pool/maxPool2d.webgpu.ts';
import { argmax, argmin } from './reduce/argmax.ts';
import { max, min } from './reduce/extreme.ts';
import { logsumexp } from './reduce/logsumexp.ts';
import { norm } from './reduce/norm.ts';
import { normWebgpu } from './reduce/norm.webgpu.ts';
import { prod } from './reduce/prod.ts';
import * as reductions from './reduce/reductions.webgpu.ts';
import { mean, sum } from './reduce/sum.ts';
import { all, any } from './reduce/truth.ts';
import { prodWebgpu, truthWebgpu } from './reduce/truth.webgpu.ts';
import { variance } from './reduce/variance.ts';
import { logSoftmax, logSoftmaxBackward } from './softmax/logSoftmax.ts';
import { softmax, softmaxBackward } from './softmax/softmax.ts';
import * as softmaxes from './softmax/softmax.webgpu.ts';
import { overlapAddWebgpu } from './spatial/overlapAdd.webgpu.ts';
import { resample } from './spatial/resample.ts';
import { resampleWebgpu } from './spatial/resample.webgpu.ts';
import { overlapAdd } from './spatial/slidingWindows.ts';

supplyKernels('webgpu', [
  ...elementwiseWebgpu,
  kernelOf(argmax, reductions.argWebgpu('max')),
  kernelOf(argmin, reductions.argWebgpu('min')),
  kernelOf(max, reductions.extremeWebgpu('max')),
  kernelOf(min, reductions.extremeWebgpu('min')),
  kernelOf(logsumexp, reductions.logsumexpWebgpu),
  kernelOf(norm, normWebgpu),
  kernelOf(prod, prodWebgpu),
  kernelOf(mean, reductions.meanWebgpu),
  kernelOf(sum, reductions.sumWebgpu),
  kernelOf(variance, reductions.varianceWebgpu),
  kernelOf(all, truthWebgpu('all')),
  kernelOf(any, truthWebgpu('any')),
  kernelOf(cumsum, cumsumWebgpu),
  kernelOf(sort, sortWebgpu),
  kernelOf(topk, topkWebgpu),
  kernelOf(contiguous, contiguousWebgpu),
  kernelOf(concat, concatWebgpu),
  kernelOf(place, placeWebgpu),
  kernelOf(
    assign,
    acceptsStrides(({ target, source }) => contiguousWebgpu({ x: source }, {}, [target])),
  ),
  kernelOf(softmax, softmaxes.softmaxWebgpu),
  kernelOf(softmaxBackward, softmaxes.softmaxBackwardWebgpu),
  kernelOf(logSoftmax, softmaxes.logSoftmaxWebgpu),
  kernelOf(logSoftmaxBackward, softmaxes.logSoftmaxBackwardWebgpu),
  kernelOf(matmul, matmulWebgpu),
  kernelOf(linear, linearWebgpu),
  kernelOf(linearWeightGrad, linearWeightGradWebgpu),
  kernelOf(conv2d, conv2dWebgpu),
  kernelOf(conv2dInputGrad, conv2dInputGradWebgpu),
  kernelOf(conv2dWeightGrad, conv2dWeightGradWebgpu),
  kernelOf(layerNormForward, layerNormForwardWebgpu),
  kernelOf(layerNormBackward, layerNormBackwardWebgpu),
  kernelOf(rmsNormForward, rmsNormForwardWebgpu),
  kernelOf(rmsNormBackward, rmsNormBackwardWebgpu),
  kernelOf(groupNormForward, groupNormForwardWebgpu),
  kernelOf(groupNormBackward, groupNormBackwardWebgpu),
  kernelOf(batchNormForward, batchNorm.batchNormForwardWebgpu),
  kernelOf(batchNormBackward, batchNorm.batchNormBackwardWebgpu),
  kernelOf(batchNormUpdate, batchNorm.batchNormUpdateWebgpu),
  kernelOf(normalizeChannels, batchNorm.normalizeChannelsWebgpu),
  kernelOf(crossEntropyRows, crossEntropyWebgpu),
  kernelOf(crossEntropyBackward, crossEntropyBackwardWebgpu),
  kernelOf(squaredError, squaredErrorWebgpu),
  kernelOf(maxPool2dWithIndices, maxPool.maxPool2dWebgpu),
  kernelOf(maxPool2dBackward, maxPool.maxPool2dBackwardWebgpu),
  kernelOf(maxPool2dGather, maxPool.maxPool2dGatherWebgpu),
  kernelOf(adaptiveMaxPool2dWithIndices, maxPool.adaptiveMaxPool2dWebgpu),
  kernelOf(avgPool2d, averagePool.avgPool2dWebgpu),
  kernelOf(avgPool2dBackward, averagePool.avgPool2dBackwardWebgpu),
  kernelOf(adaptiveAvgPool2d, averagePool.adaptiveAvgPool2dWebgpu),
  kernelOf(adaptiveAvgPool2dBackward, averagePool.adaptiveAvgPool2dBackwardWebgpu),
  kernelOf(overlapAdd, overlapAddWebgpu),
  kernelOf(resample, resampleWebgpu),
  kernelOf(embedding, embeddingWebgpu),
  kernelOf(gatherAlong, gatherWebgpu),
  kernelOf(scatterAdd, scatterAddWebgpu),
  kernelOf(oneHot, oneHotWebgpu),
  kernelOf(seededDropout, seededDropoutWebgpu),
  kernelOf(pairDropout, pairDropoutWebgpu),
  kernelOf(attentionForward, fused.plainWebgpu),
  kernelOf(attentionBackwardQuery, fused.plainBackwardQueryWebgpu),
  kernelOf(attentionBackwardKey, fused.plainBackwardKeyWebgpu),
  kernelOf(neighborhoodAttentionForward, fused.forwardWebgpu),
  kernelOf(backward.attentionDelta, fused.deltaWebgpu),
  kernelOf(backward.neighborhoodAttentionBackward, fused.backwardWebgpu),
  kernelOf(backward.neighborhoodAttentionBackwardQuery, fused.backwardQueryWebgpu),
  kernelOf(backward.neighborhoodAttentionBackwardKey, fused.backwardKeyWebgpu),
  kernelOf(neighborhoodDots, unfused.dotsWebgpu),
  kernelOf(neighborhoodSum, unfused.sumWebgpu),
  kernelOf(neighborhoodSpread, unfused.spreadWebgpu),
  kernelOf(adamwStep, adamwStepWebgpu),
  kernelOf(sgdStep, sgdStepWebgpu),
  kernelOf(adamStep, adaptive.adamStepWebgpu),
  kernelOf(rmspropStep, adaptive.rmspropStepWebgpu),
  kernelOf(adagradStep, adaptive.adagradStepWebgpu),
  kernelOf(lionStep, adaptive.lionStepWebgpu),
  kernelOf(averageStep, adaptive.averageStepWebgpu),
  kernelOf(unscale, unscaleWebgpu),
  kernelOf(updateScale, updateScaleWebgpu),
]);
