// Passes of the fused attention: rows are packed as vectors, and each invocation makes as many vectors of its owner's result as there are
// render targets, lest it compute the scores once for every four numbers.

import type { Tensor } from '../../../tensor/tensor.ts';
import type { Program } from '../../runtime/webgl/launch.ts';
import type { WebglRuntime } from '../../runtime/webgl/runtime.ts';
import type { Vectors } from '../../runtime/webgl/vectors.ts';
import type { BackwardOperands, Operands, Weights } from '../packed.ts';
import type { Pairs } from './pairs.ts';
import type { Sight } from './sight.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { functionsFor } from '../../elementwise/functions.webgl.ts';
import { accumulate } from '../../reduce/accumulate.webgl.ts';
import { launch, launchVectors } from '../../runtime/webgl/launch.ts';
import { packRows, unpackRows } from '../../runtime/webgl/rows.ts';
import { withRows } from '../packed.ts';
import {
  biasOf,
  declarations,
  factor,
  gradient,
  openOwner,
  openSeen,
  pairsOf,
  score,
  tokensOf,
  walkAdded,
} from './pairs.ts';
import { rowMajor, walk, withTables } from './sight.ts';

/** Render targets that every WebGL2 has. */
const mostParts = 4;

/** A pass that makes rows of `width` vectors, one for each owner. */
interface Pass {
  readonly key: string;
  readonly inputs: Program['inputs'];
  readonly numbers: Program['numbers'] & object;
  readonly rows: number;
  readonly width: number;
  /** Statements from `row` that add to `parts`, of which `count` begin at vector `first` of the row. */
  readonly body: (count: number) => string;
  readonly functions: string;
}

/** Rows of vectors, and how many vectors apart they are. */
interface Made {
  readonly rows: Vectors;
  readonly width: number;
}

/** Runs a pass: several invocations a row where it has more vectors than one may make. */
function makeRows({ key, inputs, numbers, rows, width, body, functions }: Pass, like: Tensor): Made {
  const groups = Math.ceil(width / mostParts);
  const count = Math.ceil(width / groups);
  const code = (): string => `${functions}
void compute(int i) {
  int row = i / ${groups};
  int first = i % ${groups} * ${count};
  for (int k = 0; k < ${count}; k++) parts[k] = vec4(0.0);
${body(count)}
}`;
  const runtime = like.storage.runtime as WebglRuntime;
  return {
    rows: launchVectors({ key: `attention ${key} ${width}`, inputs, numbers, code }, runtime, rows * groups, count),
    width: groups * count,
  };
}

/** Adds `coefficient` times the vectors of the seen row from `first` on, of which there are `width`; those behind belong to no one. */
function add(coefficient: string, name: string, from: number, width: number, count: number): string {
  const isWhole = width % count === 0;
  return `    for (int k = 0; k < ${count}; k++) {
      int place = first + k;
      ${isWhole ? '' : `if (place >= ${width}) break;`}
      parts[k] += ${coefficient} * ${name}(at + ${from} + place);
    }`;
}

export function forward(operands: Operands, sight: Sight, weights: Weights, output: Tensor, logsumexp: Tensor): void {
  if (output.size === 0) return;
  withRows(operands, (packed) =>
    withTables(output, { w: sight }, (tables) => {
      const { query, key, value, rpb, additionalKeys, additionalValues } = packed;
      const pairs = pairsOf(packed, weights, sight, 'query');
      using owners = packRows([query]);
      using others = packRows([key, value]);
      using added = pairs.added > 0 ? packRows([additionalKeys!, additionalValues!]) : null;
      const inputs = { owners, others, ...(added && { added }), ...biasOf(rpb), ...tables };
      const task = { pairs, inputs, rows: logsumexp.size };
      using stats = makeStats(task, output);
      launch({ key: 'attention logsumexp', inputs: { stats }, code: logsumexpOf }, logsumexp);
      const made = makeOutput({ ...task, inputs: { ...inputs, stats } }, output);
      using rows = made.rows;
      unpackRows(rows, made.width, 0, output);
    }),
  );
}

