import fc from 'fast-check';
import type { CreateOptions, Dtype, Shape, Tensor } from '../index.ts';
import { Generator, tensor } from '../index.ts';
import { isFloat } from '../tensor/dtype.ts';
import { checkOptions } from '../tensor/options.ts';
import { checkShape, sizeOf } from '../tensor/shape.ts';

/** Seeds of `manualSeed`, `Generator` and {@link seededTensors}: let a property draw these, not elements. */
export function seeds(): fc.Arbitrary<number> {
  return fc.nat();
}

export interface SeededOptions extends CreateOptions {
  /** Default 0. */
  seed?: number;
}

/**
 * Tensors of random elements, one for each shape, in an array or by name as the shapes come; a name without a shape is left
 * out. Reals are standard normal, int32 of −10..9, uint8 of 0..9, bool either. The same seed gives the same elements on
 * every device.
 *
 * Elements that a property draws itself are mostly 0, tiny or huge, and hide a wrong sign; a seed does not.
 *
 * @throws ShapeError, DtypeError or DeviceError as `tensor` does
 * @example
 * const { query, key } = seededTensors({ query: [2, 9, 4], key: [2, 9, 4] }, { seed: 7 });
 * const [x, y] = seededTensors([[2, 3], [3]], { device: 'reference', requiresGrad: true });
 * x.mul(y).shape; // [2, 3]
 */
export function seededTensors<const S extends object>(
  shapes: S,
  options: SeededOptions = {},
): { -readonly [K in keyof S]: Tensor } {
  const op = 'seededTensors';
  const { seed = 0, ...rest } = checkOptions(op, options, ['seed', 'dtype', 'device', 'requiresGrad']);
  const given = Object.entries<Shape | undefined>(shapes as Record<string, Shape | undefined>);
  for (const [, shape] of given) if (shape) checkShape(op, shape);
  const generator = new Generator(seed);
  const made = given.flatMap(([name, shape]) =>
    shape ? [[name, tensor(elements(generator, sizeOf(shape), rest.dtype), { ...rest, shape })] as const] : [],
  );
  return (Array.isArray(shapes) ? made.map(([, x]) => x) : Object.fromEntries(made)) as never;
}

function elements(generator: Generator, n: number, dtype: Dtype = 'float32'): ArrayBufferView {
  if (isFloat(dtype)) return generator.normal(n, dtype === 'float64' ? 'float64' : 'float32');
  if (dtype === 'int32') return generator.integers(n, -10, 10);
  return Uint8Array.from(generator.integers(n, 0, dtype === 'bool' ? 2 : 10));
}
