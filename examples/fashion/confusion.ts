import * as Plot from '@observablehq/plot';
import { drawFigure } from '../training/index.ts';

/** What each class is taken for: a table of shares, an SVG file's text. */
export function drawConfusion(
  names: readonly string[],
  predicted: readonly number[],
  labels: readonly number[],
): string {
  const cells = names.flatMap((truth, row) => {
    const guesses = predicted.filter((_, i) => labels[i] === row);
    return names.map((guess, column) => {
      const share = guesses.filter((value) => value === column).length / Math.max(1, guesses.length);
      return { truth, guess, share, text: share < 0.005 ? '' : String(Math.round(100 * share)) };
    });
  });
  const place = { x: 'guess', y: 'truth' };
  return drawFigure({
    width: 640,
    height: 480,
    marginLeft: 80,
    marginBottom: 40,
    grid: false,
    x: { domain: names, label: 'predicted' },
    y: { domain: names, label: 'truth, in per cent' },
    color: { type: 'sqrt', scheme: 'blues', domain: [0, 1] },
    marks: [
      Plot.cell(cells, { ...place, fill: 'share', inset: 0.5 }),
      Plot.text(cells, {
        ...place,
        text: 'text',
        fill: (cell: { share: number }) => (cell.share > 0.4 ? 'white' : 'black'),
      }),
    ],
  });
}
