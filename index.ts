import './kernels/runtime/index.ts';
import './methods.ts';

export * from './tensor/errors.ts';
export { Tensor } from './tensor/tensor.ts';
export { tensor, type TensorOptions } from './tensor/create.ts';
export type { Dtype, TypedArray } from './tensor/dtype.ts';
export type { Shape } from './tensor/shape.ts';
export { device, setDefaultDevice, type Device, type DeviceName, type DeviceOptions } from './tensor/runtime.ts';
export { memory, resetPeak, type MemoryReport } from './tensor/storage.ts';
export { scope } from './tensor/scope.ts';
export { defaultGenerator, Generator, manualSeed, philox, type GeneratorState } from './tensor/philox.ts';
export { gradientCheck, type GradientCheckOptions } from './autograd/check.ts';
export { countFlops, type Flops } from './autograd/flops.ts';
export { grad, type GradOptions } from './autograd/backward.ts';
export { registerPostAccumulateGradHook, type PostAccumulateGradHook } from './autograd/gradHook.ts';
export { autocast } from './autograd/autocast.ts';
export { noGrad } from './autograd/tape.ts';
// Creation
export {
  arange,
  bernoulli,
  eye,
  full,
  linspace,
  ones,
  onesLike,
  rand,
  randint,
  randn,
  randperm,
  truncNormal,
  uniform,
  zeros,
  zerosLike,
  type CreateOptions,
  type NormalBounds,
  type RandomOptions,
  type TruncNormalOptions,
} from './kernels/index.ts';
// Elementwise
export {
  abs,
  add,
  atan2,
  cast,
  ceil,
  clamp,
  cos,
  div,
  elu,
  eq,
  erf,
  exp,
  expm1,
  floor,
  ge,
  gelu,
  gt,
  hardswish,
  le,
  leakyRelu,
  log,
  log1p,
  lt,
  maximum,
  minimum,
  mish,
  mod,
  mul,
  ne,
  neg,
  pow,
  reciprocal,
  relu,
  round,
  rsqrt,
  sigmoid,
  sign,
  silu,
  sin,
  softplus,
  sqrt,
  square,
  sub,
  tanh,
  trunc,
  where,
  type BinaryOp,
  type UnaryOp,
} from './kernels/index.ts';
export { isFinite, isNaN, logicalAnd, logicalNot, logicalOr, logicalXor } from './kernels/index.ts';
export type { ClampAttrs, EluAttrs, LeakyReluAttrs, SoftplusAttrs } from './kernels/index.ts';
// Reductions and order
export {
  all,
  any,
  argmax,
  argmin,
  argsort,
  cumsum,
  logsumexp,
  max,
  mean,
  min,
  norm,
  prod,
  sort,
  std,
  sum,
  topk,
  variance,
  type CumsumAttrs,
  type NormAttrs,
  type ReduceAttrs,
  type SortAttrs,
  type TopkAttrs,
  type VarianceAttrs,
} from './kernels/index.ts';
// Layout
export {
  at,
  chunk,
  concat,
  contiguous,
  expand,
  flatten,
  flip,
  meshgrid,
  pad,
  permute,
  repeat,
  reshape,
  roll,
  select,
  slice,
  split,
  squeeze,
  stack,
  tile,
  to,
  transpose,
  tril,
  triu,
  unbind,
  unsqueeze,
  type Place,
  type IndexRange,
  type PadMode,
  type PadOptions,
  type TriangleOptions,
} from './kernels/index.ts';
// Selection
export { gather, indexSelect, maskedFill, maskedSelect, nonzero, oneHot, scatterAdd } from './kernels/index.ts';
// Layers as functions
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  batchNorm,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  crossEntropy,
  dropout,
  dropPath,
  einsum,
  embedding,
  fold,
  groupNorm,
  instanceNorm,
  interpolate,
  layerNorm,
  linear,
  logSoftmax,
  matmul,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  mse,
  overlapAdd,
  pixelShuffle,
  pixelUnshuffle,
  rmsNorm,
  slidingWindows,
  softmax,
  unfold,
  type BatchNormOptions,
  type ConvTransposeOptions,
  type CrossEntropyAttrs,
  type DropoutOptions,
  type FoldOptions,
  type InstanceNormOptions,
  type InterpolateOptions,
  type InterpolationMode,
  type LayerNormOptions,
  type Reduction,
  type RmsNormOptions,
  type SoftmaxAttrs,
  type UnfoldOptions,
} from './kernels/index.ts';
// More losses
export { bce, bceWithLogits, huber, klDiv, l1, nllLoss, smoothL1 } from './kernels/index.ts';
export { cosineEmbeddingLoss, cosineSimilarity } from './kernels/index.ts';
export type { BceOptions, BceWithLogitsOptions, KlDivOptions, NllLossOptions } from './kernels/index.ts';
// Neighborhood attention
export {
  attention,
  attentionWeights,
  mergeAttentions,
  na1d,
  na1dAv,
  na1dQk,
  na1dVarlen,
  na2d,
  na2dAv,
  na2dQk,
  na2dVarlen,
  na3d,
  na3dAv,
  na3dQk,
  na3dVarlen,
  naFlops,
  naMask,
  neighborhoodAttention,
  type AttentionOptions,
  type AvOptions,
  type NaFlopsOptions,
  type NaMaskOptions,
  type NaOptions,
  type NaProblem,
  type NaResult,
  type NaVarlenOptions,
  type NeighborhoodAttention,
  type NeighborhoodAttentionVarlen,
  type NeighborhoodAv,
  type NeighborhoodQk,
  type PerAxis,
  type QkOptions,
} from './kernels/index.ts';
// How its work is cut
export {
  areDeterministicAlgorithmsEnabled,
  autotune,
  configsFor,
  disableAutotuner,
  getMemoryUsagePreference,
  isAutotunerEnabled,
  isKvParallelismEnabled,
  setMemoryUsagePreference,
  simulateTiles,
  useAutotuner,
  useDeterministicAlgorithms,
  useKvParallelism,
  type AutotunerOptions,
  type ConfigOptions,
  type MemoryUsagePreference,
  type TileConfigs,
  type TileCount,
  type TileProblem,
} from './kernels/index.ts';
// Own ops
export { acceptsStrides, defineOp, elements, wgsl } from './kernels/index.ts';
export type {
  BackwardContext,
  Kernel,
  NdArray,
  Op,
  OpDefinition,
  Operand,
  Sample,
  SampleInput,
  WgslLaunch,
  WgslSource,
} from './kernels/index.ts';
export { selfTest, type SelfTestOptions, type SelfTestReport } from './kernels/selfTest/selfTest.ts';
export { enableRevectorize } from './kernels/runtime/cpu/revectorize.ts';
export { setThreads, threads } from './kernels/runtime/cpu/threads.ts';
export type { FileDtype, HostTensor } from './tensor/io/elements.ts';
export { readFile, writeFileAtomic } from './tensor/io/file.ts';
export { decodeIdx } from './tensor/io/idx.ts';
export { decodeNpy, encodeNpy } from './tensor/io/npy.ts';
export { decodeNpz, encodeNpz } from './tensor/io/npz.ts';
export {
  decodeSafetensors,
  encodeSafetensors,
  type Safetensors,
  type SafetensorsEntry,
} from './tensor/io/safetensors.ts';
