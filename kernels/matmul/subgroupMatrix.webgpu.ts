// C = A · B in float16 with float32 sums, by the matrix units of a subgroup (chromium_experimental_subgroup_matrix).
//
// A [M, K], B [K, N], C [M, N]. Eight subgroups, two by four, compute a tile of C, each down × across matrices of the unit's size.
// Steps of K go through one of two halves of workgroup memory in turn, so that one barrier a step is enough: while one is
// multiplied, the two after it come into registers. It lies there as in A and B, row- or column-major, eight numbers padding a
// line so that lines begin in other banks. Workgroup memory: at most 48 KiB. At the end each matrix goes through workgroup memory
// once more, to where `put` says. The sums of A's rows, where they are wanted, are made on the way by the tiles of the first
// columns, in float32: where rows lie side by side, all that an invocation reads is of the same eight.

import type { ProgramSource } from '../runtime/webgpu/program.ts';
import type { Unit, UnitTile } from './matrixUnit.webgpu.ts';
import type { Reading } from './panel.webgpu.ts';
import type { Target } from './target.webgpu.ts';
import type { Parts } from './tile.webgpu.ts';
import { depth, gridAcross, gridDown, halves, sizesOf, subgroups } from './matrixUnit.webgpu.ts';
import { whereCode, whereParams } from './tile.webgpu.ts';

/** Numbers between lines of a tile. */
const padding = 8;

/** How an operand's tile lies in workgroup memory. */
interface Stage {
  readonly name: 'a' | 'b';
  readonly along: Reading['along'];
  /** Lines of so many numbers, and the distance from one to the next. */
  readonly lines: number;
  readonly length: number;
  readonly stride: number;
  /** Reads of eight numbers an invocation. */
  readonly reads: number;
}

function stageOf(name: 'a' | 'b', along: Reading['along'], size: number, invocations: number): Stage {
  const [lines, length] = along === 'k' ? [size, depth] : [depth, size];
  return { name, along, lines, length, stride: length + padding, reads: (size * depth) / 8 / invocations };
}

/**
 * The text of the product. a and b are read as vec4u, eight numbers at a time; `ends` says that the last step of K may reach
 * beyond it.
 */
export function unitSource(
  unit: Unit,
  tile: UnitTile,
  alongs: readonly [Reading['along'], Reading['along']],
  ends: boolean,
  target: Target,
  { buffers, params, places }: Parts,
): ProgramSource {
  const { rows, columns, invocations } = sizesOf(unit, tile);
  const a = stageOf('a', alongs[0], rows, invocations);
  const b = stageOf('b', alongs[1], columns, invocations);
  const sums = eachMatrix(tile, (i, j) => `  var c${i}_${j}: Sums;`);
  const { takesSums = false } = target;
  const numbers = Math.max(subgroups * unit.m * unit.n, takesSums ? 8 * invocations : 0);
  return {
    name: 'matmul',
    buffers,
    params: [...whereParams, ...params],
    workgroupSize: [invocations],
    enable: `diagnostic(off, chromium.subgroup_matrix_uniformity);
enable f16;
enable chromium_experimental_subgroup_matrix;`,
    declarations: declarations(unit, [a, b], numbers) + target.declarations,
    body: `${whereCode}
${places}
  let subgroup = lane / ${unit.lanes}u;
${setup(a, invocations, rows)}
${setup(b, invocations, columns)}
${sums}
${takesSums ? '  var lowRows = vec4f();\n  var highRows = vec4f();' : ''}
${loop(unit, tile, [a, b], ends, takesSums)}
${takesSums ? rowSums(rows, invocations) : ''}
${results(unit, tile)}`,
  };
}

