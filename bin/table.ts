/** Columns as wide as their longest cell, numbers to the right, a rule under the head and above the foot. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  foot?: readonly string[],
): string {
  const all = [head, ...rows, ...(foot ? [foot] : [])];
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
  const isNumber = head.map((_, i) => rows.every((row) => /^$|^[\d.]+( %)?$/.test(row[i]!)));
  const format = (row: readonly string[]): string =>
    row
      .map((cell, i) => (isNumber[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [format(head), rule, ...rows.map(format), ...(foot ? [rule, format(foot)] : [])].join('\n');
}
