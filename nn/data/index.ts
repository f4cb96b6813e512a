export { stack, type SampleValue } from './collate.ts';
export { idxDataset, TensorDataset, type Dataset, type HostArray } from './dataset.ts';
export { DataLoader, type Batch, type DataLoaderOptions, type HostBatch, type LoaderState } from './loader.ts';
export type { Sampler } from './sampler.ts';
export {
  compose,
  normalize,
  randomCrop,
  randomHorizontalFlip,
  randomShift,
  toFloat,
  type Transform,
} from './transforms.ts';
