import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Fold } from '../reduce/fold.webgpu.ts';
import type { Pass } from '../reduce/passes.ts';
import type { LayerNormAxes } from './layerNorm.ts';
import { launchFold } from '../reduce/fold.webgpu.ts';
import { launchLines } from '../reduce/lines.webgpu.ts';
import { fillAll } from '../reduce/passes.ts';
import { storedType } from '../runtime/webgpu/types.ts';

function rowsOf(x: Tensor, rstd: Tensor): Pass {
  return { outer: rstd.size, n: x.size / rstd.size, inner: 1 };
}

export const rmsNormForwardWebgpu: Kernel<['x', 'weight?'], LayerNormAxes & { eps?: number }> = (
  { x, weight },
  { eps },
  [y, rstd],
) => {
  if (x.size === 0) return rstd!.size > 0 ? fillAll(rstd!, NaN) : undefined;
  launchLines(
    {
      name: `rmsNorm ${weight ? 'scaled' : ''}`,
      streams: { x },
      along: { weight },
      writes: { y: y! },
      results: { rstd: rstd! },
      params: [['eps', 'f32']],
      words: [eps],
      body: ({ each }) => `  var squares = V(0.0);
${each('squares += $x * $x;')}
  let s = 1.0 / sqrt(mergeSum(across(squares), lane) / f32(params.n) + params.eps);
${each(`store_y(at, $x * s${weight ? ' * $weight' : ''});`)}
  if (isFirst) { rstd[params.rstdOffset + line] = ${storedType(rstd!.dtype)}(s); }`,
    },
    rowsOf(x, rstd!),
  );
};

/** Σ over rows of g ⊙ x̂. */
const weightSum: Fold = {
  name: 'rmsNormWeight',
  state: 'f32',
  neutral: '0.0',
  element: 'g * x * f32(rstd[params.rstdOffset + k])',
  merge: 'return a + b;',
  results: ['s'],
};

/** dx = r (u − x̂ mean(u ⊙ x̂)), u = g ⊙ weight. */
export const rmsNormBackwardWebgpu: Kernel<['x', 'weight?', 'rstd:wide', 'g'], LayerNormAxes> = (
  { x, weight, rstd, g },
  _attrs,
  [dx, dweight],
) => {
  if (x.size === 0) return dweight!.size > 0 ? fillAll(dweight!, 0) : undefined;
  const rows = rowsOf(x, rstd);
  const u = weight ? '$g * $weight' : '$g';
  launchLines(
    {
      name: `rmsNormBackward ${weight ? 'scaled' : ''}`,
      streams: { x, g },
      along: { weight },
      tables: { rstd },
      writes: { dx: dx! },
      body: ({ each }) => `  let s = f32(rstd[params.rstdOffset + place]);
  var uxs = V(0.0);
${each(`uxs += ${u} * $x * s;`)}
  let meanUx = mergeSum(across(uxs), lane) / f32(params.n);
${each(`store_dx(at, (${u} - $x * s * meanUx) * s);`)}`,
    },
    rows,
  );
  const down = { outer: 1, n: rows.outer, inner: rows.n };
  launchFold(weightSum, { streams: { x, g }, tables: { rstd } }, [down], [dweight!]);
};
