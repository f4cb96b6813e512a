import type { TypedArray } from 'vicinal';
import * as Plot from '@observablehq/plot';
import { drawFigure } from '../training/index.ts';

/** Each logit against the one that Python computed, an SVG file's text. */
export function drawAgreement(ours: TypedArray, theirs: TypedArray): string {
  const points = Array.from(ours, (value, i) => ({ ours: value, theirs: theirs[i]! })).filter((_, i) => i % 4 === 0);
  return drawFigure({
    width: 360,
    height: 360,
    inset: 8,
    x: { label: 'logit, vicinal' },
    y: { label: 'logit, NumPy' },
    marks: [Plot.dot(points, { x: 'ours', y: 'theirs', r: 2, fill: '#1f5fa8', fillOpacity: 0.5 })],
  });
}
