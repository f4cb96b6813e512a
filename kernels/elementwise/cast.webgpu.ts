import type { Kernel } from '../../autograd/types.ts';
import type { CastAttrs } from './cast.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { computedType } from '../runtime/webgpu/types.ts';
import { launchElementwise } from './elementwise.webgpu.ts';

/** Conversion to i32 cuts toward zero; what it makes of NaN and of numbers beyond its range is the compiler's choice. */
const toInteger = `fn toInteger(x: f32) -> i32 {
  if (isNan_(x)) { return 0; }
  return select(i32(clamp(x, -2147483648.0, 2147483520.0)), 2147483647, x >= 2147483648.0);
}`;

export const castWebgpu: Kernel<['x'], CastAttrs> = acceptsStrides(({ x }, { dtype }, [y]) => {
  const from = computedType(x.dtype);
  const name = `castTo ${dtype}`;
  if (dtype === 'bool') {
    // By the bits: to some compilers a subnormal is 0.
    const value = from === 'f32' ? '(bitcast<u32>(x) & 0x7fffffffu) != 0u' : `x != ${from}(0)`;
    return launchElementwise({ name, value }, [x], y!);
  }
  if (dtype === 'int32' && from === 'f32')
    return launchElementwise({ name, value: 'toInteger(x)', declarations: toInteger }, [x], y!);
  launchElementwise({ name, value: `${computedType(dtype)}(x)` }, [x], y!);
});
