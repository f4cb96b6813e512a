import { tokensOf } from './sight.ts';

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where tokens stand in the picture, in CSS pixels. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Row-major, as tokens are numbered. */
  readonly cells: readonly Rectangle[];
  /** What is written above a slice. */
  readonly labels: readonly { readonly text: string; readonly x: number; readonly y: number }[];
}

const largestCell = 32;
const stripHeight = 56;
const tallest = 512;
const slice = { gap: 18, label: 20, most: 168, least: 92, mostPerRow: 4 };

/** One axis is a strip; two are rows and columns; three are slices of the first axis. */
export function layOut(lengths: readonly number[], width: number): Layout {
  if (lengths.length === 1) return strip(lengths[0]!, width);
  if (lengths.length === 2) return grid(lengths as [number, number], width);
  return slices(lengths as [number, number, number], width);
}

function strip(length: number, width: number): Layout {
  const cell = Math.min(largestCell, Math.floor((2 * width) / length) / 2);
  const cells = Array.from({ length }, (_, i) => ({ x: i * cell, y: 0, width: cell, height: stripHeight }));
  return { width: cell * length, height: stripHeight, cells, labels: [] };
}

function grid([rows, columns]: readonly [number, number], width: number): Layout {
  const cell = Math.min(largestCell, Math.floor((2 * width) / columns) / 2, tallest / rows);
  return { width: cell * columns, height: cell * rows, cells: cellsAt([rows, columns], cell, 0, 0), labels: [] };
}

function slices([count, rows, columns]: readonly [number, number, number], width: number): Layout {
  const fit = Math.min(slice.mostPerRow, Math.floor((width + slice.gap) / (slice.least + slice.gap)));
  const lines = Math.ceil(count / Math.max(1, fit));
  const perRow = Math.ceil(count / lines); // rows of equal length where that goes
  const room = Math.min(slice.most, (width - (perRow - 1) * slice.gap) / perRow);
  const cell = Math.floor((2 * room) / Math.max(rows, columns)) / 2;
  const step = { x: cell * columns + slice.gap, y: cell * rows + slice.label + slice.gap };
  const cells: Rectangle[] = [];
  const labels: Layout['labels'][number][] = [];
  for (let i = 0; i < count; i++) {
    const [x, y] = [(i % perRow) * step.x, Math.floor(i / perRow) * step.y];
    labels.push({ text: `x = ${i}`, x, y: y + 12 });
    cells.push(...cellsAt([rows, columns], cell, x, y + slice.label));
  }
  return { width: perRow * step.x - slice.gap, height: lines * step.y - slice.gap, cells, labels };
}

function cellsAt(lengths: readonly [number, number], cell: number, left: number, top: number): Rectangle[] {
  return tokensOf(lengths).map((token) => {
    const [row, column] = token as [number, number];
    return { x: left + column * cell, y: top + row * cell, width: cell, height: cell };
  });
}

/** The token at a place of the picture; −1 for none. */
export function tokenAt({ cells }: Layout, { x, y }: { x: number; y: number }): number {
  return cells.findIndex((cell) => x >= cell.x && x < cell.x + cell.width && y >= cell.y && y < cell.y + cell.height);
}
