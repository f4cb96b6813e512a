export { AdamW, type AdamWOptions } from './adamw.ts';
export { clipGradNorm } from './clip.ts';
export { decayGroups } from './decayGroups.ts';
export {
  GradScaler,
  type AnyOptimizer,
  type GradScalerOptions,
  type GradScalerSettings,
  type GradScalerState,
} from './gradScaler.ts';
export { OneCycleLR, type OneCycleOptions } from './oneCycleLR.ts';
export {
  Optimizer,
  type CommonOptions,
  type GroupInput,
  type Memory,
  type OptimizerSettings,
  type OptimizerState,
  type ParamGroup,
  type ParamsInput,
} from './optimizer.ts';
export { ReduceLROnPlateau, type PlateauOptions, type PlateauState } from './reduceLROnPlateau.ts';
export { CosineSchedule, LRScheduler, type CosineOptions, type ScheduleState } from './schedule.ts';
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
