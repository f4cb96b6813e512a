import { side } from './center.ts';

/** Draws a picture of 28 × 28 bytes as ink of a colour, `size` pixels wide. */
export function drawDigit(
  context: CanvasRenderingContext2D,
  pixels: Uint8Array,
  { size, color }: { size: number; color: string },
): void {
  const picture = document.createElement('canvas');
  [picture.width, picture.height] = [side, side];
  const own = picture.getContext('2d')!;
  own.fillStyle = color;
  own.fillRect(0, 0, side, side);
  const image = own.getImageData(0, 0, side, side);
  pixels.forEach((value, i) => (image.data[4 * i + 3] = value));
  own.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, 0, 0, size, size);
}
