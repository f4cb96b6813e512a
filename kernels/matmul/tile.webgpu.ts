// C = A · B by tiles in workgroup memory.
//
// A [M, K], B [K, N], C [M, N]. A workgroup computes tile.rows × tile.columns of C, an invocation tile.down × tile.across of
// them: quads of neighbours, half a tile apart, so that neighbouring invocations read neighbouring vec4 of workgroup memory. K
// goes in steps of tile.depth: each invocation brings 4 × 4 numbers of A or of B into registers while the step before is
// multiplied, then writes them turned to k-major order. Workgroup memory: 4 · depth · (rows + columns) bytes, 16 KiB at most.
// Each element of C is summed in the order of k. The sums of A's rows, where they are wanted, are made on the way by the tiles
// of the first columns: each invocation adds up what it brings, four rows of every fourth quad of k, and those that brought the
// same rows meet at the end.

import type { ProgramSource, Word } from '../runtime/webgpu/program.ts';
import type { Target } from './target.webgpu.ts';

export interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly invocations: number;
  readonly depth: number;
  /** Rows and columns of an invocation: 4 or 8. */
  readonly down: number;
  readonly across: number;
}

/** How four rows of A (or columns of B) come into registers, four k at a time. */
export interface Panel {
  /** Of the registers r0 ... r3. */
  readonly type: 'vec4f' | 'vec4h';
  /** Which neighbours lie side by side in memory: neighbouring invocations read those. */
  readonly along: 'outer' | 'k';
  /** How many words s0, s1 ... it keeps. */
  readonly state: number;
  /** Statements that set them from `outer`, the first row or column. */
  readonly setup: string;
  /** Statements that set r0 ... r3 from `k`, the first of four, which may be beyond `end`. */
  readonly load: string;
  /** Of each k, the four numbers, in f32. */
  readonly steps: readonly [string, string, string, string];
}

/** Which tile of which product a workgroup computes; `tileRow`, `tileColumn`, `slice`, `batch`, and `first` <= k < `end`. */
export const whereCode = `  let id = group.y * groups.x + group.x;
  if (id >= params.count) { return; }
  let z = id / (params.down * params.across);
  let place = id % (params.down * params.across);
  // Eight rows of tiles at a time: what they read of B stays in the cache.
  let band = place / (8u * params.across);
  let height = min(params.down - band * 8u, 8u);
  let inBand = place % (8u * params.across);
  let tileRow = band * 8u + inBand % height;
  let tileColumn = inBand / height;
  let slice = z % params.slices;
  let i = z / params.slices;
  let first = slice * params.chunk;
  let end = min(params.k, first + params.chunk);`;

/** The parameters that it reads. `chunk` is how much of K a slice sums, `count` the number of workgroups. */
export const whereParams: readonly (readonly [string, Word])[] = (
  ['count', 'down', 'across', 'slices', 'chunk', 'm', 'n', 'k'] as const
).map((name) => [name, 'u32'] as const);

/** The operands of a product: its buffers, their own parameters, and statements that set aAt and bAt from `i`, the batch. */
export interface Parts {
  readonly buffers: ProgramSource['buffers'];
  readonly params: NonNullable<ProgramSource['params']>;
  readonly places: string;
}

/**
 * The text of a tiled product of buffers a, b to c.
 */
export function tiledSource(
  name: string,
  tile: Tile,
  [a, b]: readonly [Panel, Panel],
  target: Target,
  { buffers, params, places }: Parts,
): ProgramSource {
  const { rows, columns, depth } = tile;
  return {
    name,
    buffers,
    params: [...whereParams, ...params],
    workgroupSize: [tile.invocations],
    declarations: `var<workgroup> aTile: array<vec4f, ${(depth * rows) / 4}>;
var<workgroup> bTile: array<vec4f, ${(depth * columns) / 4}>;
${target.declarations}`,
    body: [whereCode, places, stageSetup(tile, a, b), loop(tile, a, b, target), results(tile), sums(tile, target)].join(
      '\n',
    ),
  };
}

/** Statements for those invocations that bring a block of A, and for those that bring one of B. */
function eachPanel(tile: Tile, a: string, b: string): string {
  const [ofA, ofB] = [(tile.rows * tile.depth) / 16, (tile.columns * tile.depth) / 16];
  const rest = ofA + ofB < tile.invocations ? ` if (lane < ${ofA + ofB}u)` : '';
  return `  if (lane < ${ofA}u) {\n${a}\n  } else${rest} {\n${b}\n  }`;
}

