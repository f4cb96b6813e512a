import * as Plot from '@observablehq/plot';
import { drawFigure } from '../training/index.ts';

export interface Forecast {
  readonly past: ArrayLike<number>;
  readonly truth: ArrayLike<number>;
  readonly guesses: Readonly<Record<'attention' | 'linear' | 'last value', ArrayLike<number>>>;
}

const colors = { truth: '#999', attention: '#1f5fa8', linear: '#d97a00', 'last value': '#8a2f6b' };

/** Three of the forecasts after the values that they were made from; an SVG file's text. */
export function drawForecasts(forecasts: readonly Forecast[]): string {
  const chosen = [0.2, 0.5, 0.8].map((place) => forecasts[Math.floor(place * forecasts.length)]!);
  const rows = chosen.flatMap(({ past, truth, guesses }, window) => {
    const line = (name: string, values: ArrayLike<number>, from: number): object[] =>
      Array.from(values, (value, i) => ({ window, name, t: from + i, value }));
    const shown = Array.from(past).slice(-60);
    const known = line('truth', [...shown, ...Array.from(truth)], 1 - shown.length);
    return [...known, ...Object.entries(guesses).flatMap(([name, values]) => line(name, values, 1))];
  });
  return drawFigure({
    height: 420,
    marginRight: 90,
    fy: { axis: null },
    x: { label: 'values ahead' },
    y: { label: null, ticks: 3 },
    color: { domain: Object.keys(colors), range: Object.values(colors) },
    marks: [
      Plot.ruleX([0.5], { stroke: '#ccc' }),
      Plot.line(rows, { x: 't', y: 'value', z: 'name', stroke: 'name', fy: 'window', strokeWidth: 1.5 }),
      ...Object.entries(colors).map(([name, fill], i) =>
        Plot.text([name], { fill, frameAnchor: 'top-right', textAnchor: 'start', dx: 8, dy: 14 * i, fy: [0] }),
      ),
    ],
  });
}
