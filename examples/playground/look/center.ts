/** Pixels of a side of the pictures that the network reads. */
export const side = 28;
/** Pixels that a digit is high or wide, as in MNIST. */
const digitSide = 20;

/**
 * A drawing as the training digits are: bytes, light on dark, 20 pixels high or wide, its centre of mass in the middle. Null
 * for an empty one.
 */
export function centered(drawing: HTMLCanvasElement): Uint8Array<ArrayBuffer> | null {
  const box = boxOf(drawing);
  if (!box) return null;
  const scale = digitSide / Math.max(box.width, box.height);
  const [width, height] = [box.width * scale, box.height * scale];
  const put = (x: number, y: number): Uint8Array<ArrayBuffer> => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [side, side];
    const context = canvas.getContext('2d', { willReadFrequently: true })!;
    context.imageSmoothingQuality = 'high';
    context.drawImage(drawing, box.x, box.y, box.width, box.height, x, y, width, height);
    return inkOf(context, side, side);
  };
  const [left, top] = [(side - width) / 2, (side - height) / 2];
  const mass = centerOf(put(left, top));
  return put(left + Math.round(side / 2 - mass.x), top + Math.round(side / 2 - mass.y));
}

/** How much ink is where: the drawing's opacity. */
function inkOf(context: CanvasRenderingContext2D, width: number, height: number): Uint8Array<ArrayBuffer> {
  const { data } = context.getImageData(0, 0, width, height);
  return Uint8Array.from({ length: width * height }, (_, i) => data[4 * i + 3]!);
}

/** The smallest box around all ink. */
function boxOf(drawing: HTMLCanvasElement): { x: number; y: number; width: number; height: number } | null {
  const { width, height } = drawing;
  const ink = inkOf(drawing.getContext('2d')!, width, height);
  let [left, right, top, bottom] = [width, -1, height, -1];
  ink.forEach((value, i) => {
    if (value === 0) return;
    const [x, y] = [i % width, Math.floor(i / width)];
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
  });
  return right < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

function centerOf(pixels: Uint8Array): { x: number; y: number } {
  let [sum, x, y] = [0, 0, 0];
  pixels.forEach((value, i) => {
    sum += value;
    x += value * ((i % side) + 0.5);
    y += value * (Math.floor(i / side) + 0.5);
  });
  return { x: x / sum, y: y / sum };
}
