import type { Interpolation } from './resize.ts';
import type { Transform } from './transform.ts';
import { ArgumentError } from '../../../index.ts';
import { checkOptions } from '../../../tensor/options.ts';
import { checkSize } from '../../check.ts';
import { centerCrop } from './crop.ts';
import { normalize, toFloat } from './normalize.ts';
import { resize } from './resize.ts';
import { compose } from './transform.ts';

export interface ImagenetOptions {
  /** Pixels of a side of what the model is given. Default 224. */
  imageSize?: number;
  /** imageSize / the shorter side before the middle is cut out. Default 0.875, and 1 for an imageSize of 384 and up. */
  cropRatio?: number;
  /** Default 'bicubic'. */
  interpolation?: Interpolation;
  /** Of red, green and blue, as shares of white. Default ImageNet's: [0.485, 0.456, 0.406]. */
  mean?: readonly number[];
  /** Default ImageNet's: [0.229, 0.224, 0.225]. */
  std?: readonly number[];
}

/** From here on the models are shown the whole shorter side. */
const wholeFrom = 384;

/**
 * What the models of `nn.models` are to be given, as NAT's and DiNAT's authors evaluate them: the shorter side resized to
 * imageSize / cropRatio, the middle cut out, and the channels normalised. Bytes [3, Y, X] → float32 [3, imageSize, imageSize].
 *
 * @throws ShapeError for a size, ArgumentError for a ratio that is none
 * @source NAT: `classification/validate.py` and `configs/dinat_large_384.yml` (`crop_pct`); timm 0.5: `transforms_imagenet_eval`
 * @example
 * const preprocess = nn.data.imagenetPreprocess();
 * const photograph = { shape: [3, 300, 400], data: new Uint8Array(3 * 300 * 400) };
 * preprocess(photograph, new Generator()).shape; // [3, 224, 224]
 */
export function imagenetPreprocess(options: ImagenetOptions = {}): Transform {
  const op = 'imagenetPreprocess';
  const known = ['imageSize', 'cropRatio', 'interpolation', 'mean', 'std'] as const;
  const { imageSize = 224, ...rest } = checkOptions(op, options, known);
  checkSize(op, 'imageSize', imageSize);
  const { cropRatio = imageSize >= wholeFrom ? 1 : 0.875, interpolation = 'bicubic' } = rest;
  const { mean = [0.485, 0.456, 0.406], std = [0.229, 0.224, 0.225] } = rest;
  if (!(cropRatio > 0 && cropRatio <= 1)) {
    throw new ArgumentError(`cropRatio is ${String(cropRatio)}; it must be above 0 and at most 1`, { op, cropRatio });
  }
  return compose(
    resize(Math.floor(imageSize / cropRatio), { interpolation }),
    centerCrop(imageSize),
    toFloat(),
    normalize(mean, std),
  );
}
