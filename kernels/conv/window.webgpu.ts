// Convolutions as products of matrices that are never made: which element of a map a position sees under a tap.
//
// A grid (problem.ts) has positions (image, row, column), numbered in this order, and taps (channel, u, v), numbered alike.
// Position p sees, under tap t, the source at (image, channel, row · stride + u · dilation + offset, and so for columns), if that
// is inside. Addresses are u32 and wrap around, so that what is above or left of the map is a large number.

import type { Word } from '../runtime/webgpu/program.ts';
import type { Panel } from '../matmul/tile.webgpu.ts';
import type { Grid } from './problem.ts';

/** What is counted: positions or taps. */
type Kind = 'position' | 'tap';

/** Parameters of the grid; the sizes that positions and taps are numbered by, and the source. */
const gridNames =
  'positionRows positionColumns tapRows tapColumns height width image plane positionY positionX tapY tapX originY originX';
export const gridParams: readonly (readonly [string, Word])[] = gridNames.split(' ').map((name) => [name, 'u32']);

/** Their values. */
export function gridWords({ groups, channels, source, size, kernel, stride, dilation, offset }: Grid): number[] {
  const plane = source[0] * source[1];
  return [...size, ...kernel, ...source, groups * channels * plane, plane, ...stride, ...dilation, ...offset];
}

/** Statements that split number `from` of a kind into lead (image or channel), y and x: variables with that suffix. */
export function splitCode(kind: Kind, from: string, suffix = ''): string {
  return `var lead${suffix} = (${from}) / (params.${kind}Rows * params.${kind}Columns);
let in${suffix} = (${from}) - lead${suffix} * params.${kind}Rows * params.${kind}Columns;
var y${suffix} = in${suffix} / params.${kind}Columns;
var x${suffix} = in${suffix} - y${suffix} * params.${kind}Columns;`;
}

/** Goes on to the next number. */
export function nextCode(kind: Kind, suffix = ''): string {
  return `x${suffix}++; if (x${suffix} == params.${kind}Columns) { x${suffix} = 0u; y${suffix}++; if (y${suffix} == params.${kind}Rows) { y${suffix} = 0u; lead${suffix}++; } }`;
}

/** Where a position or a tap is in the source: a line, a column, and an address; those of a position and a tap add up. */
function part(kind: Kind): { y: string; x: string; at: string } {
  const y = `(y * params.${kind}Y${kind === 'position' ? ' + params.originY' : ''})`;
  const x = `(x * params.${kind}X${kind === 'position' ? ' + params.originX' : ''})`;
  return { y, x, at: `(lead * params.${kind === 'position' ? 'image' : 'plane'} + ${y} * params.width + ${x})` };
}

/**
 * Operand b of a tiled product: what positions see under taps. The outer axis (N) counts one kind, K the other.
 */
export function windowPanel(outer: Kind, type: Panel['type']): Panel {
  const inner = outer === 'position' ? 'tap' : 'position';
  const [own, other] = [part(outer), part(inner)];
  const four = [0, 1, 2, 3];
  const setup = four.map(
    (i) => `s${3 * i} = bAt + ${own.at}; s${3 * i + 1} = ${own.y}; s${3 * i + 2} = ${own.x};
if (outer + ${i + 1}u < params.n) { ${nextCode(outer)} }`,
  );
  const loads = four.map((j) => {
    const reads = four.map(
      (i) =>
        `if (s${3 * i + 1} + oy < params.height && s${3 * i + 2} + ox < params.width) { r${j}[${i}] = b[s${3 * i} + at]; }`,
    );
    return `if (k + ${j}u < end) { let oy = ${other.y}; let ox = ${other.x}; let at = ${other.at};
${reads.join('\n')} }
${j < 3 ? nextCode(inner) : ''}`;
  });
  return {
    type,
    // Neighbouring positions lie side by side.
    along: outer === 'position' ? 'outer' : 'k',
    state: 12,
    setup: `${splitCode(outer, 'min(outer, params.n - 1u)')}\n${setup.join('\n')}`,
    load: `${zeros(type)}\n${splitCode(inner, 'k')}\n${loads.join('\n')}`,
    steps: four.map((j) => `vec4f(r${j})`) as unknown as Panel['steps'],
  };
}

export const countedParams: readonly (readonly [string, Word])[] = ['aOuter', 'aLead', 'aY', 'aX'].map((name) => [
  name,
  'u32',
]);

/** Operand a of a tiled product: rows aOuter apart whose K counts taps or positions, with a stride for each part. */
export function countedPanel(inner: Kind, type: Panel['type']): Panel {
  const four = [0, 1, 2, 3];
  const loads = four.map(
    (j) => `if (k + ${j}u < end) { let at = lead * params.aLead + y * params.aY + x * params.aX;
${four.map((i) => `r${j}[${i}] = a[s${i} + at];`).join(' ')} }
${j < 3 ? nextCode(inner) : ''}`,
  );
  return {
    type,
    along: 'k',
    state: 4,
    setup: four.map((i) => `s${i} = aAt + min(outer + ${i}u, params.m - 1u) * params.aOuter;`).join('\n'),
    load: `${zeros(type)}\n${splitCode(inner, 'k')}\n${loads.join('\n')}`,
    steps: four.map((j) => `vec4f(r${j})`) as unknown as Panel['steps'],
  };
}

function zeros(type: string): string {
  return [0, 1, 2, 3].map((i) => `r${i} = ${type}();`).join(' ');
}
