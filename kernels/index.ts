// What it takes to declare an op, then the ops, a line each. Kernels that are loaded with their device have a line in its table,
// webgpu.ts or webgl.ts; so do the samples that they are tried on, in samples.ts.

export { defineOp } from '../autograd/op.ts';
export { acceptsStrides } from '../autograd/types.ts';
export type {
  AnyOpDefinition,
  BackwardContext,
  ByInput,
  DtypeRule,
  InputGrads,
  InputSlot,
  Kernel,
  NoAttrs,
  Op,
  OpArguments,
  OpDefinition,
  Operand,
  OpResult,
  Sample,
  SampleInput,
} from '../autograd/types.ts';
export type { Layout } from '../tensor/layout.ts';
export type { NdArray } from '../tensor/runtime.ts';
export { elements } from './runtime/cpu/elements.ts';
export { wgsl } from './runtime/wgsl.ts';
export type { Word } from './runtime/webgpu/program.ts';
export type { WgslLaunch, WgslSource } from './runtime/wgsl.ts';

export { full, ones, onesLike, zeros, zerosLike } from './create/filled.ts';
export type { CreateOptions } from './create/filled.ts';
export { bernoulli, rand, randint, randn, randperm, truncNormal, uniform } from './create/random.ts';
export type { RandomOptions, TruncNormalOptions } from './create/random.ts';
export type { NormalBounds } from './create/normal.ts';
export { arange, eye, linspace } from './create/sequence.ts';
export * from './elementwise/activation.ts';
export type { ActivationBackward } from './elementwise/activationBackward.ts';
export * from './elementwise/arithmetic.ts';
export type { BinaryOp } from './elementwise/binary.ts';
export { cast, castTo } from './elementwise/cast.ts';
export type { CastAttrs } from './elementwise/cast.ts';
export * from './elementwise/compare.ts';
export { abs, exp, log, neg, reciprocal, rsqrt, sign, sqrt, square } from './elementwise/unary.ts';
export type { UnaryOp } from './elementwise/unary.ts';
export * from './elementwise/logical.ts';
export * from './elementwise/rectifiers.ts';
export * from './elementwise/rounding.ts';
export * from './elementwise/transcendental.ts';
export { where } from './elementwise/where.ts';
export { argmax, argmin } from './reduce/argmax.ts';
export type { ArgAttrs } from './reduce/argmax.ts';
export type { ReduceAttrs } from './reduce/axes.ts';
export { max, min } from './reduce/extreme.ts';
export { logsumexp } from './reduce/logsumexp.ts';
export { norm } from './reduce/norm.ts';
export type { NormAttrs } from './reduce/norm.ts';
export { prod } from './reduce/prod.ts';
export { mean, sum } from './reduce/sum.ts';
export { all, any } from './reduce/truth.ts';
export { std, variance } from './reduce/variance.ts';
export type { VarianceAttrs } from './reduce/variance.ts';
export { at } from './layout/at.ts';
export type { Place, IndexRange } from './layout/at.ts';
export { chunk } from './layout/chunk.ts';
export { cumsum } from './order/cumsum.ts';
export type { CumsumAttrs } from './order/cumsum.ts';
export { argsort, sort, topk } from './order/sort.ts';
export type { SortAttrs, TopkAttrs } from './order/sort.ts';
export { concat } from './layout/concat.ts';
export { contiguous } from './layout/contiguous.ts';
export { expand, expandTo } from './layout/expand.ts';
export { meshgrid } from './layout/meshgrid.ts';
export { permute, permuteAxes, transpose } from './layout/permute.ts';
export { pad } from './layout/pad.ts';
export type { Border, PadMode, PadOptions } from './layout/pad.ts';
export { place } from './layout/place.ts';
export type { PlaceAttrs } from './layout/place.ts';
export { flatten, reshape, squeeze, unsqueeze, viewAs } from './layout/reshape.ts';
export { roll } from './layout/roll.ts';
export { flip, select, slice } from './layout/slice.ts';
export type { SliceAttrs } from './layout/slice.ts';
export { split } from './layout/split.ts';
export type { SplitAttrs } from './layout/split.ts';
export { stack } from './layout/stack.ts';
export { repeat, tile } from './layout/tile.ts';
export { tril, triu } from './layout/triangle.ts';
export type { TriangleOptions } from './layout/triangle.ts';
export { unbind } from './layout/unbind.ts';
export { move, to } from './layout/to.ts';
export { softmax, softmaxBackward } from './softmax/softmax.ts';
export type { SoftmaxAttrs } from './softmax/softmax.ts';
export { logSoftmax, logSoftmaxBackward } from './softmax/logSoftmax.ts';
export { linear, linearWeightGrad } from './matmul/linear.ts';
export type { LinearAttrs, LinearInputs } from './matmul/linear.ts';
export { matmul } from './matmul/matmul.ts';
export { einsum } from './einsum/einsum.ts';
export { layerNorm, layerNormBackward, layerNormForward } from './norm/layerNorm.ts';
export type { LayerNormAxes, LayerNormOptions } from './norm/layerNorm.ts';
export { conv2d, conv2dInputGrad, conv2dWeightGrad } from './conv/conv2d.ts';
export type { InputGradAttrs, WeightGradAttrs } from './conv/conv2d.ts';
export type { ConvolutionAttrs, Sides } from './conv/problem.ts';
export { conv1d, conv3d } from './conv/convolutions.ts';
export { convTranspose1d, convTranspose2d, convTranspose3d } from './conv/transposed.ts';
export type { ConvTransposeOptions } from './conv/transposed.ts';
export { crossEntropy, crossEntropyBackward, crossEntropyRows } from './loss/crossEntropy.ts';
export type { CrossEntropyAttrs } from './loss/crossEntropy.ts';
export type { Reduction } from './loss/reduction.ts';
export * from './loss/likelihood.ts';
export * from './loss/cosine.ts';
export * from './loss/distance.ts';
export * from './loss/nll.ts';
export { mse, squaredError } from './loss/mse.ts';
export { adaptiveAvgPool2d, adaptiveAvgPool2dBackward } from './pool/adaptiveAvgPool2d.ts';
export type { AdaptiveAttrs, AdaptiveBackwardAttrs } from './pool/adaptiveAvgPool2d.ts';
export { avgPool2d, avgPool2dBackward } from './pool/avgPool2d.ts';
export type { AvgPoolAttrs, AvgPoolBackwardAttrs } from './pool/avgPool2d.ts';
export { maxPool2d, maxPool2dBackward, maxPool2dGather, maxPool2dWithIndices } from './pool/maxPool2d.ts';
export type { MaxPoolAttrs, WinnersAttrs } from './pool/maxPool2d.ts';
export { adaptiveMaxPool2d, adaptiveMaxPool2dWithIndices } from './pool/adaptiveMaxPool2d.ts';
export { adaptiveAvgPool1d, adaptiveAvgPool3d, adaptiveMaxPool1d, adaptiveMaxPool3d } from './pool/pools.ts';
export { avgPool1d, avgPool3d, maxPool1d, maxPool3d } from './pool/pools.ts';
export { overlapAdd, slidingWindows } from './spatial/slidingWindows.ts';
export type { OverlapAddAttrs, SlidingWindowsAttrs } from './spatial/slidingWindows.ts';
export { pixelShuffle, pixelUnshuffle } from './spatial/pixelShuffle.ts';
export type { RmsNormOptions } from './norm/rmsNorm.ts';
export { rmsNorm, rmsNormBackward, rmsNormForward } from './norm/rmsNorm.ts';
export type { InstanceNormOptions } from './norm/instanceNorm.ts';
export { instanceNorm } from './norm/instanceNorm.ts';
export type { GroupNormAttrs } from './norm/groupNorm.ts';
export { groupNorm, groupNormBackward, groupNormForward } from './norm/groupNorm.ts';
export type { Band } from './spatial/band.ts';
export type { ResampleAttrs } from './spatial/resample.ts';
export { resample } from './spatial/resample.ts';
export type { InterpolateOptions, InterpolationMode } from './spatial/interpolate.ts';
export { interpolate } from './spatial/interpolate.ts';
export { fold, unfold } from './spatial/unfold.ts';
export type { FoldOptions, UnfoldOptions } from './spatial/unfold.ts';
export { adamwStep } from './optimizer/adamwStep.ts';
export type { AdamwAttrs, AdamwInputs } from './optimizer/adamwStep.ts';
export { sgdStep } from './optimizer/sgdStep.ts';
export type { SgdAttrs, SgdInputs } from './optimizer/sgdStep.ts';
export { adamStep } from './optimizer/adamStep.ts';
export type { AdamAttrs, AdamInputs } from './optimizer/adamStep.ts';
export { rmspropStep } from './optimizer/rmspropStep.ts';
export type { RmspropAttrs, RmspropInputs } from './optimizer/rmspropStep.ts';
export { adagradStep } from './optimizer/adagradStep.ts';
export type { AdagradAttrs, AdagradInputs } from './optimizer/adagradStep.ts';
export { lionStep } from './optimizer/lionStep.ts';
export type { LionAttrs, LionInputs } from './optimizer/lionStep.ts';
export { averageStep } from './optimizer/averageStep.ts';
export type { AverageAttrs, AverageInputs } from './optimizer/averageStep.ts';
export { unscale } from './optimizer/unscale.ts';
export { updateScale } from './optimizer/updateScale.ts';
export type { UnscaleInputs } from './optimizer/unscale.ts';
export type { UpdateScaleAttrs } from './optimizer/updateScale.ts';
export { dropout, dropPath, seededDropout } from './dropout/dropout.ts';
export type { DropoutAttrs, DropoutOptions } from './dropout/dropout.ts';
export { neighborhoodAttentionForward } from './neighborhood/fused.ts';
export type { NaAttrs, NaInputs } from './neighborhood/fused.ts';
export {
  attentionDelta,
  neighborhoodAttentionBackward,
  neighborhoodAttentionBackwardKey,
  neighborhoodAttentionBackwardQuery,
} from './neighborhood/fusedBackward.ts';
export type {
  BackwardAttrs,
  BackwardKeyAttrs,
  BackwardKeyInputs,
  BackwardQueryAttrs,
  BackwardQueryInputs,
  DeltaInputs,
} from './neighborhood/fusedBackward.ts';
export { attentionBackwardKey, attentionBackwardQuery, attentionForward } from './neighborhood/plain.ts';
export type { PlainAttrs, PlainBackwardInputs, PlainInputs } from './neighborhood/plain.ts';
export { neighborhoodDots, neighborhoodSpread, neighborhoodSum } from './neighborhood/unfused.ts';
export type { DotsAttrs, DotsInputs, SpreadAttrs, SpreadInputs, SumAttrs, SumInputs } from './neighborhood/unfused.ts';
export { na1dAv, na1dQk, na2dAv, na2dQk, na3dAv, na3dQk } from './neighborhood/unfused.ts';
export type { AvOptions, NeighborhoodAv, NeighborhoodQk, QkOptions } from './neighborhood/unfused.ts';
export { na1d, na2d, na3d, neighborhoodAttention } from './neighborhood/neighborhoodAttention.ts';
export type { NaOptions, NaResult, NeighborhoodAttention } from './neighborhood/neighborhoodAttention.ts';
export { attentionWeights } from './neighborhood/weights.ts';
export { attention } from './neighborhood/attention.ts';
export type { AttentionOptions } from './neighborhood/attention.ts';
export { na1dVarlen, na2dVarlen, na3dVarlen } from './neighborhood/varlen.ts';
export type { NaVarlenOptions, NeighborhoodAttentionVarlen } from './neighborhood/varlen.ts';
export { mergeAttentions } from './neighborhood/merge.ts';
export { naMask } from './neighborhood/mask.ts';
export type { NaMaskOptions } from './neighborhood/mask.ts';
export { naFlops } from './neighborhood/flops.ts';
export type { NaFlopsOptions } from './neighborhood/flops.ts';
export { configsFor } from './neighborhood/tuner/configs.ts';
export type { ConfigOptions, TileConfigs } from './neighborhood/tuner/configs.ts';
export { simulateTiles } from './neighborhood/tuner/simulate.ts';
export type { TilePair } from './neighborhood/natten/nattenTiles.ts';
export type { TileCount, TileProblem } from './neighborhood/tuner/simulate.ts';
export * from './neighborhood/tuner/context.ts';
export { autotune, disableAutotuner, isAutotunerEnabled, useAutotuner } from './neighborhood/tuner/tuner.ts';
export type { AutotunerOptions } from './neighborhood/tuner/tuner.ts';
export { assign } from './neighborhood/natten/assign.ts';
export { pairDropout } from './dropout/pairDropout.ts';
export type { PairDropoutAttrs } from './dropout/pairDropout.ts';
export type { NaProblem, PerAxis } from './neighborhood/problem.ts';
export { groupLength, inverseWindowOf, windowOf, windowOfTile } from './neighborhood/window.ts';
export type { Axis, Window } from './neighborhood/window.ts';
export { embedding } from './gather/embedding.ts';
export { gather, gatherAlong, scatterAdd } from './gather/gather.ts';
export { oneHot } from './gather/oneHot.ts';
export { indexSelect, maskedFill, maskedSelect, nonzero } from './gather/select.ts';
export { batchNorm } from './norm/batchNorm.ts';
export type { BatchNormOptions } from './norm/batchNorm.ts';
export { batchNormBackward, batchNormForward, batchNormUpdate, normalizeChannels } from './norm/batchNormOps.ts';
export type { BatchNormUpdateAttrs } from './norm/batchNormOps.ts';
