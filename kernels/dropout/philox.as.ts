/**
 * Philox4x32-10, four blocks at a time: the bits of tensor/philox.ts for keys of 32 bits. Not a kernel itself.
 */

/** Writes the words of blocks `block` … `block + 3` to `to`: word w of block b is number 4b + w of the generator. */
export function philox4(seed: i32, block: i32, to: usize): void {
  const m0 = i32x4.splat(0xd2511f53);
  const m1 = i32x4.splat(0xcd9e8d57);
  let key0 = i32x4.splat(seed);
  let key1 = i32x4.splat(0);
  let c0 = i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3));
  let c1 = i32x4.splat(0);
  let c2 = i32x4.splat(0);
  let c3 = i32x4.splat(0);
  for (let round = 0; round < 10; round++) {
    const a = i64x2.extmul_low_i32x4_u(c0, m0);
    const b = i64x2.extmul_high_i32x4_u(c0, m0);
    const c = i64x2.extmul_low_i32x4_u(c2, m1);
    const d = i64x2.extmul_high_i32x4_u(c2, m1);
    const high0 = i32x4.shuffle(a, b, 1, 3, 5, 7);
    const high1 = i32x4.shuffle(c, d, 1, 3, 5, 7);
    const low0 = i32x4.shuffle(a, b, 0, 2, 4, 6);
    const low1 = i32x4.shuffle(c, d, 0, 2, 4, 6);
    c0 = v128.xor(v128.xor(high1, c1), key0);
    c1 = low1;
    c2 = v128.xor(v128.xor(high0, c3), key1);
    c3 = low0;
    key0 = i32x4.add(key0, i32x4.splat(0x9e3779b9));
    key1 = i32x4.add(key1, i32x4.splat(0xbb67ae85));
  }
  // Lanes are blocks and vectors are words; memory wants blocks one after another.
  const ab = i32x4.shuffle(c0, c1, 0, 4, 1, 5);
  const cd = i32x4.shuffle(c2, c3, 0, 4, 1, 5);
  const ef = i32x4.shuffle(c0, c1, 2, 6, 3, 7);
  const gh = i32x4.shuffle(c2, c3, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(ab, cd, 0, 2));
  v128.store(to, i64x2.shuffle(ab, cd, 1, 3), 16);
  v128.store(to, i64x2.shuffle(ef, gh, 0, 2), 32);
  v128.store(to, i64x2.shuffle(ef, gh, 1, 3), 48);
}
