// What is printed.

import type { Figure, Refusal } from './compare.ts';
import type { Verdict } from './judge.ts';
import type { MemoryRow } from './memory.ts';
import { units } from './case.ts';

/** Significant digits, never an exponent. */
function digits(value: number): string {
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 1e-3))));
  return value.toFixed(Math.min(3, places));
}

/** Cells of a line; names are set to the left, numbers (negative widths) to the right. */
function line(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, i) => (widths[i]! < 0 ? cell.padStart(-widths[i]!) : cell.padEnd(widths[i]!)))
    .join(' ')
    .trimEnd();
}

/** Where something ran: `Node 24`, `Node 24 revectorised`, nothing for what is not JavaScript. */
function whereOf({ node, isWide }: Pick<Figure, 'node' | 'isWide'>): string {
  return `${node > 0 ? `Node ${node}` : ''}${isWide ? ' revectorised' : ''}`;
}

const figureWidths = [50, 12, 21, -7, -9, -9, 8];

export function figureHeader(): string {
  return line(['', 'library', 'on', 'threads', 'best', 'median', ''], figureWidths);
}

export function figureText(figure: Figure, isFirst: boolean): string {
  const { library, threads, best, median, unit } = figure;
  const name = isFirst || library === 'limit' ? figure.case : '';
  return line([name, library, whereOf(figure), String(threads), digits(best), digits(median), unit], figureWidths);
}

export function refusalText({ library, reason, ...where }: Refusal): string {
  return line(['', library, whereOf(where), reason], [50, 12, 21, 1]);
}

const verdictWidths = [50, 31, -9, 8, 15, -9, -17, -8, 1];

export function verdictHeader(): string {
  return line(['', 'on', 'ours', '', 'beside', 'its', 'ratio', 'of best', '  mark'], verdictWidths);
}

function markText({ mark, ratio, ours: { unit } }: Verdict): string {
  if (!mark) return '';
  const relation = (ratio ? ratio.as === 'fast' : units[unit].isRate) ? '≥' : '≤';
  const percent = `by ${(100 * mark.by).toFixed(0)} %`;
  const met = { met: 'met', 'best only': `best only, median short ${percent}`, MISSED: `MISSED ${percent}` }[mark.met];
  return `  ${relation} ${mark.goal} ${met}`;
}

export function verdictText(verdict: Verdict): string {
  const { ours, other, ratio } = verdict;
  const on = `${whereOf(ours)}${ours.threads > 1 ? `, ${ours.threads} threads` : ''}`;
  const beside =
    other && (other.library === 'vicinal' ? (other.case === ours.case ? 'one thread' : other.case) : nameOf(other));
  const times = ratio ? `${ratio.median.toFixed(2)} × as ${ratio.as}` : '';
  const best = ratio ? ratio.best.toFixed(2) : '';
  const its = other ? digits(other.median) : '';
  return line(
    [verdict.case, on, digits(ours.median), ours.unit, beside ?? '', its, times, best, markText(verdict)],
    verdictWidths,
  );
}

const nameOf = ({ library, case: name }: Figure): string => (library === 'limit' ? name : library);

export function memoryText(rows: readonly MemoryRow[]): string {
  const widths = [44, -10, -10, -10];
  const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(2);
  const lines = rows.map(({ name, resting, saved, peak }) => line([name, mib(resting), mib(saved), mib(peak)], widths));
  return [line(['MiB', 'resting', 'saved', 'peak'], widths), ...lines].join('\n');
}
