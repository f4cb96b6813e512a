// What each invocation of the attention's programs computes. Scores are in base 2: `scale` carries the factor log₂ e.

import type { RowOperand } from './rows.ts';
import type { WgslSight } from './sight.ts';
import { forNeighbours } from './attend.ts';
import { vectors } from './rows.ts';

/** Which options a program has: what is not there costs nothing. */
export interface Options {
  readonly hasBias: boolean;
  readonly hasAdditional: boolean;
  readonly hasDropout: boolean;
  /** 2K − 1 along the three axes, and K − 1. */
  readonly kernelSizes: readonly number[];
}

export const optionKey = ({ hasBias, hasAdditional }: Options): string =>
  `${hasBias ? 'bias' : ''} ${hasAdditional ? 'additional' : ''}`;

export const log2e = '1.4426950408889634';
const ln2 = '0.6931471805599453';

/** `for` over the vectors of a row. */
function forVectors(count: number, statement: string): string {
  return `for (var d = 0u; d < ${count}u; d++) { ${statement} }`;
}

/** The bias of the offset from query to key, both positions, in base 2. */
function biasOf({ kernelSizes }: Options, query: string, seen: string): string {
  const sizes = kernelSizes.map((size) => 2 * size - 1);
  const place = [0, 1, 2].map((axis) => `${seen}${axis} - ${query}${axis} + ${kernelSizes[axis]! - 1}`);
  const index = `((i32(queryHead) * ${sizes[0]} + ${place[0]}) * ${sizes[1]} + ${place[1]}) * ${sizes[2]} + ${place[2]}`;
  return `${log2e} * f32(rpb[params.rpbOffset + u32(${index})])`;
}

const owners = ({ dilations }: WgslSight): string =>
  dilations.map((dilation, axis) => `  let p${axis} = c${axis} / ${dilation};`).join('\n');

/** The number of a token of the box. */
const boxNumber = '(t0 * params.m1 + t1) * params.m2 + t2';

interface Forward {
  readonly query: RowOperand;
  readonly value: RowOperand;
}

/** From the largest score, in base 2, and the sum of weights: -∞ of nothing; what is not a number stays so, whatever a driver's log says. */
export const logsumexpCode = `fn logsumexpFrom(most: f32, sum: f32) -> f32 {
  if ((bitcast<u32>(sum) & 0x7fffffffu) > 0x7f800000u) { return sum; }
  return select(most * ${ln2} + log(sum), bitcast<f32>(params.lowest), sum == 0.0);
}`;

/** output = Σ p v, logsumexp. */
export function forwardBody(sight: WgslSight, { query, value }: Forward, options: Options): string {
  const [q, v] = [vectors(query), vectors(value)];
  const keep = (seen: string): string => (options.hasDropout ? `keep(b, h, token % tokens, ${seen}) * p` : 'p');
  const see = (key: string, val: string, seen: string, bias: string): string => `    var s = 0.0;
    ${forVectors(q, `s += dot(query_[d], load_${key}(${key}Row, d));`)}
    ${bias}
    if (s > m) {
      let shrink = exp2(m - s);
      l *= shrink;
      ${forVectors(v, 'sum[d] *= shrink;')}
      m = s;
    }
    let p = exp2(s - m);
    l += p;
    let weight = ${keep(seen)};
    ${forVectors(v, `sum[d] += weight * load_${val}(${val}Row, d);`)}`;
  const neighbours = `    let keyRow = keyAt(b, t0, t1, t2, boxHead);
    let valueRow = valueAt(b, t0, t1, t2, boxHead);
${see('key', 'value', boxNumber, options.hasBias ? `s += ${biasOf(options, 'p', 'x')};` : '')}`;
  const additional = `  for (var j = 0u; j < params.additional; j++) {
    let addedKeyRow = addedKeyAt(b, 0u, j, 0u, boxHead);
    let addedValueRow = addedValueAt(b, 0u, j, 0u, boxHead);
${see('addedKey', 'addedValue', 'params.m0 * params.m1 * params.m2 + j', '')}
  }`;
  return `  let boxHead = h * params.boxHeads / params.heads;
  let queryHead = h;
  let tokens = params.n0 * params.n1 * params.n2;
${owners(sight)}
  let queryRow = queryAt(b, u32(c0), u32(c1), u32(c2), h);
  var query_: array<vec4f, ${q}>;
  ${forVectors(q, 'query_[d] = params.scale * load_query(queryRow, d);')}
  var sum: array<vec4f, ${v}>;
  var m = -3.0e38;
  var l = 0.0;
${forNeighbours(sight, neighbours)}
${options.hasAdditional ? additional : ''}
  let outputRow = outputAt(b, u32(c0), u32(c1), u32(c2), h);
  let share = select(1.0 / l, 0.0, l == 0.0);
  ${forVectors(v, 'store_output(outputRow, d, share * sum[d]);')}
  logsumexp[params.logsumexpOffset + row] = logsumexpFrom(m, l);`;
}

