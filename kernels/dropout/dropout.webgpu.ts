import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { ProgramSource, Word } from '../runtime/webgpu/program.ts';
import type { DropoutAttrs } from './dropout.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { storedType } from '../runtime/webgpu/types.ts';
import { philoxWgsl } from './philox.webgpu.ts';

const lanes = 256;

/** Which random word belongs to an element. */
export interface Draw {
  readonly name: string;
  /** Read beside x. */
  readonly buffers?: readonly (readonly [name: string, type: string])[];
  readonly params?: readonly (readonly [name: string, type: Word])[];
  /** WGSL of the block's counter (vec4u) and of the word in it (u32), from the element's number `i`; statements go before. */
  readonly statements?: string;
  readonly counter: string;
  readonly word: string;
}

/**
 * y = keep ? x / (1 − p) : 0, x contiguous. Each invocation has four neighbours, which most often share a block of words.
 *
 * @param tensors one per buffer of `draw`
 * @param words one per parameter of `draw`
 */
export function launchDropout(
  draw: Draw,
  { p, seed }: { p: number; seed: number },
  [x, y]: readonly [Tensor, Tensor],
  tensors: readonly Tensor[],
  words: readonly number[],
): void {
  const threshold = thresholdOf(p);
  // All bits are below 2³², which is no u32.
  if (threshold >= 2 ** 32) return y.storage.runtime.fill(y.storage.handle, y.dtype, y.size, 0);
  const inFours = x.size % 4 === 0 && x.offset % 4 === 0;
  const type = storedType(x.dtype);
  launch(
    `${draw.name} ${type} ${inFours}`,
    () => sourceOf(draw, type, inFours),
    [x, y, ...tensors],
    [x.size, seed, threshold, 1 / (1 - p), ...words],
    Math.ceil(x.size / (4 * lanes)),
  );
}

/** Words below it drop. */
function thresholdOf(p: number): number {
  return Math.round(p * 2 ** 32);
}

function sourceOf(
  { name, buffers = [], params = [], statements = '', counter, word }: Draw,
  type: string,
  inFours: boolean,
): ProgramSource {
  const buffer = inFours ? `vec4<${type}>` : type;
  const values = [0, 1, 2, 3].map((k) => `select(0.0, v[${k}] * params.scale, kept[${k}])`).join(', ');
  const load = inFours
    ? '  let v = vec4f(x[params.xOffset / 4u + first / 4u]);'
    : `  var v: vec4f;
  for (var k = 0u; k < 4u && first + k < params.count; k++) { v[k] = f32(x[params.xOffset + first + k]); }`;
  const store = inFours
    ? `  y[params.yOffset / 4u + first / 4u] = vec4<${type}>(result);`
    : `  for (var k = 0u; k < 4u && first + k < params.count; k++) { y[params.yOffset + first + k] = ${type}(result[k]); }`;
  return {
    name,
    buffers: [['x', buffer], ['y', buffer, 'write'], ...buffers],
    params: [['count', 'u32'], ['seed', 'u32'], ['threshold', 'u32'], ['scale', 'f32'], ...params],
    workgroupSize: [lanes],
    declarations: philoxWgsl,
    body: `  let first = 4u * ((group.y * groups.x + group.x) * ${lanes}u + lane);
  if (first >= params.count) { return; }
  var drawn = vec4u(0u);
  var words: vec4u;
  var kept: vec4<bool>;
  for (var k = 0u; k < 4u; k++) {
    let i = min(first + k, params.count - 1u);
${statements}
    let counter = ${counter};
    if (k == 0u || any(counter != drawn)) {
      words = philox(params.seed, counter);
      drawn = counter;
    }
    kept[k] = words[${word}] >= params.threshold;
  }
${load}
  let result = vec4f(${values});
${store}`,
  };
}

const elements: Draw = {
  name: 'seededDropout',
  params: [['share', 'u32']],
  statements: '    let row = i / params.share;',
  counter: 'vec4u(row / 4u, 0u, 0u, 0u)',
  word: 'row % 4u',
};

/** Of a row of `share` elements, what one workgroup has; shorter rows are drawn element by element. */
const stretch = 16 * lanes;

/** Rows kept or dropped as a whole: an invocation draws once, for sixteen elements, or four fours. */
function launchRows({ p, seed, share }: Required<DropoutAttrs>, x: Tensor, y: Tensor): void {
  const width = share % 4 === 0 && x.offset % 4 === 0 ? 4 : 1;
  const type = storedType(x.dtype);
  const [stored, computed] = width === 4 ? [`vec4<${type}>`, 'vec4f'] : [type, 'f32'];
  const source: ProgramSource = {
    name: 'seededDropout rows',
    buffers: [
      ['x', stored],
      ['y', stored, 'write'],
    ],
    params: [
      ...(['rows', 'length', 'parts', 'seed', 'threshold'] as const).map((name) => [name, 'u32'] as const),
      ['scale', 'f32'],
    ],
    workgroupSize: [lanes],
    declarations: philoxWgsl,
    body: `  let item = group.y * groups.x + group.x;
  let row = item / params.parts;
  if (row >= params.rows) { return; }
  let words = philox(params.seed, vec4u(row / 4u, 0u, 0u, 0u));
  let isKept = words[row % 4u] >= params.threshold;
  let begin = (item - row * params.parts) * ${stretch / width}u + lane;
  for (var k = 0u; k < ${16 / width}u; k++) {
    let at = begin + k * ${lanes}u;
    if (at < params.length) {
      let i = row * params.length + at;
      let value = ${computed}(x[params.xOffset / ${width}u + i]) * params.scale;
      y[params.yOffset / ${width}u + i] = ${stored}(select(${computed}(0.0), value, isKept));
    }
  }`,
  };
  const parts = Math.ceil(share / stretch);
  const rows = x.size / share;
  const words = [rows, share / width, parts, seed, thresholdOf(p), 1 / (1 - p)];
  launch(`seededDropout rows ${type} ${width}`, () => source, [x, y], words, rows * parts);
}

export const seededDropoutWebgpu: Kernel<['x'], DropoutAttrs> = ({ x }, attrs, [y]) => {
  if (attrs.share >= stretch / 4 && thresholdOf(attrs.p) < 2 ** 32) return launchRows(attrs, x, y!);
  launchDropout(elements, attrs, [x, y!], [], [attrs.share]);
};
