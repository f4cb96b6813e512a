// The last step of logsumexp: y = shift + ln y, shift the maximum, y the sum of e^(x − shift); where the maximum is not
// finite, that alone. Items are elements. No memory beside the buffers.

import { log1 } from '../runtime/cpu/simd.as';

export function logsumexpEnd(shifts: usize, y: usize, begin: i32, end: i32): void {
  for (let i = begin; i < end; i++) {
    const p = <usize>i << 2;
    const shift = load<f32>(shifts + p);
    store<f32>(y + p, abs<f32>(shift) < Infinity ? log1(load<f32>(y + p)) + shift : shift);
  }
}
