// What is printed.

import type { Case } from './case.ts';
import type { Timing } from './measure.ts';
import type { MemoryRow } from './memory.ts';
import { units } from './case.ts';

/** One line of the table; what --json keeps. */
export interface Row {
  readonly name: string;
  readonly threads: number;
  readonly unit: Case['unit'];
  readonly best: number;
  readonly median: number;
  readonly runs: number;
  /** Times as fast as on the first number of threads. */
  readonly speedUp: { readonly best: number; readonly median: number } | null;
  /** The value to reach, and whether the median reaches it, only the best run, or neither. */
  readonly mark: { readonly value: number; readonly met: 'met' | 'best only' | 'MISSED' } | null;
}

export function rowsOf(entry: Case, timings: readonly Timing[]): Row[] {
  const { name, unit, amount = 1, threads = [1], mark, speedUpMark } = entry;
  const { isRate, value } = units[unit];
  const first = timings[0]!;
  return timings.map((timing, i) => {
    const best = value(timing.best, amount);
    const median = value(timing.median, amount);
    const speedUp = i === 0 ? null : { best: first.best / timing.best, median: first.median / timing.median };
    const goal = i === 0 ? mark : threads[i] === 2 ? speedUpMark : undefined;
    const reaches = (got: number): boolean => (speedUp || isRate ? got >= goal! : got <= goal!);
    const judged = speedUp ?? { best, median };
    const met = reaches(judged.median) ? 'met' : reaches(judged.best) ? 'best only' : 'MISSED';
    const row = { name, threads: threads[i]!, unit, best, median, runs: timing.runs, speedUp };
    return { ...row, mark: goal === undefined ? null : { value: goal, met } };
  });
}

/** Significant digits, never an exponent. */
function digits(value: number): string {
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 1e-3))));
  return value.toFixed(Math.min(3, places));
}

function markText({ mark, speedUp, unit }: Row): string {
  if (!mark) return '';
  const relation = speedUp || units[unit].isRate ? '≥' : '≤';
  return `${relation} ${mark.value}${speedUp ? ' ×' : ''} ${mark.met}`;
}

type Cells = readonly string[];
const columns: Cells = ['', 'threads', 'best', 'median', '', 'speed-up', 'first mark'];
const widths = [44, 7, 9, 9, 8, 10, 17];

function line(cells: Cells): string {
  // Names and units are set to the left, numbers to the right.
  return cells
    .map((cell, i) => (i === 0 || i === 4 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
    .join(' ')
    .trimEnd();
}

export function header(): string {
  return line(columns);
}

export function rowText(row: Row, isFirst: boolean): string {
  const { name, threads, best, median, unit, speedUp } = row;
  const times = speedUp ? `${speedUp.best.toFixed(2)} ${speedUp.median.toFixed(2)}` : '';
  return line([isFirst ? name : '', String(threads), digits(best), digits(median), unit, times, markText(row)]);
}

export function memoryText(rows: readonly MemoryRow[]): string {
  const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(2).padStart(10);
  const lines = rows.map(
    ({ name, resting, saved, peak }) => `${name.padEnd(44)} ${mib(resting)} ${mib(saved)} ${mib(peak)}`,
  );
  const head = `${'MiB'.padEnd(44)} ${['resting', 'saved', 'peak'].map((word) => word.padStart(10)).join(' ')}`;
  return [head, ...lines].join('\n');
}
