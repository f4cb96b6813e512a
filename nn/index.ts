export { Buffer, Parameter, type ParameterSource } from './parameter.ts';
export { Module } from './module.ts';
export type { ForwardHook, ForwardPreHook } from './hooks.ts';
export { summary, type Summary, type SummaryRow } from './summary.ts';
export {
  loadSafetensors,
  saveSafetensors,
  withoutPrefix,
  withPrefix,
  type LoadReport,
  type StateDict,
  type StateSource,
} from './stateDict.ts';
export { ModuleList, Sequential, type Layer } from './sequential.ts';
export { Identity } from './identity.ts';
export { Flatten } from './flatten.ts';
export { Linear } from './linear.ts';
export { Conv1d, Conv2d, Conv3d, type Conv2dOptions, type ConvOptions, type Pair } from './conv.ts';
export { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, type ConvTransposeOptions } from './convTranspose.ts';
export { LayerNorm, RMSNorm, type LayerNormOptions, type RMSNormOptions } from './norm.ts';
export {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  GroupNorm,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  type BatchNormOptions,
  type GroupNormOptions,
  type InstanceNormOptions,
} from './channelNorm.ts';
export { GELU, ReLU, Sigmoid, SiLU, Softmax, Tanh } from './activation.ts';
export { ELU, Hardswish, LeakyReLU, Mish, Softplus } from './rectifiers.ts';
export { Dropout, DropPath } from './dropout.ts';
export {
  AvgPool1d,
  AvgPool2d,
  AvgPool3d,
  MaxPool1d,
  MaxPool2d,
  MaxPool3d,
  type AvgPoolOptions,
  type MaxPoolOptions,
} from './pool.ts';
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
} from './adaptivePool.ts';
export {
  Fold,
  PixelShuffle,
  PixelUnshuffle,
  Unfold,
  Upsample,
  ZeroPad2d,
  type PatchOptions,
  type UpsampleOptions,
} from './resize.ts';
export { Embedding } from './embedding.ts';
export { MLP, type MLPOptions } from './mlp.ts';
export {
  MultiheadAttention,
  type AttentionAndWeights,
  type MultiheadAttentionCall,
  type MultiheadAttentionOptions,
} from './multiheadAttention.ts';
export {
  NeighborhoodAttention1d,
  NeighborhoodAttention2d,
  NeighborhoodAttention3d,
  type NeighborhoodAttentionOptions,
} from './neighborhoodAttention.ts';
export { CrossEntropyLoss, MSELoss } from './loss.ts';
export { BCELoss, BCEWithLogitsLoss, CosineEmbeddingLoss, CosineSimilarity, HuberLoss } from './lossLayers.ts';
export { KLDivLoss, L1Loss, NLLLoss, SmoothL1Loss, type CosineOptions, type ReductionOptions } from './lossLayers.ts';
export type { Double, Single, Triple } from './check.ts';
export { crossEntropy, mse as mseLoss } from '../index.ts';
export * as data from './data/index.ts';
export * as init from './init.ts';
export * as models from './models/index.ts';
export * as optim from './optim/index.ts';
