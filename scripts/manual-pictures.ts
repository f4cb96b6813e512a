// The pictures of manual/attention.md, drawn from the windows that the kernels use.

import type { Axis } from '../kernels/neighborhood/window.ts';
import { groupLength, inverseWindowOf, windowOf } from '../kernels/neighborhood/window.ts';

const cell = 14;
const gap = 24;
const colors = { empty: '#e8ebf0', keys: '#8fb8e8', query: '#1b3a66', lines: '#c3cad5', text: '#222' };
type Color = 'empty' | 'keys' | 'query';

/** A grid of cells under a line of text. */
interface Panel {
  readonly title: string;
  readonly rows: number;
  readonly columns: number;
  readonly colorOf: (row: number, column: number) => Color;
}

/** The tokens along an axis that `rule` gives for `token`: the positions of its dilation group as tokens. */
function tokensOf(axis: Axis, token: number, rule: typeof windowOf): Set<number> {
  const group = token % axis.dilation;
  const { start, end } = rule(axis, groupLength(axis, group), Math.floor(token / axis.dilation));
  return new Set(Array.from({ length: end - start }, (_, i) => group + (start + i) * axis.dilation));
}

/** One query of a square map and its neighbours. */
function mapPanel(title: string, at: readonly [number, number], problem: Partial<Axis>, rule = windowOf): Panel {
  const axis: Axis = { length: 9, kernelSize: 5, stride: 1, dilation: 1, isCausal: false, ...problem };
  const [rows, columns] = [tokensOf(axis, at[0], rule), tokensOf(axis, at[1], rule)];
  return {
    title,
    rows: axis.length,
    columns: axis.length,
    colorOf(row, column) {
      if (row === at[0] && column === at[1]) return 'query';
      return rows.has(row) && columns.has(column) ? 'keys' : 'empty';
    },
  };
}

/** Queries (rows) by keys (columns) of one axis; the diagonal is the query itself. */
function maskPanel(title: string, problem: Partial<Axis>): Panel {
  const axis: Axis = { length: 16, kernelSize: 5, stride: 1, dilation: 1, isCausal: false, ...problem };
  const windows = Array.from({ length: axis.length }, (_, token) => tokensOf(axis, token, windowOf));
  return {
    title,
    rows: axis.length,
    columns: axis.length,
    colorOf: (row, column) => (windows[row]!.has(column) ? (row === column ? 'query' : 'keys') : 'empty'),
  };
}

/** One path for all cells of a color, so that the file is small. */
function cellsOf({ rows, columns, colorOf }: Panel, x: number, y: number): string {
  const paths = new Map<Color, string>();
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const color = colorOf(row, column);
      const [left, top, size] = [x + column * cell, y + row * cell, cell - 1];
      paths.set(color, `${paths.get(color) ?? ''}M${left} ${top}h${size}v${size}h-${size}z`);
    }
  }
  return [...paths].map(([color, d]) => `<path fill="${colors[color]}" d="${d}"/>`).join('\n');
}

/** Panels side by side on a white card, so that they read on dark pages too. */
function picture(label: string, panels: readonly Panel[]): string {
  const top = 40;
  let x = gap;
  const drawn = panels.map((panel) => {
    const left = x;
    x += panel.columns * cell + gap;
    return `<text x="${left}" y="${top - 14}">${panel.title}</text>\n${cellsOf(panel, left, top)}`;
  });
  const height = top + Math.max(...panels.map(({ rows }) => rows)) * cell + gap;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${x} ${height}" width="${x}" height="${height}" role="img" aria-label="${label}" font-family="system-ui, sans-serif" font-size="13" fill="${colors.text}">
<rect x="0.5" y="0.5" width="${x - 1}" height="${height - 1}" rx="6" fill="#fff" stroke="${colors.lines}"/>
${drawn.join('\n')}
</svg>
`;
}

/** The text of each picture, by its path. */
export function pictures(): Record<string, string> {
  return {
    'manual/pictures/windows.svg': picture('A query (dark) and its keys, on maps of 9 by 9 tokens', [
      mapPanel('kernelSize 5', [4, 4], {}),
      mapPanel('near a border', [1, 7], {}),
      mapPanel('3, dilation 2', [4, 4], { kernelSize: 3, dilation: 2 }),
      mapPanel('causal', [5, 4], { isCausal: true }),
    ]),
    'manual/pictures/masks.svg': picture('Queries (rows) and their keys (columns) of 16 tokens', [
      maskPanel('kernelSize 5', {}),
      maskPanel('6, stride 4', { kernelSize: 6, stride: 4 }),
      maskPanel('4, dilation 3', { kernelSize: 4, dilation: 3 }),
      maskPanel('causal', { isCausal: true }),
    ]),
    'manual/pictures/inverse.svg': picture('A key (dark) and the queries that see it, on maps of 13 by 13 tokens', [
      mapPanel('in the middle: 5 × 5', [6, 6], { length: 13 }, inverseWindowOf),
      mapPanel('4 from a corner: 7 × 7', [4, 4], { length: 13 }, inverseWindowOf),
      mapPanel('at the corner: 3 × 3', [0, 0], { length: 13 }, inverseWindowOf),
      mapPanel('causal: 5 × 5', [6, 6], { length: 13, isCausal: true }, inverseWindowOf),
    ]),
  };
}
