// The unfused operations on WebGPU: one invocation for each weight, or for four numbers of a row.

import type { Kernel } from '../../../autograd/types.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import type { NaProblem } from '../problem.ts';
import type { Extents } from './attend.ts';
import { acceptsStrides } from '../../../autograd/types.ts';
import { storedType } from '../../runtime/webgpu/types.ts';
import { withRows } from '../packed.ts';
import { resolveProblem } from '../problem.ts';
import { attend, forNeighbours } from './attend.ts';
import { rowsFirst, vectors } from './rows.ts';
import { wgslSight } from './sight.ts';
import { onThree } from './tileChoice.ts';

type Problem = Required<NaProblem>;

/** attn = q · k for each slot, and `masked` for slots without a key. */
export const dotsWebgpu: Kernel<['query', 'key'], NaProblem & { masked?: number }> = acceptsStrides(
  (inputs, attrs, [attn]) =>
    withRows(inputs, ({ query, key }) => {
      const { sizes, sight, extents } = resolve(attn!, query.shape[1]!, key.shape[1]!, attrs);
      const [q, k] = [rowsFirst('query', query), rowsFirst('key', key)];
      const slots = sizes.reduce((a, b) => a * b, 1);
      const masked = new Uint32Array(Float32Array.of(attrs.masked).buffer)[0]!;
      attend({
        key: `dots ${sizes.join()}`,
        sight: sight('query'),
        extents,
        reads: [q, k],
        writes: [],
        others: [['attn', attn!, 'write']],
        params: [['masked', 'u32', masked]],
        rows: attn!.size,
        body: `  let slot = row % ${slots}u;
${ownerOf(`row / ${slots}u`, sight('query').dilations)}
  let x2 = first2(c2) + i32(slot % ${sizes[2]}u);
  let x1 = first1(c1) + i32(slot / ${sizes[2]}u % ${sizes[1]}u);
  let x0 = first0(c0) + i32(slot / ${sizes[2] * sizes[1]}u);
  var sum = bitcast<f32>(params.masked);
  if (x0 < end0(c0) && x1 < end1(c1) && x2 < end2(c2)) {
    let queryRow = queryAt(b, u32(c0), u32(c1), u32(c2), h);
    let keyRow = keyAt(b, ${seen(sight('query').dilations)}, h * params.boxHeads / params.heads);
    sum = 0.0;
    for (var d = 0u; d < ${vectors(q)}u; d++) { sum += dot(load_query(queryRow, d), load_key(keyRow, d)); }
  }
  attn[params.attnOffset + row] = ${storedType(attn!.dtype)}(sum);`,
      });
    }),
);

/** y = Σ attn v over each query's keys. */
export const sumWebgpu: Kernel<['attn', 'value'], NaProblem> = acceptsStrides((inputs, attrs, [y]) =>
  withRows(inputs, ({ attn, value }) => {
    const { sizes, sight, extents } = resolve(attn, attn.shape[1]!, value.shape[1]!, attrs);
    const [weights, v, out] = [rowsFirst('attn', attn), rowsFirst('value', value), rowsFirst('result', y!)];
    const own = sight('query');
    attend({
      key: `sum ${sizes.join()}`,
      sight: own,
      extents,
      reads: [{ ...weights }, v],
      writes: [out],
      rows: (y!.size / y!.shape.at(-1)!) * vectors(out),
      body: `  let d = row % ${vectors(out)}u;
${ownerOf(`row / ${vectors(out)}u`, own.dilations)}
  let boxHead = h * params.boxHeads / params.heads;
  let weights = attnAt(b, u32(c0), u32(c1), u32(c2), h);
  var sum = vec4f();
${forNeighbours(own, `    sum += ${weightAt('weights', slotOf(sizes, 'c'))} * load_value(valueAt(b, t0, t1, t2, boxHead), d);`)}
  store_result(resultAt(b, u32(c0), u32(c1), u32(c2), h), d, sum);`,
      declarations: weightCode,
    });
  }),
);