function stageSetup(tile: Tile, a: Panel, b: Panel): string {
  const { rows, columns, depth } = tile;
  const words = Array.from({ length: Math.max(a.state, b.state) }, (_, i) => `  var s${i} = 0u;`);
  const block = ({ along, setup }: Panel, size: number, from: number, tileAt: string): string => {
    const steps = depth / 4;
    const [outer, k] =
      along === 'outer'
        ? [`own % ${size / 4}u`, `own / ${size / 4}u`]
        : [`own / ${8 * steps}u * 8u + own % 8u`, `own / 8u % ${steps}u`];
    return `    let own = lane - ${from}u;
    let quad = ${outer};
    step = 4u * (${k});
    slot = step * ${size / 4}u + quad;
    let outer = ${tileAt} * ${size}u + 4u * quad;
${setup}`;
  };
  return [
    '  // The block of 4 × 4 that this invocation brings: from k = step on, into vec4 slot, ...',
    '  var step = 0u;',
    '  var slot = 0u;',
    ...words,
    eachPanel(tile, block(a, rows, 0, 'tileRow'), block(b, columns, (rows * depth) / 16, 'tileColumn')),
    ...[0, 1, 2, 3].map((i) => `  var r${i} = ${a.type}();`),
  ].join('\n');
}

function loop(tile: Tile, a: Panel, b: Panel, { takesSums = false }: Target): string {
  const { rows, columns, depth } = tile;
  const put = ({ steps }: Panel, name: string, size: number): string =>
    steps.map((step, j) => `    ${name}[slot + ${(j * size) / 4}u] = ${step};`).join('\n');
  const addUp = takesSums ? `\n    if (tileColumn == 0u) { rowSums += ${a.steps.join(' + ')}; }` : '';
  const load = `  let k = k0 + step;\n${eachPanel(tile, a.load, b.load)}`;
  return `  let warp = lane / 32u;
  let down = warp / ${columns / tile.across / 8}u * 4u + lane % 32u / 8u;
  let across = warp % ${columns / tile.across / 8}u * 8u + lane % 8u;
${accumulators(tile)
  .map((name) => `  var ${name} = vec4f();`)
  .join('\n')}
${takesSums ? '  var rowSums = vec4f();' : ''}
  var k0 = first;
  if (k0 < end) {
${load}
  }
  while (k0 < end) {
${eachPanel(tile, put(a, 'aTile', rows) + addUp, put(b, 'bTile', columns))}
    workgroupBarrier();
    k0 += ${depth}u;
    if (k0 < end) {
${load}
    }
${Array.from({ length: depth }, (_, k) => multiplyStep(tile, k)).join('\n')}
    workgroupBarrier();
  }`;
}

function accumulators({ down, across }: Tile): string[] {
  return Array.from({ length: down }, (_, row) =>
    Array.from({ length: across / 4 }, (_, half) => `c${row}_${half}`),
  ).flat();
}

/** One k: an outer product, in named registers, at places that the compiler can tell to be inside. */
function multiplyStep({ rows, columns, down, across }: Tile, k: number): string {
  const read = (name: string, tile: string, size: number, own: number, at: string): string[] =>
    Array.from(
      { length: own / 4 },
      (_, half) => `let ${name}${half} = ${tile}[${(k * size) / 4 + (half * size) / 8}u + ${at}];`,
    );
  const sums = Array.from({ length: down }, (_, row) =>
    Array.from(
      { length: across / 4 },
      (_, half) => `c${row}_${half} += a${row >> 2}.${'xyzw'[row & 3]} * b${half};`,
    ).join(' '),
  );
  return [
    '    {',
    ...read('a', 'aTile', rows, down, 'down'),
    ...read('b', 'bTile', columns, across, 'across'),
    ...sums,
    '    }',
  ].join('\n');
}

/** Hands the sums to the target's `put(row, column, batch, at, value)`. */
function results({ rows, columns, down, across }: Tile): string {
  const halves = Array.from({ length: across / 4 }, (_, half) => half);
  const places = halves.map(
    (half) => `  let column${half} = tileColumn * ${columns}u + ${(half * columns) / 2}u + 4u * across;
  let at${half} = atColumn(column${half}, i, slice);`,
  );
  const puts = Array.from({ length: down }, (_, row) => {
    const at = `tileRow * ${rows}u + ${(row >> 2) * (rows / 2) + (row & 3)}u + 4u * down`;
    const calls = halves.map((half) => `put(row, column${half}, i, at${half}, c${row}_${half});`);
    return `  {\n    let row = ${at};\n    if (row < params.m) { ${calls.join(' ')} }\n  }`;
  });
  return [...places, ...puts].join('\n');
}

/** Hands the sums of A's rows to the target's `putSums(row, slice, value)`; the loop has left workgroup memory free. */
function sums({ rows, depth }: Tile, { takesSums = false }: Target): string {
  if (!takesSums) return '';
  const quads = rows / 4;
  const parts = Array.from({ length: depth / 4 }, (_, i) => `aTile[lane + ${4 * i * quads}u]`);
  return `  if (tileColumn == 0u) {
    if (lane < ${(rows * depth) / 16}u) { aTile[slot] = rowSums; }
    workgroupBarrier();
    if (lane < ${quads}u) { putSums(tileRow * ${rows}u + 4u * lane, slice, ${parts.join(' + ')}); }
  }`;
}
