import type { Dtype } from '../../tensor/dtype.ts';

/**
 * Integers in the order of the floats, NaN above all: they compare exactly, where compilers may take it that there is no NaN.
 * For the smallest, in reverse order (and NaN above all again). WGSL of `order(x)` and of `value`, its inverse.
 */
export function orderOf(dtype: Dtype, extreme: 'max' | 'min'): string {
  const not = extreme === 'min' ? '~' : '';
  if (dtype === 'int32')
    return `fn order(x: i32) -> i32 { return ${not}x; }\nfn value(s: i32) -> i32 { return ${not}s; }`;
  return `fn turned(bits: i32) -> i32 { return select(bits ^ 0x7fffffff, bits, bits >= 0); }
fn order(x: f32) -> i32 {
  let bits = bitcast<i32>(x);
  return select(${not}turned(bits), 0x7fc00000, (bits & 0x7fffffff) > 0x7f800000);
}
fn value(s: i32) -> f32 { return bitcast<f32>(select(turned(${not}s), s, s == 0x7fc00000)); }`;
}
