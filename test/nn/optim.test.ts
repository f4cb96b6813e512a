import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { ArgumentError, DisposedError, FormatError, GradError, memory, scope, tensor } from '../../index.ts';
import * as nn from '../../nn/index.ts';

const { optim, Parameter } = nn;
const device = 'reference';

const param = (...values: number[]): nn.Parameter => scope(() => new Parameter(tensor(values, { device })));

/** Steps with the gradient of ½ Σ p², which is p itself. */
function descend(optimizer: { step(): void; zeroGrad(): void }, params: readonly Tensor[], steps: number): void {
  for (let i = 0; i < steps; i++) {
    scope(() => {
      optimizer.zeroGrad();
      for (const p of params) p.square().sum().mul(0.5).backward();
      optimizer.step();
    });
  }
}

describe('SGD', () => {
  test('without momentum', async () => {
    const p = param(1, -2);
    descend(new optim.SGD([p], { lr: 0.1 }), [p], 2);
    expect(await p.array()).toEqual([0.81, -1.62]);
  });

  test('with momentum, by hand', async () => {
    const p = param(1);
    descend(new optim.SGD([p], { lr: 0.1, momentum: 0.5 }), [p], 2);
    // b1 = 1, p1 = 0.9; b2 = 0.5 + 0.9 = 1.4, p2 = 0.76
    expect(await p.item()).toBeCloseTo(0.76, 12);
  });

  test('with Nesterov momentum and weight decay, by hand', async () => {
    const p = param(1);
    descend(new optim.SGD([p], { lr: 0.1, momentum: 0.5, nesterov: true, weightDecay: 1 }), [p], 2);
    // g1 = 2, b1 = 2, p1 = 1 - 0.1 (2 + 1) = 0.7; g2 = 1.4, b2 = 2.4, p2 = 0.7 - 0.1 (1.4 + 1.2) = 0.44
    expect(await p.item()).toBeCloseTo(0.44, 12);
  });

  test('with dampening, which leaves the first step whole', async () => {
    const p = param(1);
    descend(new optim.SGD([p], { lr: 0.1, momentum: 0.5, dampening: 0.5 }), [p], 2);
    // b1 = 1, p1 = 0.9; b2 = 0.5 + 0.5 · 0.9 = 0.95, p2 = 0.805
    expect(await p.item()).toBeCloseTo(0.805, 12);
  });
});

test('AdamW, by hand', async () => {
  const p = param(1);
  descend(new optim.AdamW([p], { lr: 0.1, weightDecay: 0.5 }), [p], 1);
  // m̂ = v̂ = 1, so the step is lr / (1 + eps), after the decay of 0.05
  expect(await p.item()).toBeCloseTo(0.95 - 0.1 / (1 + 1e-8), 12);
});

describe('groups', () => {
  test('have options of their own, which may change between steps', async () => {
    const [a, b] = [param(1), param(1)];
    const optimizer = new optim.SGD([{ params: [a] }, { params: [b], lr: 0.5 }], { lr: 0.1 });
    descend(optimizer, [a, b], 1);
    expect([await a.item(), await b.item()]).toEqual([0.9, 0.5]);
    optimizer.paramGroups[1]!.lr = 0;
    descend(optimizer, [a, b], 1);
    expect([await a.item(), await b.item()]).toEqual([0.81, 0.5]);
  });

  test('split weights from biases, norms, embeddings and rpb', () => {
    const model = Object.assign(new nn.Sequential(new nn.Linear(3, 4), new nn.LayerNorm(4)), {
      table: new nn.Embedding(5, 2),
      rpb: new Parameter([2, 3]),
    });
    const groups = optim.decayGroups(model, 0.05);
    expect(groups.map(({ params, weightDecay }) => [params.length, weightDecay])).toEqual([
      [1, 0.05],
      [5, 0],
    ]);
    const all = optim.decayGroups(model, 0.05, { isDecayed: (path) => path.startsWith('0.') || undefined });
    expect(all[0]!.params).toHaveLength(2);
  });
});

