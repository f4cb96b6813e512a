// The numbers that the functions of simd.as.ts load.

import { writeNumbers as write } from './simd.as';

/** Writes them where they are looked for. One item. */
export function writeNumbers(begin: i32, end: i32): void {
  if (begin < end) write();
}
