import type { HostArray } from '../hostArray.ts';
import { ArgumentError, FormatError } from '../../../index.ts';
import { checkBytes } from '../../../tensor/io/elements.ts';
import { checkOptions } from '../../../tensor/options.ts';
import { loadSharp } from './sharp.ts';

export interface DecodeImageOptions {
  /** 1 for grey, 3 for red, green and blue, 4 with opacity. Default 3. */
  channels?: 1 | 3 | 4;
}

/** Pixel after pixel. */
interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: ArrayLike<number>;
}

/**
 * The picture in a file of JPEG, PNG, WebP, GIF (its first frame), AVIF or TIFF, as bytes [channels, Y, X]: as one sees it, turned as
 * its camera noted and in sRGB. Grey is 0.299 red + 0.587 green + 0.114 blue. Node does it by the npm package `sharp`, an optional
 * peer; pages by `createImageBitmap`, which knows what the browser knows.
 *
 * @param bytes - the file, in pages as well a Blob or File
 * @throws FormatError when it is no picture, or not whole; ArgumentError when `sharp` is not installed
 * @source torchvision: `io.decode_image`, PIL: `Image.convert`; these leave the picture as the camera held it
 * @example
 * const image = { shape: [3, 2, 4], data: new Uint8Array(24).fill(128) };
 * const file = await nn.data.encodeImage(image, { format: 'png' });
 * (await nn.data.decodeImage(file)).shape; // [3, 2, 4]
 */
export async function decodeImage(bytes: Uint8Array | Blob, options: DecodeImageOptions = {}): Promise<HostArray> {
  const op = 'decodeImage';
  const { channels = 3 } = checkOptions(op, options, ['channels']);
  if (![1, 3, 4].includes(channels)) {
    throw new ArgumentError(`channels is ${String(channels)}; it must be 1, 3 or 4`, { op, channels });
  }
  if (!(bytes instanceof Blob)) checkBytes(op, bytes);
  const sharp = await loadSharp(op);
  try {
    const pixels = sharp ? await bySharp(sharp, bytes, channels === 4) : await byPage(bytes);
    return planes(pixels, channels);
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    throw new FormatError(`the image cannot be decoded: ${reason}`, { op });
  }
}

async function bySharp(
  sharp: NonNullable<Awaited<ReturnType<typeof loadSharp>>>,
  bytes: Uint8Array | Blob,
  hasOpacity: boolean,
): Promise<Pixels> {
  const file = bytes instanceof Blob ? new Uint8Array(await bytes.arrayBuffer()) : bytes;
  const turned = sharp(file).rotate().toColourspace('srgb');
  const { data, info } = await (hasOpacity ? turned.ensureAlpha() : turned.removeAlpha())
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { ...info, data };
}

async function byPage(bytes: Uint8Array | Blob): Promise<Pixels> {
  const blob = bytes instanceof Blob ? bytes : new Blob([bytes as Uint8Array<ArrayBuffer>]);
  const bitmap = await createImageBitmap(blob, { premultiplyAlpha: 'none' });
  try {
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
    context.drawImage(bitmap, 0, 0);
    return { width, height, channels: 4, data: context.getImageData(0, 0, width, height).data };
  } finally {
    bitmap.close();
  }
}

/** [channels, Y, X]. */
function planes({ width, height, channels: have, data }: Pixels, channels: 1 | 3 | 4): HostArray {
  const area = width * height;
  const out = new Uint8Array(channels * area);
  const isGrey = have < 3;
  for (let i = 0; i < area; i++) {
    const at = i * have;
    const [green, blue] = isGrey ? [at, at] : [at + 1, at + 2];
    if (channels === 1) {
      // In 2⁻¹⁶, as PIL has it: the three sum to 1, so that grey stays what it is.
      out[i] = (data[at]! * 19595 + data[green]! * 38470 + data[blue]! * 7471 + 0x8000) >> 16;
      continue;
    }
    out[i] = data[at]!;
    out[area + i] = data[green]!;
    out[2 * area + i] = data[blue]!;
    if (channels === 4) out[3 * area + i] = have % 2 === 0 ? data[at + have - 1]! : 255;
  }
  return { shape: [channels, height, width], data: out };
}
