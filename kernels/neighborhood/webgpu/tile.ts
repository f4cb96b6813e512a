// The attention's WebGPU programs for windows of images: a workgroup makes a tile of owners along two axes and streams the rows that they
// see through workgroup memory.
//
// An owner's row of D numbers is shared by P = D / 16 neighbouring invocations, 16 numbers each, whose products are added by shuffles;
// each invocation has R owners below one another, so that a row that is read serves all of them whose windows it is in. In
// workgroup memory part p of a row lies beside the others', so that neighbouring invocations read neighbouring vectors.
// Memory: S rows of the box, W wide. Order of summation: rows top down, columns in chunks left to right; parts by a tree.

import type { Options } from './bodies.ts';
import type { WgslSight } from './sight.ts';
import type { Tile, TileKind } from './tileParts.ts';
import { join, own, partsOf } from './tileParts.ts';
import { seeRow } from './tileRows.ts';

export const log2e = '1.4426950408889634';
const ln2 = '0.6931471805599453';

/** The two operands of the box: keys and values, or queries and gradients. */
function boxNames(kind: TileKind): readonly [string, string] {
  return kind === 'backwardKey' ? ['query', 'grad'] : ['key', 'value'];
}

/** The owners' operands, and their sums. */
function ownerNames(kind: TileKind): { readonly operands: readonly string[]; readonly sums: readonly string[] } {
  if (kind === 'forward') return { operands: ['query'], sums: ['sum'] };
  if (kind === 'backwardQuery') return { operands: ['query', 'grad'], sums: ['sum'] };
  return { operands: ['key', 'value'], sums: ['sumKey', 'sumValue'] };
}

export function tileDeclarations(tile: Tile): string {
  const { kind, dim, boxRows, boxColumns } = tile;
  const size = boxRows * boxColumns * (dim / 4);
  const stats = kind === 'backwardKey' ? `var<workgroup> boxStats: array<vec2f, ${boxRows * boxColumns}>;` : '';
  const parts = partsOf(tile);
  const steps = [1, 2, 4, 8].filter((step) => step < parts);
  return `var<workgroup> boxFirst: array<vec4f, ${size}>;
var<workgroup> boxSecond: array<vec4f, ${size}>;
${stats}
fn whole(x: f32) -> f32 {
  var sum = x;
${steps.map((step) => `  sum += subgroupShuffleXor(sum, ${step}u);`).join('\n')}
  return sum;
}`;
}

/** @param sight of the owners; `forTiles` says how workgroups are numbered */
export function tileBody(tile: Tile, sight: WgslSight, _options: Options): string {
  const { kind, across, each, down } = tile;
  const parts = partsOf(tile);
  const [d0, d1, d2] = sight.dilations as [number, number, number];
  const visits = kind === 'backwardKey';
  return `  // Workgroups: columns of tiles, rows of tiles, the planes with their dilation groups, heads, batch entries.
  var place = group.y * groups.x + group.x;
  let tile2 = i32(place % params.tiles2); place /= params.tiles2;
  let tile1 = i32(place % params.tiles1); place /= params.tiles1;
  let g2 = i32(place % ${d2}u); place /= ${d2}u;
  let g1 = i32(place % ${d1}u); place /= ${d1}u;
  let c0 = i32(place % params.n0); place /= params.n0;
  let h = place % params.heads;
  let b = place / params.heads;
  if (b >= params.batch) { return; }
  let g0 = c0 % ${d0};
  let length1 = (i32(params.n1) - g1 + ${d1 - 1}) / ${d1};
  let length2 = (i32(params.n2) - g2 + ${d2 - 1}) / ${d2};
  let top = tile1 * ${down * each};
  let left = tile2 * ${across};
  if (top >= length1 || left >= length2) { return; }
  let bottom = min(top + ${down * each}, length1) - 1;
  let right = min(left + ${across}, length2) - 1;
  let boxTop = first1(g1 + top * ${d1});
  let boxBottom = end1(g1 + bottom * ${d1});
  let boxLeft = first2(g2 + left * ${d2});
  let boxRight = end2(g2 + right * ${d2});
  let part = lane % ${parts}u;
  let mine2 = left + i32(lane / ${parts}u % ${across}u);
  let mine1 = top + i32(lane / ${parts * across}u) * ${each};
  let isColumn = mine2 <= right;
  let c2 = g2 + min(mine2, right) * ${d2};
  let start = first2(c2) - boxLeft;
  let stop = end2(c2) - boxLeft;
${join(each, (j) => openOwner(tile, j, d1))}
  ${visits ? 'let share = params.boxHeads / params.heads;\n  for (var visit = 0u; visit < share; visit++) {\n  let boxHead = h * share + visit;' : 'let boxHead = h * params.boxHeads / params.heads;'}
  for (var x0 = first0(c0); x0 < end0(c0); x0++) {
  let t0 = u32(g0 + x0 * ${d0});
  for (var row0 = boxTop; row0 < boxBottom; row0 += ${tile.boxRows}) {
    workgroupBarrier();
${loadBox(tile, d1, d2)}
    workgroupBarrier();
    for (var r = 0; r < min(i32(params.lines), boxBottom - row0); r++) {
      let y = row0 + r;
${seeRow(tile)}
    }
  }
  }
  ${visits ? '}' : ''}
${join(each, (j) => closeOwner(tile, j))}`;
}

