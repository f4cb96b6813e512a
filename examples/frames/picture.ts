import sharp from 'sharp';
import { side } from './data.ts';

/** A film, and the last frame as it was predicted; pixels are 0..1. */
export interface Film {
  readonly frames: Float32Array;
  readonly guess: Float32Array;
}

/** Frame `at`, counted from the end where it is below 0. */
export function frameOf({ frames }: Film, at: number): Float32Array {
  const first = (at < 0 ? frames.length / side ** 2 + at : at) * side ** 2;
  return frames.subarray(first, first + side ** 2);
}

export function meanSquare(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) / a.length;
}

/** A row for each film: at most the last four frames that were seen, the true next one, the predicted one. A PNG file's bytes. */
export async function drawFilms(films: readonly Film[], scale = 3): Promise<Buffer> {
  const gap = 4;
  const cell = side * scale + gap;
  const seen = Math.min(4, films[0]!.frames.length / side ** 2 - 1);
  const tiles = films.flatMap((film, row) => {
    const shown = Array.from({ length: seen + 1 }, (_, i) => frameOf(film, i - seen - 1));
    return [...shown, film.guess].map(async (pixels, column) => ({
      input: await sharp(
        Uint8Array.from(pixels, (value) => 255 * value),
        { raw: { width: side, height: side, channels: 1 } },
      )
        .resize(side * scale, side * scale, { kernel: 'nearest' })
        .png()
        .toBuffer(),
      top: gap + row * cell,
      left: gap + column * cell + (column < seen ? 0 : 2 * gap),
    }));
  });
  const size = { width: 3 * gap + (seen + 2) * cell, height: gap + films.length * cell };
  return sharp({ create: { ...size, channels: 3, background: '#1f5fa8' } })
    .composite(await Promise.all(tiles))
    .png({ compressionLevel: 9 })
    .toBuffer();
}
