import type { Transform } from './transform.ts';
import { ArgumentError } from '../../../index.ts';
import { emptyLike, whiteOf } from './image.ts';
import { channelsOf } from './luma.ts';

/**
 * Colours moved around the circle of hues by `shift` of −½..½ turns.
 *
 * @throws ArgumentError for another shift; ShapeError unless there are 1 or 3 channels
 * @source torchvision: `functional.adjust_hue`
 * @example
 * const red = { shape: [3, 1, 1], data: Float32Array.of(1, 0, 0) };
 * nn.data.adjustHue(1 / 3)(red, new Generator()).data; // [0, 1, 0]
 */
export function adjustHue(shift: number): Transform {
  const op = 'adjustHue';
  if (!(shift >= -0.5 && shift <= 0.5)) {
    throw new ArgumentError(`shift is ${String(shift)}; it must be a number of -0.5..0.5`, { op, shift });
  }
  return (image) => {
    const white = whiteOf(op, image);
    if (channelsOf(op, image) === 1) return image;
    const data = emptyLike(image, image.data.length);
    const area = data.length / 3;
    const scale = white === 255 ? 255 + 1 - 1e-3 : 1; // bytes are rounded down
    for (let i = 0; i < area; i++) {
      const rgb = [0, 1, 2].map((c) => image.data[c * area + i]! / white) as [number, number, number];
      turnHue(rgb, shift).forEach((value, c) => (data[c * area + i] = value * scale));
    }
    return { ...image, data };
  };
}

/** A colour of channels 0..1 with its hue moved, its brightest and its darkest channel as they were. */
function turnHue([r, g, b]: [number, number, number], shift: number): [number, number, number] {
  const most = Math.max(r, g, b);
  const range = most - Math.min(r, g, b);
  if (range === 0) return [r, g, b];
  const sixths = most === r ? (g - b) / range : most === g ? 2 + (b - r) / range : 4 + (r - g) / range;
  const hue = (((sixths / 6 + shift) % 1) + 1) % 1;
  // Channel c falls from `most` by how far the hue is from where c is full: red at 0, green at 2, blue at 4 sixths.
  const channel = (offset: number): number => {
    const k = (offset + hue * 6) % 6;
    return most - range * Math.max(0, Math.min(k, 4 - k, 1));
  };
  return [channel(5), channel(3), channel(1)];
}
