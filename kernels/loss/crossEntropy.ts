import type { Op } from '../../autograd/types.ts';
import type { NdArray } from '../../tensor/runtime.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Reduction } from './reduction.ts';
import { defineOp } from '../../autograd/op.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { indexError } from '../../tensor/indexError.ts';
import { checkShare } from '../../tensor/range.ts';
import { scope } from '../../tensor/scope.ts';
import { formatShape, sameShape } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { crossEntropyBackwardCpu, crossEntropyCpu } from './crossEntropy.cpu.ts';
import { crossEntropyOfShares } from './crossEntropyOfShares.ts';
import { checkReduction } from './reduction.ts';

export interface CrossEntropyAttrs {
  /** Share of the target that is spread evenly over all classes, 0..1. Default 0. */
  labelSmoothing?: number;
  /** Rows with this target count for nothing. Default -100. */
  ignoreIndex?: number;
  /** 'mean' is over the rows that are not ignored, NaN when there is none. Default 'mean'. */
  reduction?: Reduction;
}

const defaults: Required<CrossEntropyAttrs> = { labelSmoothing: 0, ignoreIndex: -100, reduction: 'mean' };

/** @throws ShapeError or ArgumentError unless logits are [N, C, *], target is [N, *], and the options are known. */
function check(
  logits: Shape,
  target: Shape,
  { labelSmoothing, ignoreIndex, reduction }: Required<CrossEntropyAttrs>,
): void {
  const op = 'crossEntropy';
  if (logits.length < 2 || logits[1] === 0) {
    throw new ShapeError(`logits of shape ${formatShape(logits)} must be [N, C, ...] with at least one class`, {
      op,
      logits,
    });
  }
  const wanted = logits.toSpliced(1, 1);
  if (!sameShape(target, wanted)) {
    const shapes = `target has shape ${formatShape(target)}, logits ${formatShape(logits)}`;
    const other = `one class per row, or ${formatShape(logits)}, each class's share`;
    throw new ShapeError(`${shapes}; target must be ${formatShape(wanted)}, ${other}`, { op, logits, target });
  }
  checkShare(op, { labelSmoothing });
  if (!Number.isInteger(ignoreIndex)) {
    throw new ArgumentError(`ignoreIndex must be an integer, got ${ignoreIndex}`, { op, ignoreIndex });
  }
  checkReduction(op, reduction);
}

/** Per row: the logits, their largest and Σ exp, the smoothed target, and the row's share of the loss (ignored: 0). */
function* rowsOf(
  logits: NdArray,
  target: NdArray,
  { labelSmoothing, ignoreIndex, reduction }: Required<CrossEntropyAttrs>,
) {
  const [rows, n] = logits.shape as [number, number];
  const counted = target.data.filter((label) => label !== ignoreIndex).length;
  for (let row = 0; row < rows; row++) {
    const x = Array.from(logits.data.slice(row * n, (row + 1) * n));
    const label = target.data[row]!;
    const isIgnored = label === ignoreIndex;
    if (!isIgnored && (label < 0 || label >= n))
      throw indexError('crossEntropy', 'target', label, row, target.shape, n);
    const largest = x.reduce((a, b) => Math.max(a, b), -Infinity);
    const sum = x.reduce((total, v) => total + Math.exp(v - largest), 0);
    const wanted = x.map((_, i) => labelSmoothing / n + (i === label ? 1 - labelSmoothing : 0));
    yield { x, largest, sum, wanted, row, share: isIgnored ? 0 : reduction === 'mean' ? 1 / counted : 1 };
  }
}

/** `crossEntropy` of logits [N, C] and target [N]; its errors say `crossEntropy`, as it is what users call. */
export const crossEntropyRows: Op<['logits', 'target:int'], CrossEntropyAttrs> = defineOp({
  name: 'crossEntropy',
  inputs: ['logits', 'target:int'],
  autocast: 'float32',
  attrs: defaults,
  shape({ logits, target }, attrs) {
    checkRows('crossEntropy', logits);
    check(logits, target, attrs);
    return attrs.reduction === 'none' ? target : [];
  },
  reference({ logits, target }, attrs) {
    const losses = Array.from(rowsOf(logits, target, attrs), ({ x, largest, sum, wanted, share }) => {
      const minusLog = (v: number): number => (largest === -Infinity ? Infinity : largest - v + Math.log(sum));
      return share === 0 ? 0 : share * x.reduce((total, v, i) => total + (wanted[i] ? wanted[i] * minusLog(v) : 0), 0);
    });
    if (attrs.reduction === 'none') return { shape: target.shape, data: Float64Array.from(losses) };
    const isEmpty = attrs.reduction === 'mean' && target.data.every((label) => label === attrs.ignoreIndex);
    return { shape: [], data: Float64Array.of(isEmpty ? NaN : losses.reduce((a, b) => a + b, 0)) };
  },
  kernels: { cpu: crossEntropyCpu },
  saves: ['logits', 'target'],
  backward: ({ grads: [g], inputs: { logits, target }, attrs }) => ({
    logits: crossEntropyBackward(logits, target, g, attrs),
  }),
});

