import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Fold } from '../reduce/fold.webgpu.ts';
import type { LineKernel, LineText } from '../reduce/lines.webgpu.ts';
import type { Pass } from '../reduce/passes.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { foldPartials, launchFold } from '../reduce/fold.webgpu.ts';
import { heldBy, launchLines } from '../reduce/lines.webgpu.ts';
import { fillAll } from '../reduce/passes.ts';
import { withTemporary } from '../runtime/temporary.ts';

interface Axes {
  axes?: number;
}

function rowsOf(x: Tensor, axes: number): Pass {
  const n = sizeOf(x.shape.slice(x.rank - axes));
  return { outer: x.size / n, n, inner: 1 };
}

export const layerNormForwardWebgpu: Kernel<['x', 'weight?', 'bias?'], Axes & { eps?: number }> = (
  { x, weight, bias },
  { axes, eps },
  [y, mean, rstd],
) => {
  if (x.size === 0) return [mean!, rstd!].forEach((statistic) => statistic.size > 0 && fillAll(statistic, NaN));
  const value = `($x - m) * s${weight ? ' * $weight' : ''}${bias ? ' + $bias' : ''}`;
  const body = ({ each }: LineText): string => `  var sums = V(0.0);
${each('sums += $x;')}
  let m = mergeSum(across(sums), lane) / f32(params.n);
  var squares = V(0.0);
${each('let d = $x - m; squares += d * d;')}
  let s = 1.0 / sqrt(mergeSum(across(squares), lane) / f32(params.n) + params.eps);
${each(`store_y(at, ${value});`)}
  if (isFirst) { mean[params.meanOffset + line] = mean_t(m); rstd[params.rstdOffset + line] = mean_t(s); }`;
  launchLines(
    {
      name: `layerNorm ${weight ? 'scaled' : ''} ${bias ? 'moved' : ''}`,
      streams: { x },
      along: { weight, bias },
      writes: { y: y! },
      results: { mean: mean!, rstd: rstd! },
      params: [['eps', 'f32']],
      words: [eps],
      declarations: `alias mean_t = ${mean!.dtype === 'float16' ? 'f16' : 'f32'};`,
      body,
    },
    rowsOf(x, axes),
  );
};

/** Σ over rows of (g ⊙ x̂, g). */
const parameterSums: Fold = {
  name: 'layerNormParameters',
  state: 'vec2f',
  neutral: 'vec2f()',
  element: 'vec2f(g * (x - f32(mean[params.meanOffset + k])) * f32(rstd[params.rstdOffset + k]), g)',
  merge: 'return a + b;',
  results: ['s.x', 's.y'],
};

/** Rows of one team: as many as leave enough groups, and at least so many that the groups' sums are small beside x. */
const leastTurns = 8;
const enoughGroups = 512;

/** dx = r (u − mean u − x̂ mean(u ⊙ x̂)), u = g ⊙ weight. `sums`: carry on dweight and dbias too. */
function gradientText({ each }: LineText, isScaled: boolean, sums: boolean): string {
  const u = isScaled ? '$g * $weight' : '$g';
  return `  let m = f32(mean[params.meanOffset + place]);
  let s = f32(rstd[params.rstdOffset + place]);
  var us = V(0.0);
  var uxs = V(0.0);
${each(`let normal = ($x - m) * s; let u = ${u}; us += u; uxs += u * normal;${sums ? ' $dw += $g * normal; $db += $g;' : ''}`)}
  let meanU = mergeSum(across(us), lane) / f32(params.n);
  let meanUx = mergeSum(across(uxs), lane) / f32(params.n);
${each(`store_dx(at, (${u} - meanU - ($x - m) * s * meanUx) * s);`)}`;
}

const storePairs = {
  4: `fn storePairs(at: u32, a: V, b: V) {
  for (var i = 0u; i < 4u; i++) { parts[2u * (at + i)] = a[i]; parts[2u * (at + i) + 1u] = b[i]; }
}`,
  1: 'fn storePairs(at: u32, a: V, b: V) { parts[2u * at] = a; parts[2u * at + 1u] = b; }',
};

/** In one walk where rows can be held: workgroups leave sums for dweight and dbias of their rows, which are then added. */
export const layerNormBackwardWebgpu: Kernel<['x', 'weight?', 'mean:wide', 'rstd:wide', 'g'], Axes> = (
  { x, weight, mean, rstd, g },
  { axes },
  [dx, dweight, dbias],
) => {
  if (x.size === 0) return [dweight!, dbias!].forEach((sum) => sum.size > 0 && fillAll(sum, 0));
  const pass = rowsOf(x, axes);
  const kernel: LineKernel = {
    name: `layerNormBackward ${weight ? 'scaled' : ''}`,
    streams: { x, g },
    along: { weight },
    tables: { mean, rstd },
    writes: { dx: dx! },
    body: (text) => gradientText(text, weight !== undefined, false),
  };
  const turning = { turns: leastTurns, sums: ['dw', 'db'], after: 'storePairs(number * params.n + k, $dw, $db);' };
  const team = heldBy({ ...kernel, turns: turning }, pass);
  const down = { outer: 1, n: pass.outer, inner: pass.n };
  if (!team) {
    launchLines(kernel, pass);
    return launchFold(parameterSums, { streams: { x, g }, tables: { mean, rstd } }, [down], [dweight!, dbias!]);
  }
  const turns = Math.max(leastTurns, Math.ceil(pass.outer / (team.lines * enoughGroups)));
  const groups = Math.ceil(pass.outer / (team.lines * turns));
  withTemporary(x, 'float32', [groups, pass.n, 2], (parts) => {
    launchLines(
      {
        ...kernel,
        name: `${kernel.name} turning`,
        results: { parts },
        declarations: storePairs,
        body: (text) => gradientText(text, weight !== undefined, true),
        turns: { ...turning, turns },
      },
      pass,
    );
    foldPartials(parameterSums, parts, { ...down, n: groups }, [dweight!, dbias!]);
  });
};
