import type { Tensor } from '../../tensor/tensor.ts';
import type { Loops } from '../runtime/collapse.ts';
import { broadcastStrides, sameShape } from '../../tensor/shape.ts';
import { collapse } from '../runtime/collapse.ts';
import { places } from '../runtime/webgl/glsl.ts';
import { launch } from '../runtime/webgl/launch.ts';
import { functionsFor } from './functions.webgl.ts';

/** One value from those at the same place: GLSL for `value`, from floats `x`, `y`, `z` and numbers in `params`. */
export interface Formula {
  readonly name: string;
  readonly value: string;
}

const names = ['x', 'y', 'z'] as const;

/** out = formula of inputs that broadcast to it, whatever their strides; `out` is contiguous. */
export function launchElementwise(
  { name, value }: Formula,
  inputs: readonly Tensor[],
  out: Tensor,
  numbers: Readonly<Record<string, number>> = {},
): void {
  const loops = loopsOf(inputs, out);
  const used = names.slice(0, inputs.length);
  const walk = loops.sizes.length === 1 ? '' : loops.sizes.join();
  const code = (): string => `${functionsFor(value)}
float formula(${used.map((x) => `float ${x}`).join(', ')}) { return float(${value}); }
float element(int i) {
${places(loops, used)}
  return formula(${used.map((x) => `${x}(${x}At)`).join(', ')});
}`;
  const key = `${name} ${value} ${walk} ${loops.strides.join(' ')}`;
  launch({ key, inputs: Object.fromEntries(used.map((x, i) => [x, inputs[i]!])), numbers, code }, out);
}

/** The shortest nest; most often every operand lies as `out` does, or is one element. */
function loopsOf(inputs: readonly Tensor[], out: Tensor): Loops {
  const isFlat = (x: Tensor): boolean => x.size === 1 || (x.isContiguous && sameShape(x.shape, out.shape));
  if (inputs.every(isFlat)) return { sizes: [out.size], strides: inputs.map((x) => [x.size === 1 ? 0 : 1]) };
  return collapse(
    out.shape,
    inputs.map((x) => broadcastStrides(x.shape, x.strides, out.shape)),
  );
}