describe('steps', () => {
  test('leave parameters without a gradient alone', async () => {
    const [a, b] = [param(1), param(1)];
    const optimizer = new optim.AdamW([a, b], { lr: 0.1 });
    descend(optimizer, [a], 3);
    expect(await b.item()).toBe(1);
    expect(optimizer.stateDict().settings.steps).toEqual([3, 0]);
  });

  test('of parameters on several devices and with several counts of steps are those of each alone', () => {
    const make = (): nn.Parameter[] =>
      (['reference', 'cpu', 'reference'] as const).map((device) =>
        scope(() => new Parameter(tensor([1, -2], { device }))),
      );
    const [together, alone] = [make(), make()];
    const optimizer = new optim.AdamW(together, { lr: 0.1 });
    const own = alone.map((p) => new optim.AdamW([p], { lr: 0.1 }));
    descend(optimizer, together.slice(0, 2), 2);
    descend(optimizer, together, 3);
    own.forEach((one, i) => descend(one, [alone[i]!], i < 2 ? 5 : 3));
    expect(together.map((p) => p.dataNow())).toEqual(alone.map((p) => p.dataNow()));
  });

  test('refuse a freed parameter before any is updated', async () => {
    const [a, b] = [param(1), param(1)];
    const optimizer = new optim.SGD([a, b], { lr: 0.1 });
    scope(() => a.square().sum().backward());
    b.dispose();
    expect(() => optimizer.step()).toThrow(DisposedError);
    expect(await a.item()).toBe(1);
  });

  test('make backward through an updated parameter an error', () => {
    const p = param(1, 2);
    const optimizer = new optim.SGD([p], { lr: 0.1 });
    scope(() => {
      const [first, second] = [p.square().sum(), p.square().sum()];
      first.backward();
      optimizer.step();
      expect(() => second.backward()).toThrow(GradError);
    });
  });

  test('leak nothing', () => {
    const before = { ...memory()[device]! };
    const p = param(1, 2, 3);
    const optimizer = new optim.AdamW([p]);
    descend(optimizer, [p], 2);
    const during = memory()[device]!;
    descend(optimizer, [p], 20);
    expect(memory()[device]).toMatchObject({ tensors: during.tensors, bytes: during.bytes });
    optimizer.dispose();
    p.dispose();
    expect(memory()[device]).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
  });
});

describe('checkpoints', () => {
  const make = (start: number): { params: nn.Parameter[]; optimizer: nn.optim.AdamW } => {
    const params = [param(start, 2), param(3)];
    return { params, optimizer: new optim.AdamW(optimGroups(params), { lr: 0.1 }) };
  };
  const optimGroups = ([a, b]: readonly Tensor[]): nn.optim.GroupInput<nn.optim.AdamWOptions>[] => [
    { params: [a!] },
    { params: [b!], weightDecay: 0 },
  ];

  test('continue bit for bit through JSON', async () => {
    const [one, two] = [make(1), make(1)];
    descend(one.optimizer, one.params, 3);
    one.optimizer.paramGroups[0]!.lr = 0.025;
    const { settings, tensors } = one.optimizer.stateDict();
    expect([...tensors.keys()]).toEqual(['0.exp_avg', '0.exp_avg_sq', '1.exp_avg', '1.exp_avg_sq']);
    two.params.forEach((p, i) => nn.init.zeros(p) && p.become(one.params[i]!.contiguous()));
    two.optimizer.loadStateDict({ settings: JSON.parse(JSON.stringify(settings)), tensors });
    descend(one.optimizer, one.params, 3);
    descend(two.optimizer, two.params, 3);
    expect(await two.params[0]!.array()).toEqual(await one.params[0]!.array());
    expect(await two.params[1]!.array()).toEqual(await one.params[1]!.array());
  });

  test('are checked before anything changes', () => {
    const { params, optimizer } = make(1);
    descend(optimizer, params, 1);
    const { settings, tensors } = optimizer.stateDict();
    const before = memory()[device]!.tensors;
    const load = (change: object): void => optimizer.loadStateDict({ settings: { ...settings, ...change }, tensors });
    expect(() => load({ optimizer: 'SGD' })).toThrow("the state is of 'SGD'; this is AdamW");
    expect(() => load({ groups: settings.groups.slice(1) })).toThrow(
      'groups of 1 parameters; this optimizer has groups of 1, 1',
    );
    expect(() => load({ steps: [1] })).toThrow('the state must name parameters 0..1 once, with a step count each');
    expect(() => load({ groups: settings.groups.map((group) => ({ ...group, lr: -1 })) })).toThrow(ArgumentError);
    expect(() => optimizer.loadStateDict({ settings, tensors: {} })).toThrow(FormatError);
    expect(memory()[device]!.tensors).toBe(before);
    expect(optimizer.stateDict().settings).toEqual(settings);
  });
});

