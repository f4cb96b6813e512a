// What each of ONNX's operators is here: its inputs and attributes in our words. What an operator needs and no op here has
// is a reason, not a failure.

import type { Tensor } from '../../index.ts';
import type { Call } from './call.ts';
import * as vicinal from '../../index.ts';
import { NotHere } from './notHere.ts';
import { adagrad, adam, momentum } from './training.ts';
import { convolution, convolutionTransposed, pool } from './windows.ts';

type Run = (call: Call) => Tensor | readonly (Tensor | null)[];
const ops = vicinal as unknown as Record<string, (...args: unknown[]) => Tensor>;

function need(condition: boolean, reason: string): void {
  if (!condition) throw new NotHere(reason);
}

/** Our op of all inputs, with options made of the attributes. */
function same(name: string, options?: (call: Call) => object): Run {
  return (call) => {
    need(name in ops, `no ${name}`);
    return ops[name]!(...call.all, ...(options ? [options(call)] : []));
  };
}

/** A binary op of the first and the second, of that and the third ... */
function folded(name: string): Run {
  return ({ all }) => all.reduce((a, b) => ops[name]!(a, b));
}

/** Over the axes of the attribute or of the second input. */
function reduced(name: string, more: object = {}, before = (x: Tensor): Tensor => x): Run {
  return (call) => {
    const listed = call.list('axes') ?? call.values(1) ?? [];
    if (listed.length === 0 && call.number('noop_with_empty_axes', 0)) return before(call.x);
    const axis = listed.length > 0 ? listed : call.x.shape.map((_, i) => i);
    return ops[name]!(before(call.x), { axis, keepDims: call.number('keepdims', 1) === 1, ...more });
  };
}

function argExtreme(name: string): Run {
  return (call) => {
    need(call.number('select_last_index', 0) === 0, 'the last of equals');
    return ops[name]!(call.x, { axis: call.number('axis', 0), keepDims: call.number('keepdims', 1) === 1 });
  };
}

const axisOf =
  (otherwise: number) =>
  (call: Call): { axis: number } => ({ axis: call.number('axis', otherwise) });

function sliced(call: Call): Tensor {
  const [starts, ends] = [call.values(1)!, call.values(2)!];
  const axes = call.values(3) ?? starts.map((_, i) => i);
  const steps = call.values(4) ?? starts.map(() => 1);
  need(
    steps.every((step) => step > 0),
    'steps back',
  );
  const large = (n: number): number => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, n));
  return axes.reduce(
    (x, axis, i) => x.slice({ axis, start: large(starts[i]!), end: large(ends[i]!), step: steps[i]! }),
    call.x,
  );
}

function padded(call: Call): Tensor {
  need(call.text('mode', 'constant') === 'constant', `padding by ${call.text('mode', '')}`);
  const pads = call.values(1)!;
  need(
    pads.every((n) => n >= 0),
    'padding below 0',
  );
  const { rank } = call.x;
  const pairs = Array.from({ length: rank }, (_, i) => [pads[i]!, pads[i + rank]!] as const);
  return vicinal.pad(call.x, pairs, { value: call.values(2)?.[0] ?? 0 });
}

function resized(call: Call): Tensor {
  const [mode, place] = [call.text('mode', 'nearest'), call.text('coordinate_transformation_mode', 'half_pixel')];
  need(mode !== 'nearest', 'the nearest after a rounding of its own');
  need(['half_pixel', 'pytorch_half_pixel', 'align_corners'].includes(place), place);
  need(call.number('exclude_outside', 0) === 0, 'weights without those outside');
  need(call.number('cubic_coeff_a', -0.75) === -0.75, 'cubic weights of another slope');
  const [size, scales] = [call.values(3)?.slice(2), call.values(2)?.slice(2)];
  const isWhole = !scales || scales.every((scale, i) => Number.isInteger(scale * call.x.shape[i + 2]!));
  need(isWhole || place !== 'align_corners', 'corners between two elements');
  need(!size?.includes(1) || place !== 'pytorch_half_pixel', 'a single element at the first place');
  return vicinal.interpolate(call.x, {
    ...(size ? { size } : { scaleFactor: scales! }),
    mode: mode === 'cubic' ? 'bicubic' : 'bilinear',
    alignCorners: place === 'align_corners',
  });
}

function normalized(call: Call): (Tensor | null)[] {
  const { shape, rank } = call.x;
  const from = call.number('axis', -1);
  const normalizedShape = shape.slice(from < 0 ? rank + from : from);
  const [, weight, bias] = call.inputs;
  return [vicinal.layerNorm(call.x, weight, bias, { normalizedShape, eps: call.number('epsilon', 1e-5) }), null, null];
}

