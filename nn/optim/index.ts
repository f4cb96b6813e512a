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
export { CosineSchedule, LRScheduler, type CosineOptions, type ScheduleState } from './schedule.ts';
export { SGD, type SGDOptions } from './sgd.ts';
