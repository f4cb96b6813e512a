/** Kernels that only the tests of the launcher run. */

/** yᵢ += a i + 1: an item that is skipped or done twice shows. */
export function count(y: usize, a: f64, begin: i32, end: i32): void {
  for (let i = begin; i < end; i++) {
    const p = y + (<usize>i << 3);
    store<f64>(p, load<f64>(p) + a * <f64>i + 1);
  }
}
/** yᵢ = 0 + 1 + … + n − 1 + i, summed in scratch memory. */
export function throughScratch(y: usize, n: i32, begin: i32, end: i32, scratch: usize): void {
  for (let i = begin; i < end; i++) {
    for (let k = 0; k < n; k++) store<i32>(scratch + (<usize>k << 2), k);
    let sum = i;
    for (let k = 0; k < n; k++) sum += load<i32>(scratch + (<usize>k << 2));
    store<f64>(y + (<usize>i << 3), sum);
  }
}
export function trapAt(y: usize, bad: i32, begin: i32, end: i32): void {
  for (let i = begin; i < end; i++) {
    if (i == bad) unreachable();
    store<f64>(y + (<usize>i << 3), i);
  }
}
/** yᵢ = the address of the scratch memory of the thread that did item i, after some time. */
export function whose(y: usize, steps: i32, begin: i32, end: i32, scratch: usize): void {
  for (let i = begin; i < end; i++) {
    let x: f64 = i;
    for (let k = 0; k < steps; k++) x = sqrt(x + 1);
    store<f64>(y + (<usize>i << 3), <f64>scratch + (x < 0 ? 1 : 0));
  }
}
/** y at a chunk's first item = its end: how the work was cut. */
export function markEnds(y: usize, begin: i32, end: i32): void {
  store<f64>(y + (<usize>begin << 3), end);
}
