// GLSL of a pair: a query and a key that it sees. Each invocation has an owner, a query or a key, whose vectors are in `own`, and walks
// those that it sees, whose vectors begin at vector `at` of their rows. Rows are a query with the gradient of its output [q | g], and a
// key with its value [k | v], so that owner and seen may change places: s = q · k and dP = g · v either way.
//
// Legend: B batch, N query heads, Nkv key heads, *X token axes, T = ΠX tokens, D and Dv head dims, n additional tokens.

import type { Operands, Weights } from '../packed.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import type { Sight } from './sight.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { keptGlsl, keptNumbers } from '../../dropout/dropout.webgl.ts';
import { functionsFor } from '../../elementwise/functions.webgl.ts';
import { vectorsOf } from '../../runtime/webgl/rows.ts';
import { scaleFor } from '../packed.ts';
import { coordinates, rowMajor } from './sight.ts';

/** What the texts of a pass are made from. */
export interface Pairs {
  readonly by: 'query' | 'key';
  readonly sight: Sight;
  readonly heads: number;
  readonly headsKv: number;
  /** Vectors of D and of Dv numbers. */
  readonly q: number;
  readonly v: number;
  /** How many additional tokens queries see. */
  readonly added: number;
  readonly hasBias: boolean;
  /** 'all' are dropped, or some, or none. */
  readonly dropping: 'all' | 'some' | 'none';
  /** Numbers that the texts read. */
  readonly numbers: Readonly<Record<string, number>>;
  /** What the texts depend on. */
  readonly key: string;
}

export function pairsOf(operands: Operands, weights: Weights, sight: Sight, by: 'query' | 'key'): Pairs {
  const { query, key, value, rpb, additionalKeys } = operands;
  const [heads, headsKv, dim, dimValue] = [
    query.shape.at(-2)!,
    key.shape.at(-2)!,
    query.shape.at(-1)!,
    value.shape.at(-1)!,
  ];
  const { dropout, seed, firstKey = 0 } = weights;
  const kept = keptNumbers({ p: dropout, seed });
  const dropping = dropout === 0 ? 'none' : kept ? 'some' : 'all';
  const own = {
    by,
    sight,
    heads,
    headsKv,
    q: vectorsOf(dim),
    v: vectorsOf(dimValue),
    added: additionalKeys?.shape[1] ?? 0,
    hasBias: rpb !== undefined,
    dropping,
  } as const;
  const numbers = { scale: scaleFor(query, weights), firstKey, ...(dropping === 'some' && kept) };
  const { sight: _, ...parts } = own;
  return { ...own, numbers, key: `${sight.key} ${Object.values(parts).join(' ')}` };
}

/** Queries' tokens, and keys'. */
export function tokensOf({ by, sight }: Pairs): { queries: number; keys: number } {
  const [owners, others] = [sizeOf(sight.tokens), sizeOf(sight.others)];
  return by === 'query' ? { queries: owners, keys: others } : { queries: others, keys: owners };
}

/** What `inputs` a bias adds. */
export const biasOf = (rpb: Tensor | undefined): Record<string, Tensor> => (rpb ? { rpb } : {});

/** Global declarations; `width` is the number of vectors of an owner's row. */
export function declarations({ dropping }: Pairs, width: number): string {
  return `${functionsFor('exp_(')}
${dropping === 'some' ? keptGlsl : ''}
vec4 own[${width}];
float weightOf(float score, float logsumexp) {
  return logsumexp == uintBitsToFloat(0xff800000u) ? 0.0 : exp_(score - logsumexp);
}`;
}

/** Statements that load owner `row`, of `width` vectors: its batch entry, token, head and coordinates; a query's, `headKv`, too. */
export function openOwner(pairs: Pairs, width: number): string {
  const { by, sight, heads, headsKv } = pairs;
  const tokens = sizeOf(sight.tokens);
  const head =
    by === 'query'
      ? `  int head = row % ${heads};\n  int headKv = head / ${heads / headsKv};`
      : `  int headKv = row % ${headsKv};`;
  return `${head}
  int t = row / ${by === 'query' ? heads : headsKv} % ${tokens};
  int batch = row / ${(by === 'query' ? heads : headsKv) * tokens};
${coordinates(sight)}
  for (int d = 0; d < ${width}; d++) own[d] = owners(row * ${width} + d);`;
}

/** Statements that say where the row of the query or key `seen` is, `other`, and where its `width` vectors begin, `at`. */
export function openSeen(pairs: Pairs, width: number): string {
  const tokens = sizeOf(pairs.sight.others);
  const [heads, head] = pairs.by === 'query' ? [pairs.headsKv, 'headKv'] : [pairs.heads, 'head'];
  return `    int other = (batch * ${tokens} + seen) * ${heads} + ${head};
    int at = other * ${width};`;
}

/** Statements of the pair with what is at `at` in the rows `name`: its score, `s`, with the bias if it has one. */
export function score(pairs: Pairs, name: string, hasBias = pairs.hasBias): string {
  const { by, sight, q } = pairs;
  const sizes = sight.kernelSizes.map((size) => 2 * size - 1);
  const bias = rowMajor(sizes, (k) => {
    const [owner, seen] = [`t${k} / ${sight.dilations[k]}`, `p${k}`];
    const [from, to] = by === 'query' ? [owner, seen] : [seen, owner];
    return `${to} - ${from} + ${sight.kernelSizes[k]! - 1}`;
  });
  return `    float s = 0.0;
    for (int d = 0; d < ${q}; d++) s += dot(own[d], ${name}(at + d));
    s *= params.scale;${hasBias ? `\n    s += rpb(head * ${sizeOf(sizes)} + ${bias});` : ''}`;
}

/** Statements of what dropout multiplies the pair's weight by, `factor`; `keyNumber` counts the key. */
export function factor(pairs: Pairs, keyNumber = pairs.by === 'query' ? 'seen' : 't'): string {
  const { by, dropping } = pairs;
  if (dropping !== 'some') return `    float factor = ${dropping === 'all' ? '0.0' : '1.0'};`;
  return `    int keyNumber = ${keyNumber} + int(params.firstKey);
    float factor = kept(uvec4(keyNumber / 4, ${by === 'query' ? 't' : 'seen'}, head, batch), keyNumber % 4);`;
}

/** Statements of `weight` and of the score's gradient `ds`, for the query in row `queryRow`; after `score` and `factor`. */
export function gradient({ q, v }: Pairs, name: string, queryRow: string): string {
  return `    float weight = weightOf(s, logsumexps(${queryRow}));
    float dp = 0.0;
    if (factor != 0.0) {
      for (int d = ${q}; d < ${q + v}; d++) dp += dot(own[d], ${name}(at + d));
      dp *= factor;
    }
    float ds = weight * (dp - deltas(${queryRow}));`;
}

/** A loop over the additional tokens, each with its row at `at` of `added`; `width` vectors each. */
export function walkAdded({ added, headsKv }: Pairs, width: number, body: string): string {
  if (added === 0) return '';
  return `  for (int j = 0; j < ${added}; j++) {
    int at = ((batch * ${added} + j) * ${headsKv} + headKv) * ${width};
${body}
  }`;
}
