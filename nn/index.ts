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
export { Conv2d, type Conv2dOptions, type Pair } from './conv.ts';
export { BatchNorm2d, LayerNorm, type BatchNorm2dOptions, type LayerNormOptions } from './norm.ts';
export { GELU, ReLU, Sigmoid, SiLU, Softmax, Tanh } from './activation.ts';
export { Dropout, DropPath } from './dropout.ts';
export { AdaptiveAvgPool2d, AvgPool2d, MaxPool2d, type Pool2dOptions } from './pool.ts';
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
export { crossEntropy, mse as mseLoss } from '../index.ts';
export * as data from './data/index.ts';
export * as init from './init.ts';
export * as models from './models/index.ts';
export * as optim from './optim/index.ts';