function batchNormalized(call: Call): Tensor | (Tensor | null)[] {
  const [x, weight, bias, mean, variance] = call.all as [Tensor, Tensor, Tensor, Tensor, Tensor];
  const training = call.number('training_mode', 0) === 1;
  need(!training, "running variances without Bessel's correction");
  return vicinal.batchNorm(x, weight, bias, {
    runningMean: mean,
    runningVar: variance,
    eps: call.number('epsilon', 1e-5),
    training,
  });
}

function gemm(call: Call): Tensor {
  const [a, b, c] = call.inputs as [Tensor, Tensor, Tensor | undefined];
  const turned = (x: Tensor, name: string): Tensor => (call.number(name, 0) ? x.transpose() : x);
  const product = turned(a, 'transA').matmul(turned(b, 'transB')).mul(call.number('alpha', 1));
  return c ? product.add(c.mul(call.number('beta', 1))) : product;
}

/** The loss of logarithms of probabilities, or of what they are made of; then those. */
function likelihood(call: Call): Tensor[] {
  const [x, target, weight] = call.inputs as [Tensor, Tensor, Tensor | undefined];
  const logs = call.attributes['isLogarithm'] ? x : x.logSoftmax({ axis: 1 });
  const reduction = call.text('reduction', 'mean') as 'mean';
  const options = { reduction, ignoreIndex: call.number('ignore_index', -100), ...(weight && { weight }) };
  const loss = weight || logs === x ? vicinal.nllLoss(logs, target, options) : vicinal.crossEntropy(x, target, options);
  return [loss, logs];
}

function tops(call: Call): readonly Tensor[] {
  const [k] = call.values(1)!;
  const options = { k: k!, axis: call.number('axis', -1), largest: call.number('largest', 1) === 1 };
  return vicinal.topk(call.x, options);
}

function parts(call: Call): readonly Tensor[] {
  const axis = call.number('axis', 0);
  const sizes = call.values(1) ?? call.list('split');
  return vicinal.split(call.x, { sizes: sizes ?? call.x.shape.at(axis)! / call.number('outputs', 1), axis });
}

function reshaped(call: Call): Tensor {
  const keeps = call.number('allowzero', 0) === 0;
  return call.x.reshape(call.values(1)!.map((n, i) => (n === 0 && keeps ? call.x.shape[i]! : n)));
}

/** Without the axes given, or with 1 at them. */
function withAxes(call: Call): Tensor {
  const axes = call.values(1) ?? call.list('axes')!;
  const rank = call.x.rank + axes.length;
  return axes
    .map((axis) => (axis + rank) % rank)
    .sort((a, b) => a - b)
    .reduce((x, axis) => x.unsqueeze(axis), call.x);
}

/** Indices count from the first element. */
function needForward(call: Call): void {
  need(
    call.values(1)!.every((n) => n >= 0),
    'indices that count from the last',
  );
}

function gathered(call: Call): Tensor {
  needForward(call);
  const index = call.inputs[1]!;
  const axis = call.number('axis', 0);
  const { shape } = call.x;
  return vicinal
    .indexSelect(call.x, axis, index.flatten())
    .reshape([...shape.slice(0, axis), ...index.shape, ...shape.slice(axis + 1)]);
}

function expanded(call: Call): Tensor {
  const wanted = call.values(1)!;
  const lead = wanted.length - call.x.rank;
  return call.x.expand(wanted.map((n, i) => (n === 1 && i >= lead ? call.x.shape[i - lead]! : n)));
}

function added(call: Call): Tensor {
  const [x, index, values] = call.all as [Tensor, Tensor, Tensor];
  need(call.text('reduction', 'none') === 'add', 'elements that are put, not added');
  const axis = call.number('axis', 0);
  return x.add(vicinal.scatterAdd(values, index, { axis, size: x.shape.at(axis)! }));
}

function kept(call: Call): Tensor {
  need(call.values(2)?.[0] !== 1 || call.values(1)?.[0] === 0, 'random');
  need(call.attributes['outputs'] === 1, 'the mask');
  return vicinal.dropout(call.x, { p: 0.5, training: false });
}

function shuffled(call: Call): Tensor {
  need(call.text('mode', 'DCR') === 'CRD', 'channels in another order');
  return vicinal.pixelShuffle(call.x, call.number('blocksize', 1));
}

