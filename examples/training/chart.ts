import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Row } from './metrics.ts';

const [width, height] = [720, 240];
/** Of the thin line of single values: more cannot be told apart. */
const mostPoints = 500;

/** Draws a figure of Observable Plot, which wants a page's `document`, as the text of an SVG file. */
export function drawFigure(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const style = { background: 'white', fontFamily: 'sans-serif' };
  const figure = Plot.plot({ document, width, height, grid: true, style, ...options });
  figure.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return figure.outerHTML;
}

/** A chart for each metric over the steps, one below the other: the values, and their running mean where they are many. */
export function drawMetrics(rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) => name !== 'step');
  const charts = names.map((name, i) => drawMetric(rows, name).replace('<svg ', `<svg y="${i * height}" `));
  const size = `width="${width}" height="${height * names.length}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${width} ${height * names.length}">${charts.join('')}</svg>`;
}

function drawMetric(rows: readonly Row[], name: string): string {
  const values = rows.filter((row) => row[name] !== undefined);
  const every = Math.ceil(values.length / mostPoints);
  const thinned = values.filter((_, i) => (i + 1) % every === 0);
  const axes = { x: 'step', y: name };
  const mean = Plot.windowY({ k: Math.max(1, Math.round(thinned.length / 40)), anchor: 'end' }, axes);
  const isMany = values.length > 50;
  const numbers = values.map((row) => row[name]!);
  const isWide = Math.min(...numbers) > 0 && Math.max(...numbers) > 20 * Math.min(...numbers);
  return drawFigure({
    marginLeft: 56,
    x: { label: 'step', domain: [0, rows.at(-1)?.step ?? 1] },
    y: { label: name, nice: true, tickFormat: '~g', type: isWide ? 'log' : 'linear' },
    marks: [
      Plot.line(thinned, { ...axes, stroke: '#c9d6e8', strokeWidth: 0.75 }),
      Plot.line(thinned, { ...(isMany ? mean : axes), stroke: '#1f5fa8', strokeWidth: 2 }),
      ...(isMany ? [] : [Plot.dot(values, { ...axes, fill: '#1f5fa8', r: 2.5 })]),
    ],
  });
}