/** dS of a pair, as \`ds\`: from the rows \`query_ grad\` and those of key and value. */
function scoreGrad(
  q: number,
  v: number,
  key: string,
  val: string,
  seen: string,
  bias: string,
  options: Options,
): string {
  return `    var s = 0.0;
    ${forVectors(q, `s += dot(query_[d], load_${key}(${key}Row, d));`)}
    ${bias}
    var dp = 0.0;
    ${forVectors(v, `dp += dot(grad[d], load_${val}(${val}Row, d));`)}
    ${options.hasDropout ? `dp *= keep(b, h, token % tokens, ${seen});` : ''}
    let ds = exp2(s - lse) * (dp - delta);`;
}

/** Statements that load a query's rows and numbers. */
function openQuery(sight: WgslSight, q: number, v: number): string {
  return `  let boxHead = h * params.boxHeads / params.heads;
  let queryHead = h;
  let tokens = params.n0 * params.n1 * params.n2;
${owners(sight)}
  let queryRow = queryAt(b, u32(c0), u32(c1), u32(c2), h);
  let gradRow = gradAt(b, u32(c0), u32(c1), u32(c2), h);
  var query_: array<vec4f, ${q}>;
  ${forVectors(q, 'query_[d] = params.scale * load_query(queryRow, d);')}
  var grad: array<vec4f, ${v}>;
  ${forVectors(v, 'grad[d] = load_grad(gradRow, d);')}
  let lse = ${log2e} * logsumexpOf(row);
  let delta = deltaOf(row);`;
}

/** dQ = scale · Σ dS k over the neighbours, or with \`ofAdditional\` that much more over the additional tokens. */
export function backwardQueryBody(
  sight: WgslSight,
  { query, value }: Forward,
  options: Options,
  ofAdditional: boolean,
): string {
  const [q, v] = [vectors(query), vectors(value)];
  const add = forVectors(q, 'sum[d] += ds * load_key(keyRow, d);');
  const bias = options.hasBias ? `s += ${biasOf(options, 'p', 'x')};` : '';
  const rows = (t: string): string =>
    `    let keyRow = keyAt(b, ${t}, boxHead);\n    let valueRow = valueAt(b, ${t}, boxHead);`;
  const walk = ofAdditional
    ? `  for (var j = 0u; j < params.additional; j++) {
${rows('0u, j, 0u')}
${scoreGrad(q, v, 'key', 'value', 'params.m0 * params.m1 * params.m2 + j', '', options)}
    ${add}
  }`
    : forNeighbours(
        sight,
        `${rows('t0, t1, t2')}\n${scoreGrad(q, v, 'key', 'value', boxNumber, bias, options)}\n    ${add}`,
      );
  const before = ofAdditional ? ' + load_result(resultRow, d)' : '';
  return `${openQuery(sight, q, v)}
  var sum: array<vec4f, ${q}>;
${walk}
  let resultRow = resultAt(b, u32(c0), u32(c1), u32(c2), h);
  ${forVectors(q, `store_result(resultRow, d, params.resultScale * sum[d]${before});`)}`;
}