/** −∞ of nothing. */
const logsumexpOf = (): string => `${functionsFor('log_(')}
float element(int i) { return stats(i).x + log_(stats(i).y); }`;

interface ForwardTask {
  readonly pairs: Pairs;
  readonly inputs: Program['inputs'];
  readonly rows: number;
}

/** Of each query: its largest score m, and Σ e^(s − m). */
function makeStats({ pairs, inputs, rows }: ForwardTask, like: Tensor): Vectors {
  const { sight, q, v, numbers } = pairs;
  const see = (name: string, hasBias: boolean): string => `${score(pairs, name, hasBias)}
    if (s > most) {
      total *= exp_(most - s);
      most = s;
    }
    total += exp_(s - most);`;
  const body = (): string => `${openOwner(pairs, q)}
  float most = -3.0e38;
  float total = 0.0;
${walk(sight, `${openSeen(pairs, q + v)}\n${see('others', pairs.hasBias)}`)}
${walkAdded(pairs, q + v, see('added', false))}
  parts[0] = vec4(most, total, 0.0, 0.0);`;
  const pass = { key: `stats ${pairs.key}`, inputs, numbers, rows, width: 1, body, functions: declarations(pairs, q) };
  return makeRows(pass, like).rows;
}

/** Σ p v. */
function makeOutput({ pairs, inputs, rows }: ForwardTask, like: Tensor): Made {
  const { sight, q, v, numbers } = pairs;
  const body = (count: number): string => {
    const see = (name: string, hasBias: boolean, number?: string): string => `${factor(pairs, number)}
    if (factor == 0.0) continue;
${score(pairs, name, hasBias)}
    float weight = factor * exp_(s - stat.x);
${add('weight', name, q, v, count)}`;
    return `${openOwner(pairs, q)}
  vec4 stat = stats(row);
${walk(sight, `${openSeen(pairs, q + v)}\n${see('others', pairs.hasBias)}`)}
${walkAdded(pairs, q + v, see('added', false, `${tokensOf(pairs).keys} + j`))}
  float share = stat.y == 0.0 ? 0.0 : 1.0 / stat.y;
  for (int k = 0; k < ${count}; k++) parts[k] *= share;`;
  };
  return makeRows(
    { key: `output ${pairs.key}`, inputs, numbers, rows, width: v, body, functions: declarations(pairs, q) },
    like,
  );
}

/** dQ = scale · Σ dS k over those that a query sees. */
export function backwardQuery(operands: BackwardOperands, sight: Sight, weights: Weights, gradQuery: Tensor): void {
  if (gradQuery.size === 0) return;
  withPairs(operands, sight, weights, 'query', (pairs, inputs) => {
    const { q, v, numbers } = pairs;
    const body = (count: number): string => {
      const see = (name: string, hasBias: boolean, number?: string): string => `${score(pairs, name, hasBias)}
${factor(pairs, number)}
${gradient(pairs, name, 'row')}
${add('ds', name, 0, q, count)}`;
      return `${openOwner(pairs, q + v)}
${walk(sight, `${openSeen(pairs, q + v)}\n${see('others', pairs.hasBias)}`)}
${walkAdded(pairs, q + v, see('added', false, `${tokensOf(pairs).keys} + j`))}
  for (int k = 0; k < ${count}; k++) parts[k] *= params.scale;`;
    };
    const functions = declarations(pairs, q + v);
    const rows = sizeOf(gradQuery.shape.slice(0, -1));
    const made = makeRows({ key: `dQ ${pairs.key}`, inputs, numbers, rows, width: q, body, functions }, gradQuery);
    using vectors = made.rows;
    unpackRows(vectors, made.width, 0, gradQuery);
  });
}

