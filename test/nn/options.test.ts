import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { ArgumentError, defaultGenerator, memory, scope, ShapeError, zeros } from '../../index.ts';
import * as nn from '../../nn/index.ts';

const { data, init, optim } = nn;
const weight = new nn.Parameter([2, 2]);
const model = new nn.Linear(2, 2);
const optimizer = new optim.SGD([weight]);
const dataset: nn.data.Dataset<object> = { size: 3, get: () => ({}) };

const attention =
  'kernelSize, stride, dilation, isCausal, relPosBias, qkvBias, qkScale, attnDrop, projDrop, numHeadsKv, padSmallInputs, implementation';
const adamw = 'lr, betas, eps, weightDecay';
const sgd = 'lr, momentum, dampening, weightDecay, nesterov';

/** All that takes options: its name in errors, the options it knows, a call with those given. */
const takers: [op: string, known: string, call: (options: never) => unknown][] = [
  ['Linear', 'bias', (o) => new nn.Linear(4, 4, o)],
  ['Conv2d', 'stride, padding, dilation, groups, bias, paddingMode', (o) => new nn.Conv2d(4, 4, 3, o)],
  ['LayerNorm', 'eps, elementwiseAffine, bias', (o) => new nn.LayerNorm(4, o)],
  ['BatchNorm2d', 'eps, momentum, affine', (o) => new nn.BatchNorm2d(4, o)],
  [
    'ConvTranspose2d',
    'stride, padding, outputPadding, dilation, groups, bias',
    (o) => new nn.ConvTranspose2d(4, 4, 3, o),
  ],
  ['GroupNorm', 'eps, affine', (o) => new nn.GroupNorm(2, 4, o)],
  ['RMSNorm', 'eps, elementwiseAffine', (o) => new nn.RMSNorm(4, o)],
  ['InstanceNorm2d', 'eps, momentum, affine, trackRunningStats', (o) => new nn.InstanceNorm2d(4, o)],
  ['MaxPool2d', 'stride, padding, dilation, ceilMode', (o) => new nn.MaxPool2d(2, o)],
  ['AvgPool1d', 'stride, padding, ceilMode, countIncludePad', (o) => new nn.AvgPool1d(2, o)],
  ['AvgPool2d', 'stride, padding, ceilMode, countIncludePad, divisorOverride', (o) => new nn.AvgPool2d(2, o)],
  ['Unfold', 'stride, padding, dilation', (o) => new nn.Unfold(2, o)],
  ['MLP', 'hiddenFeatures, outFeatures, act, drop', (o) => new nn.MLP(4, o)],
  ['NeighborhoodAttention1d', attention, (o) => new nn.NeighborhoodAttention1d(4, 2, o)],
  ['NeighborhoodAttention2d', attention, (o) => new nn.NeighborhoodAttention2d(4, 2, o)],
  ['NeighborhoodAttention3d', attention, (o) => new nn.NeighborhoodAttention3d(4, 2, o)],
  ['GELU', 'approximate', (o) => new nn.GELU(o)],
  ['Flatten', 'startAxis, endAxis', (o) => new nn.Flatten(o)],
  ['CrossEntropyLoss', 'labelSmoothing, ignoreIndex, reduction', (o) => new nn.CrossEntropyLoss(o)],
  ['MSELoss', 'reduction', (o) => new nn.MSELoss(o)],
  ['Parameter', 'requiresGrad, device', (o) => new nn.Parameter([2], o)],
  ['Buffer', 'persistent, device', (o) => new nn.Buffer([2], o)],
  ['loadStateDict', 'strict', (o) => model.loadStateDict({}, o)],
  ['init.uniform', 'low, high, generator', (o) => init.uniform(weight, o)],
  ['init.normal', 'mean, std, generator', (o) => init.normal(weight, o)],
  ['init.truncNormal', 'mean, std, low, high, generator', (o) => init.truncNormal(weight, o)],
  ['init.kaimingUniform', 'a, mode, nonlinearity, generator', (o) => init.kaimingUniform(weight, o)],
  ['init.kaimingNormal', 'a, mode, nonlinearity, generator', (o) => init.kaimingNormal(weight, o)],
  ['init.xavierUniform', 'gain, generator', (o) => init.xavierUniform(weight, o)],
  ['init.xavierNormal', 'gain, generator', (o) => init.xavierNormal(weight, o)],
  ['AdamW', adamw, (o) => new optim.AdamW([weight], o)],
  ['SGD', sgd, (o) => new optim.SGD([weight], o)],
  ['CosineSchedule', 'totalSteps, warmupSteps, minLr', (o) => new optim.CosineSchedule(optimizer, o)],
  ['decayGroups', 'isDecayed', (o) => optim.decayGroups(model, 0.1, o)],
  [
    'DataLoader',
    'batchSize, shuffle, sampler, dropLast, transform, collate, skipBroken, generator, device, worker, numWorkers, prefetchFactor, persistentWorkers',
    (o) => new data.DataLoader(dataset, o),
  ],
  ['randomCrop', 'padding, fill', (o) => data.randomCrop(2, o)],
  ['randomShift', 'fill', (o) => data.randomShift(2, o)],
];

/** What `call` is refused with, having taken no memory. */
function refusal(call: (options: never) => unknown, options: unknown): unknown {
  const before = memory();
  try {
    call(options as never);
  } catch (error) {
    expect(memory()).toEqual(before);
    return error;
  }
  return undefined;
}

