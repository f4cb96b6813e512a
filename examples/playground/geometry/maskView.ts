import { fitCanvas } from '../page/canvas.ts';
import type { Palette } from '../page/palette.ts';

/** More tokens are a finer picture than a screen shows. */
export const mostTokens = 1024;

/** Who attends to whom: row-major pairs of `size` queries and `size` keys, and their picture of a pixel each. */
export interface Mask {
  readonly size: number;
  readonly pairs: ArrayLike<number>;
  readonly picture: HTMLCanvasElement;
}

/** Shows the mask with the row of a query, whose keys it holds, and the column of the same token as a key. */
export function showMask(
  canvas: HTMLCanvasElement,
  { size, pairs, picture }: Mask,
  token: number,
  colors: Palette,
): void {
  const room = Math.min(canvas.parentElement!.clientWidth - 42, 320);
  const cell = size < room ? Math.floor((2 * room) / size) / 2 : room / size;
  const side = cell * size;
  const context = fitCanvas(canvas, side, side);
  context.imageSmoothingEnabled = cell < 1;
  context.fillStyle = colors.cell;
  context.fillRect(0, 0, side, side);
  context.globalAlpha = 0.5;
  context.drawImage(picture, 0, 0, side, side);
  context.globalAlpha = 1;
  const mark = Math.max(cell, 3); // a line of less is not seen
  const at = (token + 0.5) * cell - mark / 2;
  for (let other = 0; other < size; other++) {
    const along = (other + 0.5) * cell - Math.max(cell, 1) / 2;
    context.fillStyle = colors.seen;
    if (pairs[other * size + token]) context.fillRect(at, along, mark, Math.max(cell, 1));
    context.fillStyle = colors.sees;
    if (pairs[token * size + other]) context.fillRect(along, at, Math.max(cell, 1), mark);
  }
  context.fillStyle = colors.ink;
  context.fillRect(at, at, mark, mark);
}