/** dK = scale · Σ dS q and dV = Σ p g over the queries that see a key, of all heads that share it. */
export function backwardKey(
  operands: BackwardOperands,
  sight: Sight,
  weights: Weights,
  gradKey: Tensor,
  gradValue: Tensor,
): void {
  if (gradKey.size === 0) return;
  withPairs(operands, sight, weights, 'key', (pairs, inputs) => {
    const { q, v, heads, headsKv, numbers } = pairs;
    const body = (count: number): string => `${openOwner(pairs, q + v)}
  for (int h = 0; h < ${heads / headsKv}; h++) {
    int head = headKv * ${heads / headsKv} + h;
${walk(
  sight,
  `${openSeen(pairs, q + v)}
${score(pairs, 'others')}
${factor(pairs)}
${gradient(pairs, 'others', 'other')}
    float ofKey = params.scale * ds;
    float ofValue = factor * weight;
    for (int k = 0; k < ${count}; k++) {
      int place = first + k;
      if (place >= ${q + v} || (place >= ${q} && factor == 0.0)) break;
      parts[k] += (place < ${q} ? ofKey : ofValue) * others(at + place);
    }`,
)}
  }`;
    const functions = declarations(pairs, q + v);
    const rows = sizeOf(gradKey.shape.slice(0, -1));
    const made = makeRows({ key: `dK dV ${pairs.key}`, inputs, numbers, rows, width: q + v, body, functions }, gradKey);
    using vectors = made.rows;
    unpackRows(vectors, made.width, 0, gradKey);
    unpackRows(vectors, made.width, q, gradValue);
  });
}

/** The gradient of rpb: Σ dS over all pairs at an offset. Each query has at most one key there. */
export function backwardBias(operands: BackwardOperands, sight: Sight, weights: Weights, gradRpb: Tensor): void {
  if (operands.query.size === 0)
    return gradRpb.storage.runtime.fill(gradRpb.storage.handle, gradRpb.dtype, gradRpb.size, 0);
  withPairs(operands, sight, weights, 'query', (pairs, inputs) => {
    const { q, v, heads, numbers } = pairs;
    const tokens = tokensOf(pairs).queries;
    const sizes = sight.kernelSizes.map((size) => 2 * size - 1);
    const places = sizes.map((size, k) => {
      const dilation = sight.dilations[k]!;
      const offset = `offset / ${sizeOf(sizes.slice(k + 1))} % ${size} - ${sight.kernelSizes[k]! - 1}`;
      return `  int p${k} = t${k} / ${dilation} + ${offset};
  if (p${k} < int(w${k}(2 * t${k})) || p${k} >= int(w${k}(2 * t${k} + 1))) return 0.0;
  int s${k} = p${k} * ${dilation} + t${k} % ${dilation};`;
    });
    const functions = `${declarations(pairs, q + v)}
float gradScore(int row, int offset) {
${openOwner(pairs, q + v)}
${places.join('\n')}
  int seen = ${rowMajor(sight.others, (k) => `s${k}`)};
${openSeen(pairs, q + v)}
${score(pairs, 'others')}
${factor(pairs)}
${gradient(pairs, 'others', 'row')}
  return ds;
}`;
    const term = `float term = gradScore(k * ${heads} + i / ${sizeOf(sizes)}, i % ${sizeOf(sizes)});`;
    const count = operands.query.shape[0]! * tokens;
    accumulate({ key: `attention bias ${pairs.key}`, inputs, numbers, count, functions, term }, gradRpb);
  });
}

/** Calls `body` with what the passes of backward read. */
function withPairs(
  operands: BackwardOperands,
  sight: Sight,
  weights: Weights,
  by: 'query' | 'key',
  body: (pairs: Pairs, inputs: Program['inputs']) => void,
): void {
  withRows(operands, (packed) =>
    withTables(packed.query, { w: sight }, (tables) => {
      const { query, key, value, gradOutput, logsumexp, delta, rpb, additionalKeys, additionalValues } = packed;
      const pairs = pairsOf(packed, weights, sight, by);
      using queries = packRows([query, gradOutput]);
      using keys = packRows([key, value]);
      using added = pairs.added > 0 ? packRows([additionalKeys!, additionalValues!]) : null;
      const [owners, others] = by === 'query' ? [queries, keys] : [keys, queries];
      const more = { ...(added && { added }), ...biasOf(rpb), ...tables };
      body(pairs, { owners, others, logsumexps: logsumexp, deltas: delta, ...more });
    }),
  );
}