/** Loads an owner's part of its rows. */
function openOwner({ kind, each: _ }: Tile, j: number, d1: number): string {
  const { operands, sums } = ownerNames(kind);
  const scaled = kind === 'backwardKey' ? 'key' : 'query';
  const load = (name: string, i: number): string =>
    `  let ${name}${j}_${i} = ${name === scaled ? 'params.scale * ' : ''}load_${name}(${name}Row${j}, part * ${own}u + ${i}u);`;
  const rows = operands.map(
    (name) =>
      `  let ${name}Row${j} = ${name}At(b, u32(c0), u32(c1_${j}), u32(c2), h);\n${join(own, (i) => load(name, i))}`,
  );
  const stats = {
    forward: `  var m${j} = -3.0e38;\n  var l${j} = 0.0;`,
    backwardQuery: `  let at${j} = ((b * params.n0 + u32(c0)) * params.n1 + u32(c1_${j})) * params.n2 + u32(c2);
  let lse${j} = ${log2e} * stats[params.statsOffset + at${j} * params.heads + h];
  let delta${j} = stats[params.statsOffset + params.queries + at${j} * params.heads + h];`,
    backwardKey: '',
  }[kind];
  return `  let is${j} = isColumn && mine1 + ${j} <= bottom;
  let c1_${j} = g1 + min(mine1 + ${j}, bottom) * ${d1};
  let from${j} = first1(c1_${j});
  let to${j} = select(from${j}, end1(c1_${j}), is${j});
${rows.join('\n')}
${stats}
${sums.map((name) => join(own, (i) => `  var ${name}${j}_${i} = vec4f();`)).join('\n')}`;
}

/** Copies rows of the box, the vectors of a row by neighbouring invocations. */
function loadBox(tile: Tile, d1: number, d2: number): string {
  const { kind, dim, across, down, boxRows, boxColumns } = tile;
  const parts = partsOf(tile);
  const vectors = dim / 4;
  const threads = across * parts * down;
  const [first, second] = boxNames(kind);
  const stats =
    kind === 'backwardKey'
      ? `      if (d == 0) {
        let at = ((b * params.m0 + t0) * params.m1 + t1) * params.m2 + t2;
        let lse = stats[params.statsOffset + at * params.boxHeads + boxHead];
        boxStats[slot / ${vectors}] = vec2f(${log2e} * lse, stats[params.statsOffset + params.queries + at * params.boxHeads + boxHead]);
      }`
      : '';
  return `    for (var slot = i32(lane); slot < i32(params.slots); slot += ${threads}) {
      let d = slot % ${vectors};
      let column = slot / ${vectors} % ${boxColumns};
      let line = slot / ${vectors * boxColumns};
      if (row0 + line >= boxBottom || boxLeft + column >= boxRight) { continue; }
      let t1 = u32(g1 + (row0 + line) * ${d1});
      let t2 = u32(g2 + (boxLeft + column) * ${d2});
      let to = ((d % ${own} * ${boxRows} + line) * ${boxColumns} + column) * ${parts} + d / ${own};
      boxFirst[to] = load_${first}(${first}At(b, t0, t1, t2, boxHead), u32(d));
      boxSecond[to] = load_${second}(${second}At(b, t0, t1, t2, boxHead), u32(d));
${stats}
    }`;
}

/** Writes an owner's part of its results. */
function closeOwner({ kind }: Tile, j: number): string {
  const rows: Record<TileKind, readonly (readonly [string, string, string])[]> = {
    forward: [['output', 'sum', `share${j} * `]],
    backwardQuery: [['result', 'sum', 'params.resultScale * ']],
    backwardKey: [
      ['gradKey', 'sumKey', 'params.resultScale * '],
      ['gradValue', 'sumValue', ''],
    ],
  };
  const stores = rows[kind].map(
    ([name, sum, factor]) => `    let ${name}Row = ${name}At(b, u32(c0), u32(c1_${j}), u32(c2), h);
${join(own, (i) => `    store_${name}(${name}Row, part * ${own}u + ${i}u, ${factor}${sum}${j}_${i});`)}`,
  );
  const logsumexp =
    kind === 'forward'
      ? `    let share${j} = 1.0 / l${j};
    let at = ((b * params.n0 + u32(c0)) * params.n1 + u32(c1_${j})) * params.n2 + u32(c2);
    if (part == 0u) { logsumexp[params.logsumexpOffset + at * params.heads + h] = m${j} * ${ln2} + log(l${j}); }`
      : '';
  return `  if (is${j}) {\n${logsumexp}\n${stores.join('\n')}\n  }`;
}
