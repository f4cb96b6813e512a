/** Reference: which step, of those taken, number `step` is after the skipped ones of `overflow`; 1 at least; null: it is skipped itself. */
export function stepsTaken(step: number, overflow: ArrayLike<number> | undefined): number | null {
  if (!overflow) return step;
  return overflow[0] === 0 ? Math.max(1, step - overflow[1]!) : null;
}