/** The halves are written one after the other: so all places in them are constants. */
function loop(unit: Unit, tile: UnitTile, [a, b]: readonly [Stage, Stage], ends: boolean, takesSums: boolean): string {
  const { invocations } = sizesOf(unit, tile);
  const load = (half: number, ahead: number): string => `    if (k0 + ${ahead}u < end) {
${loads(a, invocations, ends, half, ahead)}
${loads(b, invocations, ends, half, ahead)}
    }`;
  const multiplied = (half: number): string =>
    Array.from({ length: depth / unit.k }, (_, i) => multiplyStep(unit, tile, a, b, half, i * unit.k)).join('\n');
  const step = (half: number): string => `    if (k0 < end) {
${stores(a, invocations, half)}
${stores(b, invocations, half)}
${takesSums ? addRows(a, half) : ''}
    workgroupBarrier();
${load(half, halves.length * depth)}
${multiplied(half)}
    }
    k0 += ${depth}u;`;
  return `  var k0 = first;
${halves.map((half) => load(half, half * depth)).join('\n')}
  while (k0 < end) {
${halves.map(step).join('\n')}
  }`;
}

/** @param numbers that `results` holds */
function declarations(unit: Unit, stages: readonly Stage[], numbers: number): string {
  const tiles = stages.map(
    ({ name, lines, stride }) => `var<workgroup> ${name}Tile: array<vec4h, ${(halves.length * lines * stride) / 4}>;`,
  );
  return `alias Left = subgroup_matrix_left<f16, ${unit.k}, ${unit.m}>;
alias Right = subgroup_matrix_right<f16, ${unit.n}, ${unit.k}>;
alias Sums = subgroup_matrix_result<f32, ${unit.n}, ${unit.m}>;
${tiles.join('\n')}
var<workgroup> results: array<f32, ${numbers}>;
`;
}

function eachMatrix({ down, across }: UnitTile, text: (i: number, j: number) => string): string {
  return Array.from({ length: down }, (_, i) => Array.from({ length: across }, (_, j) => text(i, j)).join('\n')).join(
    '\n',
  );
}

function eachRead({ reads }: Stage, text: (i: number) => string): string {
  return Array.from({ length: reads }, (_, i) => text(i)).join('\n');
}

/** Which line and which eighth of numbers read i of this invocation is. */
function placeOf({ length }: Stage, invocations: number, i: number): { line: string; part: string } {
  const number = `(lane + ${i * invocations}u)`;
  return { line: `${number} / ${length / 8}u`, part: `${number} % ${length / 8}u` };
}

function setup(stage: Stage, invocations: number, size: number): string {
  const { name, along } = stage;
  const [count, from] = name === 'a' ? ['params.m', 'tileRow'] : ['params.n', 'tileColumn'];
  return eachRead(stage, (i) => {
    const { line, part } = placeOf(stage, invocations, i);
    const at =
      along === 'k'
        ? `${name}At + min(${from} * ${size}u + ${line}, ${count} - 1u) * params.${name}Outer + 8u * (${part})`
        : `${name}At + min(${from} * ${size}u + 8u * (${part}), ${count} - 8u) + ${line} * params.${name}K`;
    const reads = halves.map((half) => `  var ${name}Read${half}_${i}: vec4u;`);
    return [`  let ${name}From${i} = (${at}) / 8u;`, ...reads].join('\n');
  });
}

/** Reads the step that is so far ahead. */
function loads(stage: Stage, invocations: number, ends: boolean, half: number, ahead: number): string {
  const { name, along } = stage;
  const k = `(k0 + ${ahead}u)`;
  const step = along === 'k' ? `${k} / 8u` : `${k} * (params.${name}K / 8u)`;
  return eachRead(stage, (i) => {
    const { line, part } = placeOf(stage, invocations, i);
    const to = `${name}Read${half}_${i}`;
    const read = `${to} = ${name}[${name}From${i} + ${step}];`;
    if (!ends) return read;
    return `${to} = vec4u(); if (${k} + ${along === 'k' ? `8u * (${part})` : line} < end) { ${read} }`;
  });
}

function stores(stage: Stage, invocations: number, half: number): string {
  const { name, lines, stride } = stage;
  return eachRead(stage, (i) => {
    const { line, part } = placeOf(stage, invocations, i);
    const from = `${name}Read${half}_${i}`;
    return `    { let at = ${(half * lines * stride) / 4}u + ${line} * ${stride / 4}u + 2u * (${part});
    ${name}Tile[at] = bitcast<vec4h>(${from}.xy); ${name}Tile[at + 1u] = bitcast<vec4h>(${from}.zw); }`;
  });
}