/** dK = scale · Σ dS q and dV = Σ p dO over the queries that see the key, of all heads that share it. */
export function backwardKeyBody(sight: WgslSight, { query, value }: Forward, options: Options): string {
  const [q, v] = [vectors(query), vectors(value)];
  const keep = options.hasDropout
    ? `keep(b, queryHead, ${boxNumber}, token % (params.n0 * params.n1 * params.n2))`
    : '1.0';
  const pair = `    let queryRow = queryAt(b, t0, t1, t2, queryHead);
    let gradRow = gradAt(b, t0, t1, t2, queryHead);
    let at = ((b * params.m0 * params.m1 * params.m2) + ${boxNumber}) * params.boxHeads + queryHead;
    var s = 0.0;
    ${forVectors(q, 's += dot(key_[d], load_query(queryRow, d));')}
    ${options.hasBias ? `s += ${biasOf(options, 'x', 'p')};` : ''}
    var dp = 0.0;
    ${forVectors(v, 'dp += dot(value_[d], load_grad(gradRow, d));')}
    let kept = ${keep};
    let p = exp2(s - ${log2e} * logsumexpOf(at));
    let ds = p * (kept * dp - deltaOf(at));
    let weight = kept * p;
    ${forVectors(q, 'sumKey[d] += ds * load_query(queryRow, d);')}
    ${forVectors(v, 'sumValue[d] += weight * load_grad(gradRow, d);')}`;
  return `${owners(sight)}
  let keyRow = keyAt(b, u32(c0), u32(c1), u32(c2), h);
  let valueRow = valueAt(b, u32(c0), u32(c1), u32(c2), h);
  var key_: array<vec4f, ${q}>;
  ${forVectors(q, 'key_[d] = params.scale * load_key(keyRow, d);')}
  var value_: array<vec4f, ${v}>;
  ${forVectors(v, 'value_[d] = load_value(valueRow, d);')}
  var sumKey: array<vec4f, ${q}>;
  var sumValue: array<vec4f, ${v}>;
  let share = params.boxHeads / params.heads;
  for (var i = 0u; i < share; i++) {
  let queryHead = h * share + i;
${forNeighbours(sight, pair)}
  }
  let gradKeyRow = gradKeyAt(b, u32(c0), u32(c1), u32(c2), h);
  let gradValueRow = gradValueAt(b, u32(c0), u32(c1), u32(c2), h);
  ${forVectors(q, 'store_gradKey(gradKeyRow, d, params.resultScale * sumKey[d]);')}
  ${forVectors(v, 'store_gradValue(gradValueRow, d, sumValue[d]);')}`;
}

/**
 * The gradient of one bias from a slice of the queries: \`row\` counts slices, heads and offsets, the last axis fastest. The key of
 * each query is the one at the offset, if the query sees it.
 */
export function biasGradBody(sight: WgslSight, { query, value }: Forward, options: Options): string {
  const [q, v] = [vectors(query), vectors(value)];
  const sizes = options.kernelSizes.map((size) => 2 * size - 1);
  const coordinates = sight.dilations.map(
    (dilation, axis) => `    let g${axis} = c${axis} % ${dilation};
    let x${axis} = c${axis} / ${dilation} + r${axis} - ${options.kernelSizes[axis]! - 1};
    let t${axis} = u32(g${axis} + x${axis} * ${dilation});`,
  );
  const isSeen = [0, 1, 2].map((axis) => `x${axis} >= first${axis}(c${axis}) && x${axis} < end${axis}(c${axis})`);
  return `  let r2 = i32(row % ${sizes[2]}u);
  let r1 = i32(row / ${sizes[2]}u % ${sizes[1]}u);
  let r0 = i32(row / ${sizes[1]! * sizes[2]!}u % ${sizes[0]}u);
  let h = row / ${sizes[0]! * sizes[1]! * sizes[2]!}u % params.heads;
  let slice = row / (${sizes[0]! * sizes[1]! * sizes[2]!}u * params.heads);
  let boxHead = h * params.boxHeads / params.heads;
  let bias = ${log2e} * f32(rpb[params.rpbOffset + row % (${sizes[0]! * sizes[1]! * sizes[2]!}u * params.heads)]);
  let tokens = params.n0 * params.n1 * params.n2;
  var sum = 0.0;
  for (var token = slice; token < params.queries; token += params.slices) {
    let c2 = i32(token % params.n2);
    let c1 = i32(token / params.n2 % params.n1);
    let c0 = i32(token / (params.n2 * params.n1) % params.n0);
    let b = token / tokens;
${coordinates.join('\n')}
    if (!(${isSeen.join(' && ')})) { continue; }
    let at = token * params.heads + h;
    let queryRow = queryAt(b, u32(c0), u32(c1), u32(c2), h);
    let gradRow = gradAt(b, u32(c0), u32(c1), u32(c2), h);
    let keyRow = keyAt(b, t0, t1, t2, boxHead);
    let valueRow = valueAt(b, t0, t1, t2, boxHead);
    var s = bias;
    ${forVectors(q, 's += params.scale * dot(load_query(queryRow, d), load_key(keyRow, d));')}
    var dp = 0.0;
    ${forVectors(v, 'dp += dot(load_grad(gradRow, d), load_value(valueRow, d));')}
    ${options.hasDropout ? `dp *= keep(b, h, token % tokens, ${boxNumber});` : ''}
    let lse = ${log2e} * logsumexpOf(at);
    sum += exp2(s - lse) * (dp - deltaOf(at));
  }
  parts[params.partsOffset + row] = sum;`;
}
