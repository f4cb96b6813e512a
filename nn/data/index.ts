export { stack, type SampleValue } from './collate.ts';
export type { HostArray } from './hostArray.ts';
export { idxDataset, TensorDataset, type Dataset } from './dataset.ts';
export { ConcatDataset, randomSplit, Subset } from './subset.ts';
export { DataLoader, type Batch, type LoaderState } from './loader.ts';
export type { DataLoaderOptions } from './loaderOptions.ts';
export type { Collate, HostBatch, SampleSource, SampleTransform } from './makeBatch.ts';
export { SampleError } from './sampleError.ts';
export type { Sampler } from './sampler.ts';
export { weightedRandomSampler, type WeightedRandomSamplerOptions } from './weightedRandomSampler.ts';
export { serveBatches } from './workers/serveBatches.ts';
export type { WorkerLike } from './workers/batchWorker.ts';
// Images
export { decodeImage, type DecodeImageOptions } from './images/decodeImage.ts';
export { encodeImage, type EncodeImageOptions } from './images/encodeImage.ts';
export { ImageFolder, type ImageFolderOptions, type ImageSample } from './images/imageFolder.ts';
export type { ImageSource } from './images/imageEntries.ts';
export { makeGrid, type MakeGridOptions } from './images/makeGrid.ts';
// Transforms
export {
  compose,
  randomApply,
  randomChoice,
  type BatchStep,
  type Step,
  type Transform,
} from './transforms/transform.ts';
export type { Fill, ImageSize } from './transforms/image.ts';
export { normalize, toFloat } from './transforms/normalize.ts';
export { centerCrop, randomCrop, randomShift } from './transforms/crop.ts';
export { pad, type PaddingMode, type PadOptions } from './transforms/pad.ts';
export { resize, type Interpolation, type InterpolationOptions, type ResizeOptions } from './transforms/resize.ts';
export { randomResizedCrop, type RandomResizedCropOptions } from './transforms/randomResizedCrop.ts';
export { randomHorizontalFlip, randomVerticalFlip } from './transforms/flip.ts';
export { randomRotation, rotate, type RotationOptions } from './transforms/rotate.ts';
export { adjustBrightness, adjustContrast, adjustSaturation } from './transforms/color.ts';
export { adjustHue } from './transforms/adjustHue.ts';
export { colorJitter, type ColorJitterOptions } from './transforms/colorJitter.ts';
export { grayscale, randomGrayscale, type GrayscaleOptions } from './transforms/grayscale.ts';
export { randomErasing, type RandomErasingOptions } from './transforms/randomErasing.ts';
export { cutmix, mixup, type MixOptions } from './transforms/mix.ts';
export { imagenetPreprocess, type ImagenetOptions } from './transforms/imagenetPreprocess.ts';
