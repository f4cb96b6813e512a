import { naMask, type NaProblem } from 'vicinal';
import type { Mask } from './maskView.ts';

/** The library's own mask of a problem. */
export async function makeMask(lengths: readonly number[], problem: NaProblem, color: string): Promise<Mask> {
  using mask = naMask(lengths, problem);
  const pairs = (await mask.data()) as Uint8Array;
  const size = mask.shape[0]!;
  const picture = document.createElement('canvas');
  [picture.width, picture.height] = [size, size];
  const context = picture.getContext('2d', { willReadFrequently: true })!;
  context.fillStyle = color;
  context.fillRect(0, 0, size, size);
  const image = context.getImageData(0, 0, size, size);
  pairs.forEach((attends, i) => (image.data[4 * i + 3] = attends ? 255 : 0));
  context.putImageData(image, 0, 0);
  return { size, pairs, picture };
}
