// Strided copies, the work behind contiguous, concat, place and pad.
//
// Legend: three loops of sizes n0, n1, n2; x and y advance by x0.. and y0.. elements per step of each.
// Items are the n0 · n1 rows; a row is n2 elements. No memory beside the buffers.

/** y = x, elements of 4 bytes. */
export function copy32(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32, begin: i32, end: i32,
): void {
  for (let row = begin; row < end; row++) {
    const i = row / n1;
    const j = row - i * n1;
    let from = x + ((<usize>(i * x0 + j * x1)) << 2);
    let to = y + ((<usize>(i * y0 + j * y1)) << 2);
    if (x2 == 1 && y2 == 1) {
      memory.copy(to, from, (<usize>n2) << 2);
      continue;
    }
    let k = 0;
    if (x2 == -1 && y2 == 1) {
      for (; k + 4 <= n2; k += 4) {
        const four = v128.load(from - 12);
        v128.store(to, i32x4.shuffle(four, four, 3, 2, 1, 0));
        from -= 16;
        to += 16;
      }
    }
    const fromStep = <usize>x2 << 2;
    const toStep = <usize>y2 << 2;
    for (; k < n2; k++) {
      store<u32>(to, load<u32>(from));
      from += fromStep;
      to += toStep;
    }
  }
}

/** y = x, elements of 1 byte. */
export function copy8(
  x: usize, y: usize, n1: i32, n2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32, begin: i32, end: i32,
): void {
  for (let row = begin; row < end; row++) {
    const i = row / n1;
    const j = row - i * n1;
    let from = x + <usize>(i * x0 + j * x1);
    let to = y + <usize>(i * y0 + j * y1);
    for (let k = 0; k < n2; k++) {
      store<u8>(to, load<u8>(from));
      from += <usize>x2;
      to += <usize>y2;
    }
  }
}

/**
 * y = x for matrices whose inner axis is contiguous in y and strided in x: n1 rows of n2, copied in tiles of 32 rows by
 * 32 columns so that each cache line of x is read once. Items are blocks of 32 rows.
 */
export function transpose32(
  x: usize, y: usize, n1: i32, n2: i32, x1: i32, x2: i32, y1: i32, begin: i32, end: i32,
): void {
  const xRow = <usize>x1 << 2;
  const xStep = <usize>x2 << 2;
  const yRow = <usize>y1 << 2;
  for (let block = begin; block < end; block++) {
    const first = block << 5;
    const last = min(first + 32, n1);
    // Squares of four by four are turned in registers where rows of x are neighbours.
    const whole = x1 == 1 ? first + ((last - first) & ~3) : first;
    for (let column = 0; column < n2; column += 32) {
      const stop = min(column + 32, n2);
      const turned = column + ((stop - column) & ~3);
      for (let row = first; row < whole; row += 4) {
        let from = x + <usize>row * xRow + <usize>column * xStep;
        let to = y + <usize>row * yRow + (<usize>column << 2);
        for (let k = column; k < turned; k += 4) {
          turn(from, xStep, to, yRow);
          from += xStep << 2;
          to += 16;
        }
      }
      copyPart(x, y, first, whole, turned, stop, xRow, xStep, yRow);
      copyPart(x, y, whole, last, column, stop, xRow, xStep, yRow);
    }
  }
}

/** Four columns of x, four neighbours each, become four rows of y. */
@inline
function turn(x: usize, xStep: usize, y: usize, yRow: usize): void {
  const a = v128.load(x);
  const b = v128.load(x + xStep);
  const c = v128.load(x + 2 * xStep);
  const d = v128.load(x + 3 * xStep);
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const ef = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const gh = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(y, i64x2.shuffle(ab, cd, 0, 2));
  v128.store(y + yRow, i64x2.shuffle(ab, cd, 1, 3));
  v128.store(y + 2 * yRow, i64x2.shuffle(ef, gh, 0, 2));
  v128.store(y + 3 * yRow, i64x2.shuffle(ef, gh, 1, 3));
}

/** Rows [first, last) of columns [column, stop), one by one. */
@inline
function copyPart(
  x: usize, y: usize, first: i32, last: i32, column: i32, stop: i32, xRow: usize, xStep: usize, yRow: usize,
): void {
  for (let row = first; row < last; row++) {
    let from = x + <usize>row * xRow + <usize>column * xStep;
    let to = y + <usize>row * yRow + (<usize>column << 2);
    for (let k = column; k < stop; k++) {
      store<u32>(to, load<u32>(from));
      from += xStep;
      to += 4;
    }
  }
}