function clipped(call: Call): Tensor {
  need('clamp' in ops, 'no clamp');
  const bound = (index: number, name: string): object => {
    const value = call.values(index)?.[0];
    return value === undefined ? {} : { [name]: value };
  };
  const bounds = { ...bound(1, 'min'), ...bound(2, 'max') };
  need(Object.keys(bounds).length > 0, 'no bound at all');
  return ops['clamp']!(call.x, bounds);
}

/** ONNX's name → what it is here. */
export const operators: Readonly<Record<string, Run>> = {
  ...Object.fromEntries(
    'Abs Exp Log Neg Sqrt Sigmoid Tanh Relu Sin Cos Erf Floor Ceil Round Reciprocal Sign Softplus Add Sub Mul Div Pow Where Elu'
      .split(' ')
      .map((name) => [
        name,
        same(name.toLowerCase(), name === 'Elu' ? (c) => ({ alpha: c.number('alpha', 1) }) : undefined),
      ]),
  ),
  HardSwish: same('hardswish'),
  IsNaN: same('isNaN'),
  LeakyRelu: same('leakyRelu', (call) => ({ negativeSlope: call.number('alpha', 0.01) })),
  Mod: same('fmod'),
  Greater: same('gt'),
  GreaterOrEqual: same('ge'),
  Less: same('lt'),
  LessOrEqual: same('le'),
  Sum: folded('add'),
  Max: folded('maximum'),
  Min: folded('minimum'),
  Mean: ({ all }) => all.reduce((a, b) => a.add(b)).div(all.length),
  Clip: clipped,
  Softmax: same('softmax', axisOf(-1)),
  LogSoftmax: same('logSoftmax', axisOf(-1)),
  ArgMax: argExtreme('argmax'),
  ArgMin: argExtreme('argmin'),
  ReduceL1: reduced('norm', { p: 1 }),
  ReduceL2: reduced('norm', { p: 2 }),
  ReduceMax: reduced('max'),
  ReduceMin: reduced('min'),
  ReduceMean: reduced('mean'),
  ReduceProd: reduced('prod'),
  ReduceSum: reduced('sum'),
  ReduceSumSquare: reduced('sum', {}, (x) => x.square()),
  ReduceLogSum: (call) => (reduced('sum')(call) as Tensor).log(),
  ReduceLogSumExp: reduced('logsumexp'),
  MatMul: same('matmul'),
  Gemm: gemm,
  Conv: convolution,
  ConvTranspose: convolutionTransposed,
  AveragePool: (call) => pool('avgPool', call),
  MaxPool: (call) => pool('maxPool', call),
  GlobalAveragePool: ({ x }) => x.mean({ axis: x.shape.map((_, i) => i).slice(2), keepDims: true }),
  GlobalMaxPool: ({ x }) => x.max({ axis: x.shape.map((_, i) => i).slice(2), keepDims: true }),
  LayerNormalization: normalized,
  BatchNormalization: batchNormalized,
  InstanceNormalization: (call) => {
    const [x, weight, bias] = call.inputs;
    return ops['instanceNorm']!(x, weight, bias, { eps: call.number('epsilon', 1e-5) });
  },
  Concat: (call) => vicinal.concat(call.all, { axis: call.number('axis', 0) }),
  Split: parts,
  Expand: expanded,
  Flatten: (call) => {
    const axis = call.number('axis', 1);
    const at = axis < 0 ? call.x.rank + axis : axis;
    const rows = call.x.shape.slice(0, at).reduce((a, b) => a * b, 1);
    return call.x.reshape([rows, call.x.size / rows]);
  },
  Identity: ({ x }) => x.alias(),
  Reshape: reshaped,
  Squeeze: (call) => call.x.squeeze(call.values(1)),
  Unsqueeze: withAxes,
  Transpose: (call) => call.x.permute(...(call.list('perm') ?? call.x.shape.map((_, i) => call.x.rank - 1 - i))),
  Slice: sliced,
  Pad: padded,
  Tile: (call) => vicinal.tile(call.x, call.values(1)!),
  Gather: gathered,
  GatherElements: (call) => {
    needForward(call);
    return vicinal.gather(call.x, call.number('axis', 0), call.inputs[1]!);
  },
  ScatterElements: added,
  TopK: tops,
  DepthToSpace: shuffled,
  Dropout: kept,
  Resize: resized,
  Upsample: (call) => vicinal.interpolate(call.x, { scaleFactor: call.values(1)!.slice(2), mode: 'nearest' }),
  SoftmaxCrossEntropyLoss: likelihood,
  NegativeLogLikelihoodLoss: (call) => likelihood(call.with({ isLogarithm: 1 })),
  Adagrad: adagrad,
  Adam: adam,
  Momentum: momentum,
};
