import type { Transform } from './transform.ts';
import { ArgumentError } from '../../../index.ts';
import { checkOptions } from '../../../tensor/options.ts';
import { adjustHue } from './adjustHue.ts';
import { adjustBrightness, adjustContrast, adjustSaturation } from './color.ts';
import { between, checkRange } from './image.ts';

/** How much each may change: a number of 0 and up around the image as it is, or [least, most]. */
export interface ColorJitterOptions {
  /** Factor of 1 − x..1 + x, not below 0. Default 0. */
  brightness?: number | readonly [number, number];
  /** The same. */
  contrast?: number | readonly [number, number];
  /** The same. */
  saturation?: number | readonly [number, number];
  /** Shift of −x..x turns; x is at most ½. */
  hue?: number | readonly [number, number];
}

const known = ['brightness', 'contrast', 'saturation', 'hue'] as const;
const adjusts = [adjustBrightness, adjustContrast, adjustSaturation, adjustHue] as const;

/**
 * Brightness, contrast, saturation and hue changed at random, one after the other in random order.
 *
 * @throws ArgumentError for a range that is none
 * @source torchvision: `ColorJitter`
 * @example
 * const augment = nn.data.colorJitter({ brightness: 0.4, contrast: 0.4, saturation: [0.5, 2], hue: 0.1 });
 */
export function colorJitter(options: ColorJitterOptions = {}): Transform {
  const given = checkOptions('colorJitter', options, known);
  const ranges = known.map((name) => rangeOf(name, given[name] ?? 0));
  return (image, generator) => {
    const order = generator.permutation(known.length);
    const amounts = ranges.map((range) => between(generator, range));
    return order.reduce((result, which) => {
      const neutral = known[which] === 'hue' ? 0 : 1;
      const amount = amounts[which]!;
      return amount === neutral ? result : adjusts[which]!(amount)(result, generator);
    }, image);
  };
}

function rangeOf(name: (typeof known)[number], amount: number | readonly [number, number]): readonly [number, number] {
  const op = 'colorJitter';
  const limits = name === 'hue' ? ([-0.5, 0.5] as const) : ([0, Number.MAX_VALUE] as const);
  if (typeof amount !== 'number') return checkRange(op, name, amount, limits);
  const most = name === 'hue' ? 0.5 : Number.MAX_VALUE;
  if (!(amount >= 0 && amount <= most)) {
    throw new ArgumentError(`${name} is ${amount}; it must be a number of 0..${most}`, { op, [name]: amount });
  }
  return name === 'hue' ? [-amount, amount] : [Math.max(0, 1 - amount), 1 + amount];
}