function checkRows(op: string, logits: Shape): void {
  if (logits.length === 2) return;
  throw new ShapeError(`logits of shape ${formatShape(logits)} must be [N, C]`, { op, logits });
}

/** dlogits = g · share of the row · (softmax(logits) − smoothed target): the gradient of `crossEntropyRows`. */
export const crossEntropyBackward: Op<['logits', 'target:int', 'g'], CrossEntropyAttrs> = defineOp({
  name: 'crossEntropyBackward',
  inputs: ['logits', 'target:int', 'g'],
  attrs: defaults,
  shape({ logits, target, g }, attrs) {
    checkRows('crossEntropyBackward', logits);
    check(logits, target, attrs);
    const wanted = attrs.reduction === 'none' ? target : [];
    if (sameShape(g, wanted)) return logits;
    const shapes = { op: 'crossEntropyBackward', g, wanted };
    throw new ShapeError(`g has shape ${formatShape(g)}; the loss has ${formatShape(wanted)}`, shapes);
  },
  reference({ logits, target, g }, attrs) {
    const rows = Array.from(rowsOf(logits, target, attrs), ({ x, largest, sum, wanted, share, row }) => {
      if (share === 0 || largest === -Infinity) return x.map(() => 0);
      const weight = share * g.data[attrs.reduction === 'none' ? row : 0]!;
      return x.map((v, i) => weight * (Math.exp(v - largest) / sum - wanted[i]!));
    });
    return { shape: logits.shape, data: Float64Array.from(rows.flat()) };
  },
  kernels: { cpu: crossEntropyBackwardCpu },
  saves: ['logits', 'target', 'g'],
  backward({ grads: [h], inputs: { logits, target, g }, attrs, needs }) {
    // dlogits = g ⊙ d with d = that of g = 1; d's rows move with logits as softmax does.
    const axis = 1;
    const ofG = (): Tensor => {
      const d = crossEntropyBackward(logits, target, g.mul(0).add(1), attrs);
      return attrs.reduction === 'none' ? h.mul(d).sum({ axis }) : h.mul(d).sum();
    };
    const ofLogits = (): Tensor => {
      const counted = target.ne(attrs.ignoreIndex).cast(g.dtype);
      const share = attrs.reduction === 'mean' ? counted.div(counted.sum()) : counted;
      const p = logits.softmax({ axis });
      const hp = h.mul(p);
      return hp.sub(p.mul(hp.sum({ axis, keepDims: true }))).mul(share.mul(g).unsqueeze(axis));
    };
    return { logits: needs.logits ? ofLogits() : null, g: needs.g ? ofG() : null };
  },
});

/**
 * −ln softmax(logits)[target], averaged: how surprised the logits are by the true classes. The class axis of logits is
 * the second: logits [N, C, *], target [N, *] of integers → a scalar, or [N, *] with `reduction: 'none'`.
 *
 * A target [N, C, *] of floats gives the share of each class, as of mixed images: the loss is −Σ target · ln softmax(logits).
 *
 * Where all logits of a row are −∞ the loss is ∞ and the gradient 0 (PyTorch: NaN). A webgpu device does not check the
 * targets, since that would wait for it: a row whose target is no class has the loss NaN.
 *
 * @throws ShapeError when the shapes do not fit, or a target is neither a class nor `ignoreIndex`; DtypeError when shares are no
 *   floats, ArgumentError when they come with an `ignoreIndex`
 * @example
 * const logits = tensor([[2, 0, 0], [0, 0, 2]]);
 * crossEntropy(logits, tensor([0, 1], { dtype: 'int32' })); // 1.2395
 * crossEntropy(logits, tensor([[0.5, 0.5, 0], [0, 0, 1]])); // 0.7395
 */
export function crossEntropy(logits: Tensor, target: Tensor, options: CrossEntropyAttrs = {}): Tensor {
  checkTensor('crossEntropy', 'logits', logits);
  checkTensor('crossEntropy', 'target', target);
  const settings = { ...defaults, ...options };
  const hasShares = sameShape(logits.shape, target.shape);
  check(logits.shape, hasShares ? logits.shape.toSpliced(1, 1) : target.shape, settings);
  if (hasShares) return crossEntropyOfShares(logits, target, settings);
  if (logits.rank === 2) return crossEntropyRows(logits, target, options);
  const classesLast = logits.shape
    .map((_, axis) => axis)
    .toSpliced(1, 1)
    .concat(1);
  return scope(() => {
    const rows = logits.permute(...classesLast).reshape([-1, logits.shape[1]!]);
    const loss = crossEntropyRows(rows, target.reshape([-1]), options);
    return settings.reduction === 'none' ? loss.reshape(target.shape) : loss;
  });
}
