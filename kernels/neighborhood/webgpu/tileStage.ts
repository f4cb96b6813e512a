// How the tiled programs bring a part of the box into workgroup memory.

import type { Tile, TileKind } from './tileParts.ts';
import { log2e } from './bodies.ts';
import { join, partsOf, threadsOf } from './tileParts.ts';

/** The two operands of the box: keys and values, or queries and gradients. */
function boxNames(kind: TileKind): readonly [string, string] {
  return kind === 'backwardKey' ? ['query', 'grad'] : ['key', 'value'];
}

/**
 * A seat is a cell's part that one invocation reads. The vector behind it (logsumexp and delta for dK and dV) also keeps the seats of
 * neighbouring invocations in different banks.
 */
export function stageDeclarations(tile: Tile): string {
  const { own, boxRows, boxColumns } = tile;
  return `struct Seat { a: array<vec4f, ${own}>, b: array<vec4f, ${own}>, numbers: vec4f }
var<workgroup> box: array<Seat, ${boxRows * boxColumns * partsOf(tile)}>;`;
}

/** Pairs of vectors that an invocation brings. */
const countOf = (tile: Tile): number => Math.ceil((tile.boxRows * tile.boxColumns * tile.dim) / 4 / threadsOf(tile));

/** Which vectors this invocation brings: of which cell, and how far they are from those of the part's first cell. */
export function openStage(tile: Tile, [, d1, d2]: readonly number[]): string {
  const { kind, dim, own, boxColumns } = tile;
  const vectors = dim / 4;
  const threads = threadsOf(tile);
  return join(countOf(tile), (u) => {
    const far = (name: string): string =>
      `  let ${name}Far${u} = u32(line${u}) * ${d1}u * params.${name}_1 + u32(cell${u}) * ${d2}u * params.${name}_2;`;
    return `  let slot${u} = lane + ${u * threads}u;
  let d${u} = slot${u} % ${vectors}u;
  let line${u} = i32(slot${u} / ${vectors * boxColumns}u);
  let cell${u} = i32(slot${u} / ${vectors}u % ${boxColumns}u);
  let seatOf${u} = slot${u} / ${own}u;
${boxNames(kind).map(far).join('\n')}`;
  });
}

/** Brings the part of the box at plane x0 whose first cell is (row, column), when all are done with the one before. */
export function stage(tile: Tile, [d0, d1, d2]: readonly number[]): string {
  const { kind, own } = tile;
  const [first, second] = boxNames(kind);
  const isByKey = kind === 'backwardKey';
  const numbers = (u: number): string => `\n      if (d${u} % ${own}u == 0u) {
        let token = ((b * params.m0 + t0) * params.m1 + t1 + u32(line${u} * ${d1})) * params.m2 + t2 + u32(cell${u} * ${d2});
        let at = token * params.boxHeads + boxHead;
        numbers${u} = vec4f(${log2e} * logsumexpOf(at), deltaOf(at), 0.0, 0.0);
      }`;
  const read = (
    u: number,
  ): string => `    let isThere${u} = line${u} < min(${tile.boxRows}, boxBottom - row) && cell${u} < boxRight - column;
    var early${u} = vec4f();
    var late${u} = vec4f();${isByKey ? `\n    var numbers${u} = vec4f();` : ''}
    if (isThere${u}) {
      early${u} = load_${first}(${first}Row + ${first}Far${u}, d${u});
      late${u} = load_${second}(${second}Row + ${second}Far${u}, d${u});${isByKey ? numbers(u) : ''}
    }`;
  const place = (u: number): string => `    if (isThere${u}) {
      box[seatOf${u}].a[d${u} % ${own}u] = early${u};
      box[seatOf${u}].b[d${u} % ${own}u] = late${u};${isByKey ? `\n      if (d${u} % ${own}u == 0u) { box[seatOf${u}].numbers = numbers${u}; }` : ''}
    }`;
  return `    {
    let t0 = u32(g0 + x0 * ${d0});
    let t1 = u32(g1 + row * ${d1});
    let t2 = u32(g2 + column * ${d2});
    let ${first}Row = ${first}At(b, t0, t1, t2, boxHead);
    let ${second}Row = ${second}At(b, t0, t1, t2, boxHead);
${join(countOf(tile), read)}
    workgroupBarrier();
${join(countOf(tile), place)}
    }
    workgroupBarrier();`;
}
