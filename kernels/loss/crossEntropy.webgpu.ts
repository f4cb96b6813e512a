import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Fold } from '../reduce/fold.webgpu.ts';
import type { LineText } from '../reduce/lines.webgpu.ts';
import type { CrossEntropyAttrs } from './crossEntropy.ts';
import { launchFold } from '../reduce/fold.webgpu.ts';
import { launchLines } from '../reduce/lines.webgpu.ts';
import { fillAll } from '../reduce/passes.ts';
import { withTemporary } from '../runtime/temporary.ts';
import { exponentials, totalText } from '../softmax/softmax.webgpu.ts';

type Settings = Required<CrossEntropyAttrs>;

/** Compilers may take it that there is no NaN, so it is not computed. */
const nanText = 'fn nan() -> f32 { var bits = 0x7fc00000u; return bitcast<f32>(bits); }';
const declarations = `${exponentials.declarations}\n${nanText}`;

/** The row's label, whether it counts for nothing, and whether it is no class: the results are then NaN, as no kernel throws. */
const labelText = `  let label = i32(labels[params.labelsOffset + place]);
  let isIgnored = label == params.ignore;
  let isWrong = !isIgnored && (label < 0 || label >= i32(params.n));`;

const params = [
  ['smoothing', 'f32'],
  ['ignore', 'i32'],
] as const;

/** (Σ of the losses, how many count). */
const totals: Fold = {
  name: 'crossEntropyTotal',
  state: 'vec2f',
  neutral: 'vec2f()',
  element: 'vec2f(loss, select(1.0, 0.0, i32(label) == params.ignore))',
  merge: 'return a + b;',
  results: ['s.x'],
  params: [['ignore', 'i32']],
};
const means: Fold = {
  ...totals,
  name: 'crossEntropyMean',
  results: ['select(s.x / s.y, nan(), s.y == 0.0)'],
  declarations: nanText,
};
/** 1 / how many count. */
const share: Fold = {
  ...totals,
  name: 'crossEntropyShare',
  state: 'f32',
  neutral: '0.0',
  element: 'select(1.0, 0.0, i32(label) == params.ignore)',
  results: ['1.0 / s'],
};

/** −ln p[label] of each row, smoothed; 0 for ignored rows. */
function rowLosses(logits: Tensor, labels: Tensor, { labelSmoothing, ignoreIndex }: Settings, losses: Tensor): void {
  const [rows, n] = logits.shape as [number, number];
  const isSmooth = labelSmoothing !== 0;
  const body = (text: LineText): string => {
    const difference = text.isHeld ? '$x' : '($x - shift)';
    const smooth = `(1.0 - params.smoothing) * distance + params.smoothing * (mergeSum(across(distances), lane) / f32(params.n))`;
    return `${labelText}
${totalText(text, 'difference')}
  var chosen = 0.0;
  var distances = V(0.0);
${text.each(`chosen -= pick(${difference}, k, u32(label));${isSmooth ? ` distances -= ${difference};` : ''}`)}
  let distance = mergeSum(chosen, lane);
  let loss = select(log_(total), 0.0, total == 0.0) + ${isSmooth ? smooth : 'distance'};
  if (isFirst) { losses[params.lossesOffset + line] = loss_t(select(select(loss, nan(), isWrong), 0.0, isIgnored)); }`;
  };
  launchLines(
    {
      name: `crossEntropy ${isSmooth ? 'smooth' : ''}`,
      streams: { x: logits },
      tables: { labels },
      results: { losses },
      params,
      words: [labelSmoothing, ignoreIndex],
      maps: exponentials.maps,
      declarations: `${declarations}\nalias loss_t = ${losses.dtype === 'float16' ? 'f16' : 'f32'};`,
      body,
    },
    { outer: rows, n, inner: 1 },
  );
}

export const crossEntropyWebgpu: Kernel<['logits', 'target:int'], CrossEntropyAttrs> = (
  { logits, target },
  attrs,
  [loss],
) => {
  const rows = target.size;
  const { reduction } = attrs;
  if (rows === 0) return reduction === 'none' ? undefined : fillAll(loss!, reduction === 'mean' ? NaN : 0);
  if (reduction === 'none') return rowLosses(logits, target, attrs, loss!);
  withTemporary(logits, 'float32', [rows], (losses) => {
    rowLosses(logits, target, attrs, losses);
    const inputs = { streams: { loss: losses, label: target }, words: [attrs.ignoreIndex] };
    launchFold(reduction === 'mean' ? means : totals, inputs, [{ outer: 1, n: rows, inner: 1 }], [loss!]);
  });
};

/** dx = share · g (softmax(x) − (1 − smoothing) onehot(label) − smoothing / n); 0 for ignored rows and rows of −∞. */
function gradientText(text: LineText, { reduction }: Settings): string {
  const place = reduction === 'none' ? 'place' : '0u';
  return `${labelText}
${totalText(text)}
  let weight = f32(g[params.gOffset + ${place}])${reduction === 'mean' ? ' * share[params.shareOffset]' : ''};
  let isEmpty = isIgnored || total == 0.0;
  let factor = select(weight / total, nan(), isWrong);
  let part = weight * params.smoothing / f32(params.n);
  let hit = weight * (1.0 - params.smoothing);
${text.each(`let d = ${text.isHeld ? '$x' : 'exps($x - shift)'} * factor - part - placed(k, u32(label)) * hit;
    store_dx(at, select(d, V(0.0), isEmpty));`)}`;
}

export const crossEntropyBackwardWebgpu: Kernel<['logits', 'target:int', 'g'], CrossEntropyAttrs> = (
  { logits, target, g },
  attrs,
  [dx],
) => {
  const [rows, n] = logits.shape as [number, number];
  if (rows === 0) return;
  const { reduction, labelSmoothing, ignoreIndex } = attrs;
  const run = (shared: Readonly<Record<string, Tensor>>): void =>
    launchLines(
      {
        name: `crossEntropyBackward ${reduction}`,
        streams: { x: logits },
        tables: { labels: target, g, ...shared },
        writes: { dx: dx! },
        params,
        words: [labelSmoothing, ignoreIndex],
        maps: exponentials.maps,
        declarations,
        body: (text) => gradientText(text, attrs),
      },
      { outer: rows, n, inner: 1 },
    );
  if (reduction !== 'mean') return run({});
  withTemporary(logits, 'float32', [1], (one) => {
    const inputs = { streams: { label: target }, words: [ignoreIndex] };
    launchFold(share, inputs, [{ outer: 1, n: rows, inner: 1 }], [one]);
    run({ share: one });
  });
};
