// The attention's WebGPU programs that stage what is seen: a workgroup makes a tile of owners along two axes, and all that they see
// streams through workgroup memory, part by part of their common box.
//
// An owner's row of D numbers is shared by neighbouring invocations, whose products are added by shuffles; each invocation has
// several owners below one another, so that a row that is read serves all of them whose windows it is in.
// Order of summation: planes, rows top down, columns left to right, in chunks; parts of a row by a tree.

import type { WgslSight } from './sight.ts';
import type { Tile, TileKind } from './tileParts.ts';
import { log2e } from './bodies.ts';
import { join, partsOf } from './tileParts.ts';
import { seeBox } from './tileRows.ts';
import { openStage, stage, stageDeclarations } from './tileStage.ts';

/** The owners' operands, and their sums. */
function ownerNames(kind: TileKind): { readonly operands: readonly string[]; readonly sums: readonly string[] } {
  if (kind === 'forward') return { operands: ['query'], sums: ['sum'] };
  if (kind === 'backwardQuery') return { operands: ['query', 'grad'], sums: ['sum'] };
  return { operands: ['key', 'value'], sums: ['sumKey', 'sumValue'] };
}

export function tileDeclarations(tile: Tile): string {
  const parts = partsOf(tile);
  const steps = [1, 2, 4, 8, 16].filter((step) => step < parts);
  return `${stageDeclarations(tile)}
fn whole(x: f32) -> f32 {
  var sum = x;
${steps.map((step) => `  sum += subgroupShuffleXor(sum, ${step}u);`).join('\n')}
  return sum;
}`;
}

/** @param sight of the owners */
export function tileBody(tile: Tile, sight: WgslSight): string {
  const { kind, each, boxRows, boxColumns } = tile;
  const visits = kind === 'backwardKey';
  return `${openTile(tile, sight.dilations)}
${join(each, (j) => openOwner(tile, j, sight.dilations[1]!))}
${openStage(tile, sight.dilations)}
  ${visits ? 'let share = params.boxHeads / params.heads;\n  for (var visit = 0u; visit < share; visit++) {\n  let boxHead = h * share + visit;' : 'let boxHead = h * params.boxHeads / params.heads;'}
  for (var x0 = first0(c0); x0 < end0(c0); x0++) {
  for (var row = boxTop; row < boxBottom; row += ${boxRows}) {
  for (var column = boxLeft; column < boxRight; column += ${boxColumns}) {
    let lines = min(i32(params.lines), boxBottom - row);
${stage(tile, sight.dilations)}
${seeBox(tile)}
  }}}
  ${visits ? '}' : ''}
${join(each, (j) => closeOwner(tile, j))}`;
}

/** Which tile a workgroup makes, the box that it sees, and where this invocation's owners are. */
function openTile(tile: Tile, [d0, d1, d2]: readonly number[]): string {
  const { across, each, down } = tile;
  const parts = partsOf(tile);
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
  let length1 = (i32(params.n1) - g1 + ${d1! - 1}) / ${d1};
  let length2 = (i32(params.n2) - g2 + ${d2! - 1}) / ${d2};
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
  let start = first2(c2);
  let stop = end2(c2);`;
}

/** Loads an owner's part of its rows. */
function openOwner({ kind, own }: Tile, j: number, d1: number): string {
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
  let lse${j} = ${log2e} * logsumexpOf(at${j} * params.heads + h);
  let delta${j} = deltaOf(at${j} * params.heads + h);`,
    backwardKey: '',
  }[kind];
  return `  let is${j} = isColumn && mine1 + ${j} <= bottom;
  let c1_${j} = g1 + min(mine1 + ${j}, bottom) * ${d1};
  let from${j} = first1(c1_${j});
  let to${j} = end1(c1_${j});
${rows.join('\n')}
${stats}
${sums.map((name) => join(own, (i) => `  var ${name}${j}_${i} = vec4f();`)).join('\n')}`;
}

/** Writes an owner's part of its results. */
function closeOwner({ kind, own }: Tile, j: number): string {
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
      ? `    let share${j} = select(1.0 / l${j}, 0.0, l${j} == 0.0);
    let at = ((b * params.n0 + u32(c0)) * params.n1 + u32(c1_${j})) * params.n2 + u32(c2);
    if (part == 0u) { logsumexp[params.logsumexpOffset + at * params.heads + h] = logsumexpFrom(m${j}, l${j}); }`
      : '';
  return `  if (is${j}) {\n${logsumexp}\n${stores.join('\n')}\n  }`;
}
