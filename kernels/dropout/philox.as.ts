/**
 * Philox4x32-10, four blocks at a time: the bits of tensor/philox.ts for keys of 32 bits. Not a kernel itself.
 */

/** Writes the words of four blocks, each lane of the counter's words one block, to `to`: a vector for each word. */
function philoxBlocks(seed: i32, c0: v128, c1: v128, c2: v128, c3: v128, to: usize): void {
  const m0 = i32x4.splat(0xd2511f53);
  const m1 = i32x4.splat(0xcd9e8d57);
  let key0 = i32x4.splat(seed);
  let key1 = i32x4.splat(0);
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
  v128.store(to, c0);
  v128.store(to, c1, 16);
  v128.store(to, c2, 32);
  v128.store(to, c3, 48);
}

/** Writes the words of blocks `block` … `block + 3` to `to`: word w of block b is number 4b + w of the generator. */
export function philox4(seed: i32, block: i32, to: usize): void {
  const zero = i32x4.splat(0);
  philoxBlocks(seed, i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3)), zero, zero, zero, to);
  // Lanes are blocks and vectors are words; memory wants blocks one after another.
  const c0 = v128.load(to), c1 = v128.load(to, 16), c2 = v128.load(to, 32), c3 = v128.load(to, 48);
  const ab = i32x4.shuffle(c0, c1, 0, 4, 1, 5);
  const cd = i32x4.shuffle(c2, c3, 0, 4, 1, 5);
  const ef = i32x4.shuffle(c0, c1, 2, 6, 3, 7);
  const gh = i32x4.shuffle(c2, c3, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(ab, cd, 0, 2));
  v128.store(to, i64x2.shuffle(ab, cd, 1, 3), 16);
  v128.store(to, i64x2.shuffle(ef, gh, 0, 2), 32);
  v128.store(to, i64x2.shuffle(ef, gh, 1, 3), 48);
}

/** Lane by lane word `word` (0 … 3) of the block with the counter (c0, c1, c2, c3), lowest first. Scratch: 64 bytes. */
export function philoxWord4(
  seed: i32, c0: v128, c1: v128, c2: v128, c3: v128, word: v128, scratch: usize,
): v128 {
  philoxBlocks(seed, c0, c1, c2, c3, scratch);
  const isOdd = i32x4.eq(v128.and(word, i32x4.splat(1)), i32x4.splat(1)), isHigh = i32x4.gt_s(word, i32x4.splat(1));
  const low = v128.bitselect(v128.load(scratch, 16), v128.load(scratch), isOdd);
  const high = v128.bitselect(v128.load(scratch, 48), v128.load(scratch, 32), isOdd);
  return v128.bitselect(high, low, isHigh);
}
