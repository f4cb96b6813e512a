// Inputs smaller than a window, made large enough and cut back: NATTEN's rule before 0.17, and that of Hugging Face's layers.

import type { Shape, Tensor } from '../index.ts';
import { pad } from '../index.ts';

/** x [B, *X, C] with zeros behind each token axis that is shorter than its span. */
export function padTokens(x: Tensor, spans: readonly number[]): Tensor {
  const missing = spans.map((span, i) => Math.max(0, span - x.shape[i + 1]!));
  if (missing.every((count) => count === 0)) return x;
  return pad(x, [...missing.map((count) => [0, count] as const), [0, 0]]);
}

/** The first *X tokens of x [B, *padded X, ...], without a copy. */
export function cropTokens(x: Tensor, tokens: Shape): Tensor {
  return tokens.reduce(
    (part, count, i) => (part.shape[i + 1] === count ? part : part.slice({ axis: i + 1, end: count })),
    x,
  );
}
