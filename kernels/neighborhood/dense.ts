import type { Tensor } from '../../tensor/tensor.ts';
import type { Operands } from './packed.ts';
import type { Attended, Weighing } from './weights.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { arange } from '../create/sequence.ts';
import { pairDropout } from '../dropout/pairDropout.ts';
import { concat } from '../layout/concat.ts';
import { biased } from './bias.ts';

/**
 * Neighborhood attention as attention of all tokens to all, masked: matrix products and a softmax, with memory for
 * T · (T + n) scores a head. query [B, *X, N, D] → output [B, *X, N, Dv], logsumexp [B, *X, N]. Differentiable as often
 * as wanted.
 */
export function denseAttention(inputs: Operands, { axes, scale, dropout, seed }: Weighing): Attended {
  const { query, value, rpb } = inputs;
  const [batch, heads] = [query.shape[0]!, query.shape.at(-2)!];
  const [headsKv, dimValue] = value.shape.slice(-2) as [number, number];
  const rows = query.shape.slice(0, -1);
  const tokens = sizeOf(rows.slice(1, -1));
  const products = denseProducts(inputs, scale);
  const toTokens = biased(products.slice({ axis: -1, end: tokens }), axes, 'keys', rpb);
  const keys = products.shape.at(-1)!;
  const scores =
    keys === tokens ? toTokens : concat([toTokens, products.slice({ axis: -1, start: tokens })], { axis: -1 });
  const all = scores.softmax();
  const numbers = arange(keys, { device: query.device }).unsqueeze(0);
  const weights = dropout > 0 ? pairDropout(all, numbers, { p: dropout, seed }) : all;
  const output = weights
    .reshape([batch, headsKv, (heads / headsKv) * tokens, keys])
    .matmul(byHead(value, inputs.additionalValues))
    .reshape([batch, heads, tokens, dimValue]);
  return {
    output: output.permute(0, 2, 1, 3).reshape([...rows.slice(0, -1), heads, dimValue]),
    logsumexp: () => scores.logsumexp({ axis: -1 }).permute(0, 2, 1).reshape(rows),
  };
}

/** scale · query · key for all tokens and the additional ones: [B, N, T, T + n]. */
function denseProducts({ query, key, additionalKeys }: Operands, scale: number): Tensor {
  const [batch, heads, dim] = [query.shape[0]!, ...query.shape.slice(-2)] as [number, number, number];
  const headsKv = key.shape.at(-2)!;
  const tokens = sizeOf(query.shape.slice(1, -2));
  const keys = byHead(key, additionalKeys);
  return query
    .mul(scale)
    .reshape([batch, tokens, heads, dim])
    .permute(0, 2, 1, 3)
    .reshape([batch, headsKv, (heads / headsKv) * tokens, dim]) // the queries of one key head are rows of one matrix
    .matmul(keys.transpose())
    .reshape([batch, heads, tokens, keys.shape[2]!]);
}

/** Keys or values, and the additional ones behind them: [B, Nkv, T + n, D]. */
function byHead(x: Tensor, additional: Tensor | undefined): Tensor {
  const tokens = x.reshape([x.shape[0]!, sizeOf(x.shape.slice(1, -2)), ...x.shape.slice(-2)]);
  return (additional ? concat([tokens, additional], { axis: 1 }) : tokens).permute(0, 2, 1, 3);
}
