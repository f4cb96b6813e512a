import type { HostArray } from '../hostArray.ts';
import { ArgumentError, ShapeError, Tensor } from '../../../index.ts';
import { formatShape } from '../../../tensor/shape.ts';
import { checkOptions } from '../../../tensor/options.ts';
import { rounding, sizesOf, whiteOf } from '../transforms/image.ts';
import { loadSharp } from './sharp.ts';

export interface EncodeImageOptions {
  /** Default 'png', which loses nothing. */
  format?: 'png' | 'jpeg' | 'webp';
  /** Of 'jpeg' and 'webp', 1..100. Default 90. */
  quality?: number;
}

const formats: readonly string[] = ['png', 'jpeg', 'webp'];

/**
 * A picture file of an image [C, Y, X] of 1, 3 or 4 channels: bytes, or floats that are cut to 0..1. Node makes it by the npm package
 * `sharp`, an optional peer, pages by a canvas.
 *
 * @throws ShapeError for another shape, DtypeError for integers, ArgumentError when `sharp` is not installed
 * @example
 * const file = await nn.data.encodeImage(rand([3, 8, 8]));
 * await writeFileAtomic('/tmp/noise.png', file);
 */
export async function encodeImage(image: HostArray | Tensor, options: EncodeImageOptions = {}): Promise<Uint8Array> {
  const op = 'encodeImage';
  const { format = 'png', quality = 90 } = checkOptions(op, options, ['format', 'quality']);
  if (!formats.includes(format)) {
    throw new ArgumentError(`format '${String(format)}' is unknown; use ${formats.join(', ')}`, { op, format });
  }
  if (!(quality >= 1 && quality <= 100)) {
    throw new ArgumentError(`quality is ${quality}; it must be a number of 1..100`, { op, quality });
  }
  const host = image instanceof Tensor ? { shape: image.shape, dtype: image.dtype, data: await image.data() } : image;
  const [channels, height, width] = sizesOf(op, host);
  if (channels !== 1 && channels !== 3 && channels !== 4) {
    throw new ShapeError(`the image ${formatShape(host.shape)} has ${channels} channels; it must have 1, 3 or 4`, {
      op,
      shape: host.shape,
    });
  }
  const sharp = await loadSharp(op);
  if (sharp) {
    const made = sharp(pixelsOf(op, host, channels), { raw: { width, height, channels } });
    const { data } = await made
      .toFormat(format, format === 'png' ? {} : { quality })
      .toBuffer({ resolveWithObject: true });
    return new Uint8Array(data.buffer, data.byteOffset, data.length);
  }
  const canvas = new OffscreenCanvas(width, height);
  const pixels = new Uint8ClampedArray(pixelsOf(op, host, 4).buffer);
  canvas.getContext('2d')!.putImageData(new ImageData(pixels, width, height), 0, 0);
  const blob = await canvas.convertToBlob({ type: `image/${format}`, quality: quality / 100 });
  return new Uint8Array(await blob.arrayBuffer());
}

/** Bytes, pixel after pixel; what lacks colours gets them from its one channel, what lacks opacity is opaque. */
function pixelsOf(op: string, { shape, data, dtype }: HostArray, channels: number): Uint8Array<ArrayBuffer> {
  const have = shape[0]!;
  const scale = 255 / whiteOf(op, { shape, data, ...(dtype && { dtype }) });
  const area = data.length / have;
  const bytes = new Uint8Array(channels * area);
  const out = rounding(bytes);
  for (let c = 0; c < channels; c++) {
    const from = c === 3 ? (have === 4 ? 3 : -1) : Math.min(c, have - 1);
    for (let i = 0; i < area; i++) out[i * channels + c] = from < 0 ? 255 : data[from * area + i]! * scale;
  }
  return bytes;
}
