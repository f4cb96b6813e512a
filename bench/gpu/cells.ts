// Columns of a table.

/** Numbers with three digits that count, or headings. */
export function cells(values: readonly (number | string)[]): string {
  const text = (x: number | string): string =>
    typeof x === 'string' ? x : x.toFixed(x < 1 ? 3 : x < 10 ? 2 : x < 100 ? 1 : 0);
  return values.map((x) => text(x).padStart(9)).join('');
}