/** y = Σ attn x over the queries that see each key, of all heads that share it. */
export const spreadWebgpu: Kernel<['attn', 'x'], NaProblem & { headsKv: number }> = acceptsStrides(
  (inputs, attrs, [y]) =>
    withRows(inputs, ({ attn, x }) => {
      const { sizes, sight, extents } = resolve(attn, attrs.headsKv, x.shape[1]!, attrs);
      const [weights, rows, out] = [rowsFirst('attn', attn), rowsFirst('x', x), rowsFirst('result', y!)];
      const own = sight('key');
      const pair = `    let weights = attnAt(b, t0, t1, t2, queryHead);
    sum += ${weightAt('weights', windowSlot(sizes))} * load_x(xAt(b, t0, t1, t2, queryHead), d);`;
      attend({
        key: `spread ${sizes.join()}`,
        sight: own,
        extents,
        reads: [weights, rows],
        writes: [out],
        rows: (y!.size / y!.shape.at(-1)!) * vectors(out),
        body: `  let d = row % ${vectors(out)}u;
${ownerOf(`row / ${vectors(out)}u`, own.dilations)}
${own.dilations.map((dilation, axis) => `  let p${axis} = c${axis} / ${dilation};`).join('\n')}
  let share = params.boxHeads / params.heads;
  var sum = vec4f();
  for (var i = 0u; i < share; i++) {
  let queryHead = h * share + i;
${forNeighbours(own, pair)}
  }
  store_result(resultAt(b, u32(c0), u32(c1), u32(c2), h), d, sum);`,
        declarations: `${weightCode}\n${renamed(sight('query').code)}`,
      });
    }),
);

/** attn [B, N, *X, ΠK]: its problem. */
function resolve(attn: Tensor, heads: number, boxHeads: number, attrs: Problem) {
  const axes = resolveProblem('neighborhoodAttention', attn.shape, attrs, attn.shape.slice(2, -1));
  const tokens = onThree(attn.shape.slice(2, -1), 1);
  const extents: Extents = { batch: attn.shape[0]!, tokens, boxTokens: tokens, heads, boxHeads };
  const sizes = onThree(
    axes.map(({ kernelSize }) => kernelSize),
    1,
  );
  return { sizes, sight: (by: 'query' | 'key') => wgslSight(axes, by), extents };
}

/** Head, batch entry and token of an index in [B, N, *X]. */
function ownerOf(index: string, dilations: readonly number[]): string {
  const groups = dilations.map((dilation, axis) => `  let g${axis} = c${axis} % ${dilation};`);
  return `  let token = ${index};
  let c2 = i32(token % params.n2);
  let c1 = i32(token / params.n2 % params.n1);
  let c0 = i32(token / (params.n2 * params.n1) % params.n0);
  let h = token / (params.n2 * params.n1 * params.n0) % params.heads;
  let b = token / (params.n2 * params.n1 * params.n0 * params.heads);
${groups.join('\n')}`;
}

function seen(dilations: readonly number[]): string {
  return dilations.map((dilation, axis) => `u32(g${axis} + x${axis} * ${dilation})`).join(', ');
}

/** The slot of position x in the window of the owner at c. */
function slotOf(sizes: readonly number[], owner: string): string {
  const [a, b, c] = [0, 1, 2].map((axis) => `(x${axis} - first${axis}(${owner}${axis}))`);
  return `u32((${a} * ${sizes[1]} + ${b}) * ${sizes[2]} + ${c})`;
}

/** The slot of the owner, a key at positions p, in the window of the query at t. */
function windowSlot(sizes: readonly number[]): string {
  const [a, b, c] = [0, 1, 2].map((axis) => `(p${axis} - windowFirst${axis}(i32(t${axis})))`);
  return `u32((${a} * ${sizes[1]} + ${b}) * ${sizes[2]} + ${c})`;
}

/** One number of a row that may be read as vectors. */
const weightCode = 'fn weight(at: u32, slot: u32) -> f32 { return load_attn(at, slot >> 2u)[slot & 3u]; }';

function weightAt(row: string, slot: string): string {
  return `weight(${row}, ${slot})`;
}

/** The windows of queries beside those of keys. */
function renamed(code: string): string {
  return code.replaceAll(
    /\b(first|end)(\d)\b/g,
    (_, edge: string, axis: string) => `window${edge === 'first' ? 'First' : 'End'}${axis}`,
  );
}
