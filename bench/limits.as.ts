/** What the processor gives to 128-bit WebAssembly: loops to measure the kernels beside, no part of the package. */

import { erf4, exp4, madd, writeNumbers } from '../kernels/runtime/cpu/simd.as';

/** `steps` rounds of twelve independent multiply-adds of four lanes, 96 operations a round; the sums go `to` memory. */
export function multiplyAdds(steps: i32, to: usize): void {
  const x = v128.load(to, 16);
  const y = v128.load(to, 32);
  let a = v128.load(to);
  let b = a, c = a, d = a, e = a, f = a, g = a, h = a, i = a, j = a, k = a, l = a;
  for (let step = 0; step < steps; step++) {
    a = madd(a, x, y);
    b = madd(b, x, y);
    c = madd(c, x, y);
    d = madd(d, x, y);
    e = madd(e, x, y);
    f = madd(f, x, y);
    g = madd(g, x, y);
    h = madd(h, x, y);
    i = madd(i, x, y);
    j = madd(j, x, y);
    k = madd(k, x, y);
    l = madd(l, x, y);
  }
  a = f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(f32x4.add(e, f), f32x4.add(g, h)));
  v128.store(to, f32x4.add(a, f32x4.add(f32x4.add(i, j), f32x4.add(k, l))));
}

/** `bytes` from one place to another, by the engine's own copy. */
export function copy(from: usize, to: usize, bytes: usize): void {
  memory.copy(to, from, bytes);
}

/** eˣ of `count` floats, a multiple of eight, `times` over. */
export function exps(from: usize, to: usize, count: usize, times: i32): void {
  for (let time = 0; time < times; time++) {
    for (let at: usize = 0; at < count << 2; at += 32) {
      v128.store(to + at, exp4(v128.load(from + at)));
      v128.store(to + at, exp4(v128.load(from + at, 16)), 16);
    }
  }
}

/** erf x of `count` floats, a multiple of eight, `times` over. */
export function erfs(from: usize, to: usize, count: usize, times: i32): void {
  for (let time = 0; time < times; time++) {
    for (let at: usize = 0; at < count << 2; at += 32) {
      v128.store(to + at, erf4(v128.load(from + at)));
      v128.store(to + at, erf4(v128.load(from + at, 16)), 16);
    }
  }
}

/** Writes what exp4 and erf4 load, in the memory's first page. */
export function start(): void {
  writeNumbers();
}
