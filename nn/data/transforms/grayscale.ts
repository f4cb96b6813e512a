import type { Transform } from './transform.ts';
import { ArgumentError } from '../../../index.ts';
import { checkOptions } from '../../../tensor/options.ts';
import { emptyLike } from './image.ts';
import { channelsOf, luma } from './luma.ts';
import { withProbability } from './transform.ts';

export interface GrayscaleOptions {
  /** 1, or 3 equal ones. Default 1. */
  numOutputChannels?: 1 | 3;
}

/**
 * 0.2989 red + 0.587 green + 0.114 blue: how bright each pixel looks. White bytes become 254, as torchvision rounds down.
 *
 * @throws ArgumentError unless `numOutputChannels` is 1 or 3; ShapeError, from the transform, unless there are 1 or 3 channels
 * @source torchvision: `Grayscale`
 * @example
 * const image = { shape: [3, 1, 1], data: Float32Array.of(1, 0, 0) };
 * nn.data.grayscale()(image, new Generator()).data; // [0.2989]
 */
export function grayscale(options: GrayscaleOptions = {}): Transform {
  const op = 'grayscale';
  const { numOutputChannels = 1 } = checkOptions(op, options, ['numOutputChannels']);
  if (numOutputChannels !== 1 && numOutputChannels !== 3) {
    throw new ArgumentError(`numOutputChannels is ${String(numOutputChannels)}; it must be 1 or 3`, {
      op,
      numOutputChannels,
    });
  }
  return (image) => {
    const grey = luma(op, image);
    const data = emptyLike(image, numOutputChannels * grey.length);
    for (let c = 0; c < numOutputChannels; c++) data.set(grey, c * grey.length);
    return { ...image, shape: image.shape.with(0, numOutputChannels), data };
  };
}

/** The image without colour but with as many channels, with probability p. @source torchvision: `RandomGrayscale` */
export function randomGrayscale(p = 0.1): Transform {
  const op = 'randomGrayscale';
  return withProbability(op, p, (image, generator) =>
    grayscale({ numOutputChannels: channelsOf(op, image) })(image, generator),
  );
}
