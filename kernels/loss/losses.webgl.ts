import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { CrossEntropyAttrs } from './crossEntropy.ts';
import { accumulate } from '../reduce/accumulate.webgl.ts';
import { functionsFor } from '../elementwise/functions.webgl.ts';
import { maxOf } from '../reduce/reductions.webgl.ts';
import { withTemporary } from '../runtime/temporary.ts';
import { launch } from '../runtime/webgl/launch.ts';
import { exponentialsOf } from '../softmax/softmax.webgl.ts';

export const squaredErrorWebgl: Kernel<['input', 'target'], { reduction?: 'mean' | 'sum' }> = (
  { input, target },
  { reduction },
  [loss],
) => {
  const finish = reduction === 'mean' ? 's / params.divisor' : 's';
  const term = 'float d = given(k) - target(k); float term = d * d;';
  const parts = { key: `squaredError ${reduction}`, inputs: { given: input, target }, count: input.size, term, finish };
  accumulate({ ...parts, numbers: { divisor: input.size } }, loss!);
};

type Attrs = Required<CrossEntropyAttrs>;

/** The largest logit of each row, Σ e^(x − largest), and with 'mean' the number of rows that count. */
interface Rows {
  readonly most: Tensor;
  readonly total: Tensor;
  readonly counted: Tensor;
}

function withRows(logits: Tensor, target: Tensor, { ignoreIndex }: Attrs, body: (rows: Rows) => void): void {
  const [rows, n] = logits.shape as [number, number];
  const pass = { outer: rows, n, inner: 1 };
  withTemporary(logits, 'float32', [rows], (most) =>
    withTemporary(logits, 'float32', [rows], (total) =>
      withTemporary(logits, 'float32', [1], (counted) => {
        maxOf(logits, pass, most);
        exponentialsOf(logits, pass, most, total);
        const term = 'float term = float(target(k) != params.ignoreIndex);';
        accumulate({ key: 'counted', inputs: { target }, numbers: { ignoreIndex }, count: rows, term }, counted);
        body({ most, total, counted });
      }),
    ),
  );
}

const shareText = (reduction: string): string => `float share(int row) {
  if (target(row) == params.ignoreIndex) return 0.0;
  return ${reduction === 'mean' ? '1.0 / counted(0)' : '1.0'};
}`;

/** Per row: −Σ wanted ln p, wanted the smoothed target; ∞ where all logits are −∞, NaN for a target that is no class. */
export const crossEntropyWebgl: Kernel<['logits', 'target:int'], CrossEntropyAttrs> = (
  { logits, target },
  attrs,
  [y],
) => {
  const { labelSmoothing, ignoreIndex, reduction } = attrs;
  const [rows, n] = logits.shape as [number, number];
  withRows(logits, target, attrs, ({ most, total, counted }) =>
    withTemporary(logits, 'float32', [rows], (losses) => {
      const functions = `${functionsFor('log_(')}
${shareText(reduction)}
float loss(int row, float s) {
  int label = int(target(row));
  float weight = share(row);
  if (weight == 0.0) return 0.0;
  if (label < 0 || label >= ${n}) return uintBitsToFloat(0x7fc00000u);
  if (most(row) == uintBitsToFloat(0xff800000u)) return uintBitsToFloat(0x7f800000u);
  return weight * (most(row) + log_(total(row)) - s);
}`;
      const smooth = `params.labelSmoothing / ${n}.0 + (k == int(target(i)) ? 1.0 - params.labelSmoothing : 0.0)`;
      const term = `float wanted = ${smooth}; float term = wanted == 0.0 ? 0.0 : wanted * logits(i * ${n} + k);`;
      const inputs = { logits, target, most, total, counted };
      const numbers = { labelSmoothing, ignoreIndex };
      const key = `crossEntropy ${n} ${reduction}`;
      const out = reduction === 'none' ? y! : losses;
      accumulate({ key, inputs, numbers, count: n, functions, term, finish: 'loss(i, s)' }, out);
      if (reduction === 'none') return;
      const finish = reduction === 'mean' ? 'counted(0) == 0.0 ? uintBitsToFloat(0x7fc00000u) : s' : 's';
      const sum = { inputs: { losses, counted }, count: rows, term: 'float term = losses(k);', finish };
      accumulate({ key: `crossEntropy sum ${reduction}`, ...sum }, y!);
    }),
  );
};

export const crossEntropyBackwardWebgl: Kernel<['logits', 'target:int', 'g'], CrossEntropyAttrs> = (
  inputs,
  attrs,
  [dx],
) => {
  const { logits, target, g } = inputs;
  const { labelSmoothing, ignoreIndex, reduction } = attrs;
  const n = logits.shape[1]!;
  withRows(logits, target, attrs, ({ most, total, counted }) => {
    const code = (): string => `${functionsFor('exp_(')}
${shareText(reduction)}
float element(int i) {
  int row = i / ${n};
  int label = int(target(row));
  float weight = share(row);
  if (weight == 0.0 || most(row) == uintBitsToFloat(0xff800000u)) return 0.0;
  if (label < 0 || label >= ${n}) return uintBitsToFloat(0x7fc00000u);
  float wanted = params.labelSmoothing / ${n}.0 + (i % ${n} == label ? 1.0 - params.labelSmoothing : 0.0);
  return weight * g(${reduction === 'none' ? 'row' : '0'}) * (exp_(logits(i) - most(row)) / total(row) - wanted);
}`;
    const numbers = { labelSmoothing, ignoreIndex };
    const key = `crossEntropyBackward ${n} ${reduction}`;
    launch({ key, inputs: { logits, target, g, most, total, counted }, numbers, code }, dx!);
  });
};