/** Eight neighbouring rows at one k in each read. */
function addRows(stage: Stage, half: number): string {
  const adds = eachRead(
    stage,
    (i) =>
      `      lowRows += vec4f(bitcast<vec4h>(aRead${half}_${i}.xy)); highRows += vec4f(bitcast<vec4h>(aRead${half}_${i}.zw));`,
  );
  return `    if (tileColumn == 0u) {\n${adds}\n    }`;
}

/** Adds up what the invocations have that read the same eight rows, every (rows / 8)th, and hands it to `putSums`. */
function rowSums(rows: number, invocations: number): string {
  const parts = rows / 8;
  return `  if (tileColumn == 0u) {
    for (var i = 0u; i < 4u; i++) {
      results[8u * lane + i] = lowRows[i];
      results[8u * lane + 4u + i] = highRows[i];
    }
    workgroupBarrier();
    if (lane < ${rows / 4}u) {
      var sum = vec4f();
      for (var other = lane / 2u; other < ${invocations}u; other += ${parts}u) {
        let at = 8u * other + lane % 2u * 4u;
        sum += vec4f(results[at], results[at + 1u], results[at + 2u], results[at + 3u]);
      }
      putSums(tileRow * ${rows}u + 4u * lane, slice, sum);
    }
  }`;
}

function multiplyStep(unit: Unit, { down, across }: UnitTile, a: Stage, b: Stage, half: number, k: number): string {
  const read = ({ name, along, lines, stride }: Stage, type: string, outer: string): string => {
    // Counted in vec4h, as the memory is.
    const at = along === 'k' ? `(${outer}) * ${stride / 4}u + ${k / 4}u` : `${(k * stride) / 4}u + (${outer}) / 4u`;
    const major = (name === 'a') === (along === 'k') ? 'row_major' : 'col_major';
    return `subgroupMatrixLoad<${type}, ${major}>(&${name}Tile, ${(half * lines * stride) / 4}u + ${at}, ${stride / 4}u)`;
  };
  const lefts = Array.from(
    { length: down },
    (_, i) => `    let a${i} = ${read(a, 'Left', `subgroup / ${gridAcross}u * ${down * unit.m}u + ${i * unit.m}u`)};`,
  );
  const rights = Array.from({ length: across }, (_, j) => {
    const sums = Array.from(
      { length: down },
      (_, i) => `c${i}_${j} = subgroupMatrixMultiplyAccumulate(a${i}, b${j}, c${i}_${j});`,
    );
    return `    let b${j} = ${read(b, 'Right', `subgroup % ${gridAcross}u * ${across * unit.n}u + ${j * unit.n}u`)};\n    ${sums.join('\n    ')}`;
  });
  return ['    {', ...lefts, ...rights, '    }'].join('\n');
}

/** One matrix of each subgroup at a time. */
function results(unit: Unit, { down, across }: UnitTile): string {
  const quads = (unit.m * unit.n) / 4;
  return eachMatrix({ down, across }, (i, j) => {
    const row = `(tileRow * ${gridDown}u + subgroup / ${gridAcross}u) * ${down * unit.m}u + ${i * unit.m}u`;
    const column = `(tileColumn * ${gridAcross}u + subgroup % ${gridAcross}u) * ${across * unit.n}u + ${j * unit.n}u`;
    return `  workgroupBarrier();
  subgroupMatrixStore<row_major>(&results, subgroup * ${unit.m * unit.n}u, c${i}_${j}, ${unit.n}u);
  workgroupBarrier();
  for (var quad = lane % ${unit.lanes}u; quad < ${quads}u; quad += ${unit.lanes}u) {
    let row = ${row} + quad / ${unit.n / 4}u;
    let column = ${column} + quad % ${unit.n / 4}u * 4u;
    let at = subgroup * ${unit.m * unit.n}u + quad * 4u;
    if (row < params.m) { put(row, column, i, atColumn(column, i, slice), vec4f(results[at], results[at + 1u], results[at + 2u], results[at + 3u])); }
  }`;
  });
}
