import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { ArgumentError, device as startDevice, FormatError, memory, scope, tensor } from '../../index.ts';
import * as nn from '../../nn/index.ts';

const { optim, Parameter } = nn;
await startDevice('webgpu');

type Where = 'reference' | 'cpu' | 'webgpu';

/** Parameters that learn Σ p² · weight; a weight of ∞ spoils the gradients. */
class Problem {
  readonly p: nn.Parameter;
  readonly optimizer: nn.optim.Optimizer<{ lr: number }>;
  readonly device: Where;

  constructor(device: Where, make: (p: Tensor) => nn.optim.Optimizer<{ lr: number }>) {
    this.device = device;
    this.p = scope(() => new Parameter(tensor([1, -2, 3, 0.5, 4], { device })));
    this.optimizer = make(this.p);
  }

  loss(weight: number): Tensor {
    this.optimizer.zeroGrad();
    return this.p.square().sum().mul(weight);
  }

  async values(): Promise<number[]> {
    return [...(await this.p.data())];
  }
}

const adamw = (p: Tensor) => new optim.AdamW([p], { lr: 0.1, weightDecay: 0.1 });
const sgd = (p: Tensor) => new optim.SGD([p], { lr: 0.01, momentum: 0.9, dampening: 0.5 });

function close(got: readonly number[], want: readonly number[], digits = 5): void {
  expect(got).toHaveLength(want.length);
  got.forEach((value, i) => expect(value).toBeCloseTo(want[i]!, digits));
}

