import { writeFile } from 'node:fs/promises';
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/** Draws the loss of each step, and its running mean, as an SVG file. */
export async function drawLossCurve(path: string, losses: readonly number[]): Promise<void> {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const points = losses.map((loss, i) => ({ step: i + 1, loss }));
  const figure = Plot.plot({
    document,
    width: 720,
    height: 360,
    grid: true,
    style: { background: 'white', fontFamily: 'sans-serif' },
    x: { label: 'step' },
    y: { label: 'cross-entropy (nats)', type: 'log', tickFormat: '~g' },
    marks: [
      Plot.line(points, { x: 'step', y: 'loss', stroke: '#c9d6e8', strokeWidth: 0.75 }),
      Plot.line(
        points,
        Plot.windowY(
          { k: Math.max(1, Math.round(losses.length / 40)), anchor: 'end' },
          { x: 'step', y: 'loss', stroke: '#1f5fa8', strokeWidth: 2 },
        ),
      ),
    ],
  });
  figure.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  await writeFile(path, figure.outerHTML);
}
