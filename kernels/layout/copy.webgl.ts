import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { PlaceAttrs } from './place.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { launchElementwise } from '../elementwise/elementwise.webgl.ts';
import { indices, sumOf } from '../runtime/webgl/glsl.ts';
import { launch } from '../runtime/webgl/launch.ts';

const same = { name: 'contiguous', value: 'x' };

export const contiguousWebgl: Kernel<['x']> = acceptsStrides(({ x }, _attrs, [y]) => launchElementwise(same, [x], y!));

/** Textures that a kernel surely may read. */
const mostParts = 12;

/** Each element is looked for in one part after the other. */
export const concatWebgl: Kernel<['tensors[]'], { axis?: number }> = ({ tensors }, { axis }, [y]) => {
  const parts = tensors.filter(({ size }) => size > 0);
  const at = axis < 0 ? axis + y!.rank : axis;
  joinParts(
    parts,
    parts.map(({ shape }) => sizeOf(shape.slice(at))),
    y!,
  );
};

function joinParts(parts: readonly Tensor[], widths: readonly number[], y: Tensor): void {
  const row = widths.reduce((a, b) => a + b, 0);
  for (let first = 0; first < parts.length; first += mostParts) {
    const taken = parts.slice(first, first + mostParts).map((x, k): [string, Tensor] => [`x${k}`, x]);
    const before = widths.slice(0, first).reduce((a, b) => a + b, 0);
    const code = (): string => {
      let end = before;
      const finds = taken.map(([name], k) => {
        const [begin, width] = [end, widths[first + k]!];
        end += width;
        return `  if (column < ${end}) return ${name}(row * ${width} + column - ${begin});`;
      });
      const own = first === 0 ? '' : `  if (column < ${before}) return before(i);\n`;
      return `float element(int i) {
  int row = i / ${row};
  int column = i % ${row};
${own}${finds.join('\n')}
  return 0.0;
}`;
    };
    // What earlier rounds wrote is read again: a texture cannot be written in part.
    const inputs = Object.fromEntries(first === 0 ? taken : [...taken, ['before', y] as const]);
    launch({ key: `concat ${first} ${row} ${widths.join()}`, inputs, code }, y);
  }
}

/** Each element looks for the one of x that goes there. */
export const placeWebgl: Kernel<['x'], PlaceAttrs> = acceptsStrides(({ x }, { offsets, steps, value }, [y]) => {
  const { shape, strides } = x;
  const step = shape.map((_, axis) => steps?.[axis] ?? 1);
  const code = (): string => {
    const tests = shape.map((n, axis) => {
      const own = `i${axis} - ${offsets[axis]}`;
      return `  if (i${axis} < ${offsets[axis]} || (${own}) % ${step[axis]} != 0 || (${own}) / ${step[axis]} >= ${n}) return params.value;
  i${axis} = (${own}) / ${step[axis]};`;
    });
    return `float element(int i) {
${indices(y!.shape.length === 0 ? [1] : y!.shape)}
${tests.join('\n')}
  return x(${sumOf(strides)});
}`;
  };
  if (x.size === 0) return y!.storage.runtime.fill(y!.storage.handle, y!.dtype, y!.size, value);
  const key = `place ${[shape, strides, offsets, step, y!.shape].map((list) => list.join()).join(' ')}`;
  launch({ key, inputs: { x }, numbers: { value }, code }, y!);
});
