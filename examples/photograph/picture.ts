import sharp from 'sharp';

/** Peak signal to noise ratio in decibels, where white is 1. */
export function psnr(picture: Float32Array, truth: Float32Array): number {
  const meanSquare = picture.reduce((sum, value, i) => sum + (value - truth[i]!) ** 2, 0) / truth.length;
  return -10 * Math.log10(meanSquare);
}

/** [3, size, size] of 0..1 as bytes with interleaved channels, as sharp has them. */
function bytesOf(picture: Float32Array, size: number): Uint8Array {
  const pixels = size * size;
  return Uint8Array.from({ length: 3 * pixels }, (_, i) => {
    const value = picture[(i % 3) * pixels + Math.floor(i / 3)]!;
    return Math.round(255 * Math.min(1, Math.max(0, value)));
  });
}

/** The highest PSNR that a Gaussian blur of any width reaches: what can be had without learning. */
export async function psnrOfBestBlur(noisy: Float32Array, clean: Float32Array, size: number): Promise<number> {
  const raw = { width: size, height: size, channels: 3 } as const;
  const truth = Float32Array.from(bytesOf(clean, size), (byte) => byte / 255);
  const widths = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2];
  const reached = widths.map(async (width) => {
    const blurred = await sharp(bytesOf(noisy, size), { raw }).blur(width).raw().toBuffer();
    return psnr(
      Float32Array.from(blurred, (byte) => byte / 255),
      truth,
    );
  });
  return Math.max(...(await Promise.all(reached)));
}

/** Pictures of one size in a row, a JPEG file's bytes. */
export async function sideBySide(pictures: readonly Float32Array[], size: number): Promise<Buffer> {
  const gap = 4;
  const tiles = pictures.map(async (picture, i) => ({
    input: await sharp(bytesOf(picture, size), { raw: { width: size, height: size, channels: 3 } })
      .png()
      .toBuffer(),
    left: i * (size + gap),
    top: 0,
  }));
  const width = pictures.length * (size + gap) - gap;
  return sharp({ create: { width, height: size, channels: 3, background: 'white' } })
    .composite(await Promise.all(tiles))
    .jpeg({ quality: 90, chromaSubsampling: '4:4:4' })
    .toBuffer();
}