describe.each(takers)('%s', (op, known, call) => {
  test('refuses an option that it does not know', () => {
    const error = refusal(call, { kernelSize: 1, totalSteps: 1, colour: 7 }) as ArgumentError;
    expect(error).toBeInstanceOf(ArgumentError);
    expect(error.op).toBe(op);
    expect(error.message).toMatch(new RegExp(`^${op}: has no option '(kernelSize|totalSteps|colour)'; use ${known}$`));
  });

  test('takes each that it knows, left undefined', () => {
    if (['CosineSchedule', 'AdamW', 'SGD'].includes(op) || op.startsWith('Neighborhood')) return; // a value is needed
    const options = Object.fromEntries(known.split(', ').map((key) => [key, undefined]));
    const error = refusal((o) => scope(() => call(o)), options);
    if (op === 'loadStateDict') expect(String(error)).toContain('2 keys missing');
    else expect(error).toBeUndefined();
  });

  test.each([
    [null, 'null'],
    [false, 'false'],
    [3, '3'],
    [[], 'Array'],
    [[3], 'Array'],
    [() => 3, 'Function'],
    [defaultGenerator, 'Generator'],
    [weight, 'Parameter'],
  ])('refuses %o', (options, got) => {
    const error = refusal(call, options);
    expect(error).toBeInstanceOf(ArgumentError);
    expect(String(error)).toContain(`${op}: options must be an object { ${known} }, got ${got}`);
  });
});

describe('options', () => {
  test.each<[() => unknown, string]>([
    [
      () => new optim.AdamW([weight], { weight_decay: 0.1 } as never),
      `AdamW: has no option 'weight_decay', but 'weightDecay'; use ${adamw}`,
    ],
    [() => new data.DataLoader(dataset, { batchsize: 2 } as never), "has no option 'batchsize', but 'batchSize'; use"],
    [
      () => new optim.SGD([{ params: [weight] }, { params: [], weight_decay: 0 } as never]),
      'SGD: group 1 has no parameters',
    ],
    [
      () => new optim.SGD([{ params: [weight], weight_decay: 0 } as never]),
      `SGD: has no option 'weight_decay', but 'weightDecay'; use params, ${sgd}`,
    ],
    [
      () => new nn.NeighborhoodAttention2d(4, 2, { dilation: 2 } as never),
      "NeighborhoodAttention2d: needs the option 'kernelSize'",
    ],
    [() => new optim.CosineSchedule(optimizer, undefined as never), "CosineSchedule: needs the option 'totalSteps'"],
    [() => new nn.Linear(4, 4, Object.create({ biass: true }) as never), "Linear: has no option 'biass'; use bias"],
  ])('%#', (call, message) => expect(call).toThrow(message));

  test('may be held by an instance, or by an object without a prototype', () => {
    class Config {
      bias = false;
    }
    expect(new nn.Linear(2, 2, new Config()).bias).toBeUndefined();
    expect(new nn.Linear(2, 2, Object.assign(Object.create(null), { bias: false })).bias).toBeUndefined();
  });

  test('of an optimizer of one’s own are those with a default', () => {
    class Plain extends optim.Optimizer<nn.optim.CommonOptions & { decay: number }> {
      constructor(params: Iterable<Tensor>, options: { decay?: number } = {}) {
        super(params, { lr: 1, decay: 0 }, options);
      }
      protected override check(): void {}
      protected override remembers(): string[] {
        return [];
      }
      protected override update(): void {}
    }
    expect(new Plain([weight], { decay: 2 }).paramGroups).toMatchObject([{ lr: 1, decay: 2 }]);
    expect(() => new Plain([weight], { lrr: 2 } as never)).toThrow("Plain: has no option 'lrr'; use lr, decay");
  });
});

describe('qkScale', () => {
  test.each([NaN, Infinity, '0.5', null])('%o is refused', (qkScale) => {
    const error = refusal((o) => new nn.NeighborhoodAttention1d(4, 2, o), { kernelSize: 3, qkScale });
    expect(error).toBeInstanceOf(ArgumentError);
    expect(String(error)).toContain('NeighborhoodAttention1d: qkScale must be a finite number, got ');
  });

  test('may be 0 or negative', () => {
    for (const qkScale of [0, -1]) {
      using layer = new nn.NeighborhoodAttention1d(4, 2, { kernelSize: 3, qkScale });
      expect(layer.scale).toBe(qkScale);
      scope(() => expect(layer.forward(zeros([1, 4, 4])).shape).toEqual([1, 4, 4]));
    }
  });
});

describe('DataLoader', () => {
  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [{ size: 3 }, 'Object'],
    [[1, 2], 'Array'],
  ])('refuses the dataset %o', (value, got) => {
    const error = refusal((given) => new data.DataLoader(given), value);
    expect(error).toBeInstanceOf(ArgumentError);
    expect(String(error)).toContain(`DataLoader: dataset must be an object { size, get(index) }, got ${got}`);
  });

  test.each([NaN, 2.5, -1, Infinity, '3', undefined])('refuses a dataset of size %o', (size) => {
    const make = (): unknown => new data.DataLoader({ ...dataset, size } as never);
    expect(make).toThrow(ShapeError);
    expect(make).toThrow(`DataLoader: dataset.size is ${size}; it must be an integer >= 0`);
  });

  test('takes a dataset without samples', () => expect(new data.DataLoader({ ...dataset, size: 0 }).length).toBe(0));
});
