import type { Kernel } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { LineText } from '../reduce/lines.webgpu.ts';
import type { Pass } from '../reduce/passes.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { functions } from '../elementwise/functions.webgpu.ts';
import { launchLines } from '../reduce/lines.webgpu.ts';

interface LineAttrs {
  axis?: number;
}

/** The lines along `axis`. */
function linesOf(shape: Shape, axis: number): Pass {
  const at = axis < 0 ? axis + shape.length : axis;
  return { outer: sizeOf(shape.slice(0, at)), n: shape[at]!, inner: sizeOf(shape.slice(at + 1)) };
}

/** What exponentials need. */
export const exponentials = { declarations: functions('exp_', 'log_'), maps: { exps: 'exp_' } } as const;

/**
 * Makes `shift`, the largest of the line x, and `total` = Σ e^(x − shift). No shift is −∞, so that a line of −∞ has a total of 0.
 * Where x is held it becomes x − shift, or e^ that.
 */
export function totalText({ each, isHeld }: LineText, keeps: 'difference' | 'exponential' = 'exponential'): string {
  const held = keeps === 'exponential' ? '$x = exps($x - shift); totals += $x;' : '$x -= shift; totals += exps($x);';
  return `  var highs = V(-3.4028234e38);
${each('highs = max(highs, $x);')}
  let shift = mergeMax(highest(highs), lane);
  var totals = V(0.0);
${each(isHeld ? held : 'totals += exps($x - shift);')}
  let total = mergeSum(across(totals), lane);`;
}

export const softmaxWebgpu: Kernel<['x'], LineAttrs> = ({ x }, { axis }, [y]) => {
  if (x.size === 0) return;
  const body = (text: LineText): string => `${totalText(text)}
  let factor = select(1.0 / total, 0.0, total == 0.0);
${text.each(`store_y(at, ${text.isHeld ? '$x' : 'exps($x - shift)'} * factor);`)}`;
  launchLines({ name: 'softmax', streams: { x }, writes: { y: y! }, body, ...exponentials }, linesOf(x.shape, axis));
};

export const logSoftmaxWebgpu: Kernel<['x'], LineAttrs> = ({ x }, { axis }, [y]) => {
  if (x.size === 0) return;
  const body = (text: LineText): string => `${totalText(text, 'difference')}
  let logarithm = select(log_(total), 0.0, total == 0.0);
${text.each(`store_y(at, ${text.isHeld ? '$x' : '($x - shift)'} - logarithm);`)}`;
  launchLines({ name: 'logSoftmax', streams: { x }, writes: { y: y! }, body, ...exponentials }, linesOf(x.shape, axis));
};

/** dx = y ⊙ (g − Σ g ⊙ y). */
export const softmaxBackwardWebgpu: Kernel<['y', 'g'], LineAttrs> = ({ y, g }, { axis }, [dx]) => {
  if (y.size === 0) return;
  const body = ({ each }: LineText): string => `  var products = V(0.0);
${each('products += $y * $g;')}
  let total = mergeSum(across(products), lane);
${each('store_dx(at, $y * ($g - total));')}`;
  launchLines({ name: 'softmaxBackward', streams: { y, g }, writes: { dx: dx! }, body }, linesOf(y.shape, axis));
};

/** dx = g − e^y Σ g; 0 where the whole line of y is −∞. */
export const logSoftmaxBackwardWebgpu: Kernel<['y', 'g'], LineAttrs> = ({ y, g }, { axis }, [dx]) => {
  if (y.size === 0) return;
  const body = ({ each }: LineText): string => `  var sums = V(0.0);
  var others = V(0.0);
${each('sums += $g; others = select(V(1.0), others, bitcast<Bits>($y) == Bits(0xff800000u));')}
  let total = mergeSum(across(sums), lane);
  let isEmpty = mergeMax(highest(others), lane) == 0.0;
${each('store_dx(at, select($g - exps($y) * total, V(0.0), isEmpty));')}`;
  launchLines(
    { name: 'logSoftmaxBackward', streams: { y, g }, writes: { dx: dx! }, body, ...exponentials },
    linesOf(y.shape, axis),
  );
};