test.each([
  [() => new optim.SGD([]), 'SGD: group 0 has no parameters'],
  [() => new optim.SGD([tensor([1]).add(0)], { lr: -1 }), 'SGD: lr must be a finite number >= 0, got -1'],
  [() => new optim.SGD([param(1)], { nesterov: true }), 'nesterov needs momentum > 0 and dampening 0'],
  [() => new optim.AdamW([param(1)], { betas: [0.9, 1] }), 'betas are 0.9,1; they must be two numbers of [0, 1)'],
  [() => new optim.AdamW([param(1).mul(2)]), 'parameter 0 of group 0 is the result of an op; only leaves are trained'],
  [
    () => new optim.AdamW(new nn.Linear(1, 1) as never),
    'the parameters must be a list of tensors; pass model.parameters()',
  ],
  [() => optim.clipGradNorm({} as never, 1), 'clipGradNorm: the parameters must be a list of tensors'],
  [() => new optim.AdamW([null as unknown as Tensor]), 'parameter 0 of group 0 is null; it must be a tensor'],
])('bad arguments %#', (make, message) => {
  expect(make).toThrow(message);
});

test('a parameter may be given once only', () => {
  const p = param(1);
  expect(() => new optim.SGD([{ params: [p] }, { params: [p] }])).toThrow('parameter 0 of group 1 was given before');
});

describe('clipGradNorm', () => {
  test('scales all gradients by one factor, and returns the norm before', async () => {
    const [a, b] = [param(3, 0), param(4)];
    scope(() => [a, b].forEach((p) => p.square().sum().mul(0.5).backward()));
    const before = memory()[device]!.tensors;
    const norm = optim.clipGradNorm([a, b], 1);
    expect(memory()[device]!.tensors).toBe(before + 1);
    expect(await norm.item()).toBe(5);
    expect((await a.grad!.data())[0]).toBeCloseTo(0.6, 6);
    expect((await b.grad!.data())[0]).toBeCloseTo(0.8, 6);
  });

  test('leaves small gradients as they are', async () => {
    const p = param(3, 4);
    scope(() => p.square().sum().mul(0.5).backward());
    optim.clipGradNorm([p], 10);
    expect(await p.grad!.array()).toEqual([3, 4]);
    expect(() => optim.clipGradNorm([p], NaN)).toThrow('clipGradNorm: maxNorm must be a finite number >= 0, got NaN');
  });
});

test('a step that is refused does not count', async () => {
  const p = param(1);
  const optimizer = new optim.SGD([p], { lr: 0.1, momentum: 0.9, dampening: 0.5 });
  scope(() => p.square().sum().mul(0.5).backward());
  optimizer.paramGroups[0]!.lr = NaN;
  expect(() => optimizer.step()).toThrow('lr');
  optimizer.paramGroups[0]!.lr = 0.1;
  optimizer.step();
  expect(await p.item()).toBeCloseTo(0.9, 12); // the first step of momentum takes the gradient whole
});

describe('CosineSchedule', () => {
  test('rises, then falls along a cosine, for each group', () => {
    const optimizer = new optim.SGD([{ params: [param(1)] }, { params: [param(1)], lr: 2 }], { lr: 1 });
    const schedule = new optim.CosineSchedule(optimizer, { totalSteps: 6, warmupSteps: 2, minLr: 0.5 });
    const rates: number[][] = [];
    for (let i = 0; i < 8; i++) {
      rates.push(schedule.lastLr().map((rate) => Math.round(rate * 1000) / 1000));
      schedule.step();
    }
    expect(rates.map(([rate]) => rate)).toEqual([0.333, 0.667, 1, 0.927, 0.75, 0.573, 0.5, 0.5]);
    expect(rates.map(([, rate]) => rate)).toEqual([0.667, 1.333, 2, 1.78, 1.25, 0.72, 0.5, 0.5]);
  });

  test('continues from its state', () => {
    const make = (): nn.optim.CosineSchedule =>
      new optim.CosineSchedule(new optim.SGD([param(1)], { lr: 1 }), { totalSteps: 10 });
    const [a, b] = [make(), make()];
    for (let i = 0; i < 4; i++) a.step();
    b.loadStateDict(JSON.parse(JSON.stringify(a.stateDict())));
    expect(b.lastLr()).toEqual(a.lastLr());
    expect(() => b.loadStateDict({ step: 1, baseLrs: [] })).toThrow(
      'the state has 0 base rates; the optimizer has 1 groups',
    );
  });
});