describe.each(['reference', 'cpu', 'webgpu'] as const)('on %s', (device) => {
  test.each([
    ['AdamW', adamw],
    ['SGD', sgd],
    ['Adam', (p: Tensor) => new optim.Adam([p], { lr: 0.1, weightDecay: 0.1 })],
    ['RMSprop', (p: Tensor) => new optim.RMSprop([p], { lr: 0.01, momentum: 0.9, centered: true, eps: 1e-2 })],
    ['Adagrad', (p: Tensor) => new optim.Adagrad([p], { lr: 0.1, lrDecay: 0.3, initialAccumulatorValue: 0.1 })],
    ['Lion', (p: Tensor) => new optim.Lion([p], { lr: 0.01, weightDecay: 0.1 })],
  ] as const)('%s steps as without, and leaves out what is not finite', async (_name, make) => {
    const [scaled, plain] = [new Problem(device, make), new Problem(device, make)];
    using scaler = new optim.GradScaler({ device, initScale: 1024, growthInterval: 2 });
    const scales: number[] = [];
    for (const weight of [Infinity, 1, 1, NaN, 1]) {
      scope(() => {
        const before = scaled.loss(weight);
        scaler.scale(before).backward();
        scaler.step(scaled.optimizer);
        scaler.update();
        if (!Number.isFinite(weight)) return;
        plain.loss(weight).backward();
        plain.optimizer.step();
      });
      scales.push(await scaler.getScale());
    }
    expect(scales).toEqual([512, 512, 1024, 512, 512]);
    close(await scaled.values(), await plain.values());
  });

  test('a parameter that joins after skipped steps takes a first step like any other', async () => {
    const [early, late] = [1, 2].map((x) => scope(() => new Parameter(tensor([x], { device }))));
    const optimizer = new optim.AdamW([early!, late!], { lr: 0.1, weightDecay: 0 });
    using scaler = new optim.GradScaler({ device, initScale: 8 });
    const step = (loss: () => Tensor): void =>
      scope(() => {
        optimizer.zeroGrad();
        scaler.scale(loss()).backward();
        scaler.step(optimizer);
        scaler.update();
      });
    for (let i = 0; i < 3; i++) step(() => early!.mul(Infinity).sum());
    step(() => early!.add(late!).sum());
    close([...(await early!.data()), ...(await late!.data())], [0.9, 1.9]);
  });

  test('each parameter counts the steps that were skipped since it joined', async () => {
    const make = (): [nn.Parameter, nn.Parameter, nn.optim.AdamW] => {
      const [a, b] = [1, 2].map((x) => scope(() => new Parameter(tensor([x], { device })))) as [
        nn.Parameter,
        nn.Parameter,
      ];
      return [a, b, new optim.AdamW([a, b], { lr: 0.1 })];
    };
    const [early, late, optimizer] = make();
    const [plainEarly, plainLate, plain] = make();
    using scaler = new optim.GradScaler({ device, initScale: 8 });
    const step = (weight: number, withLate: boolean): void =>
      scope(() => {
        const loss = (a: Tensor, b: Tensor): Tensor => (withLate ? a.square().add(b.square()) : a.square()).mul(weight);
        optimizer.zeroGrad();
        scaler.scale(loss(early, late).sum()).backward();
        scaler.step(optimizer);
        scaler.update();
        if (!Number.isFinite(weight)) return;
        plain.zeroGrad();
        loss(plainEarly, plainLate).sum().backward();
        plain.step();
      });
    for (const weight of [Infinity, Infinity, 1, NaN]) step(weight, false);
    for (const weight of [1, 3, Infinity, 2]) step(weight, true);
    close(
      [...(await early.data()), ...(await late.data())],
      [...(await plainEarly.data()), ...(await plainLate.data())],
    );

    const { settings, tensors } = optimizer.stateDict();
    expect(await tensors.get('1.skipped_before')!.array()).toEqual([0, 3]);
    const host = await Promise.all(
      [...tensors].map(async ([key, x]) => [key, { dtype: x.dtype, shape: x.shape, data: await x.data() }] as const),
    );
    const again = new optim.AdamW([early, late], { lr: 0.1 });
    again.loadStateDict({ settings, tensors: new Map(host) });
    expect([...again.stateDict().tensors.keys()]).toEqual([...tensors.keys()]);
    step(1, true);
    close(
      [...(await early.data()), ...(await late.data())],
      [...(await plainEarly.data()), ...(await plainLate.data())],
    );
    optimizer.dispose();
    again.dispose();
  });

  test('gradients that are views with gaps are divided too', async () => {
    const p = scope(() => new Parameter(tensor([1, 2, 3, 4], { shape: [2, 2], device })));
    const optimizer = new optim.SGD([p], { lr: 1 });
    using scaler = new optim.GradScaler({ device, initScale: 1024 });
    scope(() => {
      const x = tensor([1, 0, 0, 1, 1, 1], { shape: [3, 2], device });
      scaler.scale(x.matmul(p.transpose(0, 1)).sum()).backward();
      scaler.step(optimizer);
    });
    close([...(await p.data())], [-1, 0, 1, 2]);
    expect(() => scaler.step(optimizer)).toThrow('this optimizer has stepped already; call update() after each step');
    const q = scope(() => new Parameter(tensor([1, 2], { device })));
    const other = new optim.SGD([q], { lr: 1 });
    scope(() => {
      scaler.scale(q.sum()).backward();
      scaler.step(other);
    });
    close([...(await q.data())], [0, 1]);
  });

  test('gradients are divided once, for whoever looks at them before the step', async () => {
    const { p, optimizer, ...rest } = new Problem(device, adamw);
    using scaler = new optim.GradScaler({ device, initScale: 8 });
    scope(() => {
      scaler.scale(p.square().sum()).backward();
      scaler.unscale(optimizer);
    });
    expect(rest.device).toBe(device);
    close([...(await p.grad!.data())], [2, -4, 6, 1, 8]);
    expect(() => scaler.unscale(optimizer)).toThrow('these gradients were divided already; call update()');
    scaler.step(optimizer);
    close([...(await p.grad!.data())], [2, -4, 6, 1, 8]);
    scaler.update();
    expect(() => scaler.unscale(optimizer)).not.toThrow();
  });

  test('of two optimizers one may skip; the scale falls for both', async () => {
    const [good, bad] = [new Problem(device, sgd), new Problem(device, sgd)];
    using scaler = new optim.GradScaler({ device, initScale: 4 });
    scope(() => {
      for (const [problem, weight] of [
        [good, 1],
        [bad, NaN],
      ] as const) {
        scaler.scale(problem.loss(weight)).backward();
        scaler.step(problem.optimizer);
      }
      scaler.update();
    });
    expect(await scaler.getScale()).toBe(2);
    close(await bad.values(), [1, -2, 3, 0.5, 4]);
    expect(await good.values()).not.toEqual(await bad.values());
    const { tensors } = scaler.stateDict();
    expect(await Promise.all([...tensors].map(async ([key, x]) => [key, await x.array()]))).toEqual([
      ['scale', [2, 0]],
      ['overflow.0', [0, 0]],
      ['overflow.1', [0, 1]],
    ]);
  });

  test('a state continues: scale, streak, and the steps that were skipped', async () => {
    const problem = new Problem(device, adamw);
    using first = new optim.GradScaler({ device, initScale: 16, growthInterval: 3 });
    const step = (scaler: nn.optim.GradScaler, weight: number): void =>
      scope(() => {
        scaler.scale(problem.loss(weight)).backward();
        scaler.step(problem.optimizer);
        scaler.update();
      });
    for (const weight of [Infinity, 1, 1]) step(first, weight);
    const { settings, tensors } = first.stateDict();
    const host = await Promise.all(
      [...tensors].map(async ([key, x]) => [key, { dtype: x.dtype, shape: x.shape, data: await x.data() }] as const),
    );
    using second = new optim.GradScaler({ device });
    second.loadStateDict({ settings: JSON.parse(JSON.stringify(settings)), tensors: new Map(host) });
    expect(await second.getScale()).toBe(8);
    step(second, 1);
    expect(await second.getScale()).toBe(16);
    expect(await second.stateDict().tensors.get('overflow.0')!.array()).toEqual([0, 1]);
    expect(() => second.loadStateDict({ settings, tensors: {} })).toThrow(FormatError);
    expect(() => second.loadStateDict({ settings: { ...settings, growthInterval: 0.5 }, tensors })).toThrow(
      ArgumentError,
    );
  });

  test('steps leave no memory behind', () => {
    const problem = new Problem(device, adamw);
    using scaler = new optim.GradScaler({ device });
    const step = (): void =>
      scope(() => {
        scaler.scale(problem.loss(1)).backward();
        scaler.step(problem.optimizer);
        scaler.update();
        problem.optimizer.zeroGrad();
      });
    step();
    const before = memory()[device]!;
    for (let i = 0; i < 3; i++) step();
    expect(memory()[device]).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
  });
});

test.each([
  [{ initScale: 0 }, 'initScale must be more than 0'],
  [{ growthFactor: 0.5 }, 'growthFactor must be at least 1, got 0.5'],
  [{ backoffFactor: 0 }, 'backoffFactor must be above 0 and at most 1, got 0'],
  [{ growthInterval: 1.5 }, 'growthInterval must be an integer >= 1, got 1.5'],
  [{ interval: 3 }, "has no option 'interval'"],
])('bad options %o', (options, message) => {
  expect(() => new optim.GradScaler(options as object)).toThrow(message);
});
