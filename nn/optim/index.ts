export { Adagrad, type AdagradOptions } from './adagrad.ts';
export { Adam, type AdamOptions } from './adam.ts';
export type { AdamWOptions } from './adamBase.ts';
export { AdamW } from './adamw.ts';
export { AveragedModel, type AveragedModelOptions } from './averagedModel.ts';
export type { Batch } from './batch.ts';
export { clipGradNorm, clipGradValue } from './clip.ts';
export { decayGroups } from './decayGroups.ts';
export {
  GradScaler,
  type AnyOptimizer,
  type GradScalerOptions,
  type GradScalerSettings,
  type GradScalerState,
} from './gradScaler.ts';
export { Lion, type LionOptions } from './lion.ts';
export { OneCycleLR, type OneCycleOptions } from './oneCycleLR.ts';
export {
  Optimizer,
  type CommonOptions,
  type GroupInput,
  type OptimizerSettings,
  type OptimizerState,
  type ParamGroup,
  type ParamsInput,
} from './optimizer.ts';
export { ReduceLROnPlateau, type PlateauOptions, type PlateauState } from './reduceLROnPlateau.ts';
export { CosineSchedule, LRScheduler, type CosineOptions, type ScheduleState } from './schedule.ts';
export { RMSprop, type RMSpropOptions } from './rmsprop.ts';
export { SequentialLR } from './sequentialLR.ts';
export { SGD, type SGDOptions } from './sgd.ts';
export {
  LinearLR,
  MultiStepLR,
  StepLR,
  type LinearLROptions,
  type MultiStepLROptions,
  type StepLROptions,
} from './stepLR.ts';
