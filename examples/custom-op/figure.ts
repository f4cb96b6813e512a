import * as Plot from '@observablehq/plot';
import { drawFigure } from '../training/index.ts';

const colors = { truth: '#999', gelu: '#d97a00', snake: '#1f5fa8' };

/** The function and what was learned of it between −4 and 4, an SVG file's text. */
export function drawFits(xs: Float32Array, curves: Readonly<Record<keyof typeof colors, ArrayLike<number>>>): string {
  const rows = Object.keys(colors).flatMap((name) =>
    Array.from(xs, (x, i) => ({ name, x, y: curves[name as keyof typeof colors][i]! })),
  );
  return drawFigure({
    height: 300,
    marginRight: 60,
    x: { label: 'x' },
    y: { label: null, domain: [-4, 4], clamp: true },
    color: { domain: Object.keys(colors), range: Object.values(colors) },
    marks: [
      Plot.rect([0], { x1: -4, x2: 4, y1: -4, y2: 4, fill: '#f2f5fa' }),
      Plot.line(rows, { x: 'x', y: 'y', z: 'name', stroke: 'name', strokeWidth: 2 }),
      ...Object.entries(colors).map(([name, fill], i) =>
        Plot.text([name], { fill, frameAnchor: 'top-right', textAnchor: 'start', dx: 8, dy: 14 * i }),
      ),
    ],
  });
}
