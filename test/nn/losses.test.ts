import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import * as vicinal from '../../index.ts';
import * as nn from '../../nn/index.ts';

const { randn, scope, tensor } = vicinal;
const values = async (x: Tensor): Promise<number[]> => Array.from(await x.data());

const pairs: [string, () => nn.Module & { forward(x: Tensor, y: Tensor): Tensor }, (x: Tensor, y: Tensor) => Tensor][] =
  [
    ["L1Loss({ reduction: 'sum' })", () => new nn.L1Loss({ reduction: 'sum' }), (x, y) => x.sub(y).abs().sum()],
    [
      'HuberLoss({ delta: 0.5 })',
      () => new nn.HuberLoss({ delta: 0.5 }),
      (x, y) => vicinal.huber(x, y, { delta: 0.5 }),
    ],
    [
      'SmoothL1Loss({ beta: 2 })',
      () => new nn.SmoothL1Loss({ beta: 2 }),
      (x, y) => vicinal.smoothL1(x, y, { beta: 2 }),
    ],
    [
      'KLDivLoss({ logTarget: true })',
      () => new nn.KLDivLoss({ logTarget: true }),
      (x, y) => y.exp().mul(y.sub(x)).mean(),
    ],
    [
      'CosineSimilarity({ axis: 0 })',
      () => new nn.CosineSimilarity({ axis: 0 }),
      (x, y) => vicinal.cosineSimilarity(x, y, { axis: 0 }),
    ],
    ['BCEWithLogitsLoss', () => new nn.BCEWithLogitsLoss(), (x, y) => vicinal.bce(x.sigmoid(), y)],
  ];

test.each(pairs)('%s is its function', async (name, make, f) => {
  using layer = make();
  expect(String(layer).split('\n')[0]).toBe(name);
  const [x, y] = [randn([3, 4]), randn([3, 4]).sigmoid()];
  const [got, want] = [await values(layer.forward(x, y)), await values(f(x, y))];
  got.forEach((v, i) => expect(v).toBeCloseTo(want[i]!, 4));
});

describe('factors', () => {
  test('of a yes and of elements', async () => {
    const [x, y] = [tensor([[1, -2, 3]]), tensor([[1, 0, 0.25]])];
    const [weight, posWeight] = [tensor([1, 2, 3]), tensor([2, 3, 4])];
    using layer = new nn.BCEWithLogitsLoss({ weight, posWeight, reduction: 'none' });
    const want = [1, -2, 3].map((logit, i) => {
      const [p, target] = [1 / (1 + Math.exp(-logit)), [1, 0, 0.25][i]!];
      return (i + 1) * -((i + 2) * target * Math.log(p) + (1 - target) * Math.log(1 - p));
    });
    (await values(layer.forward(x, y))).forEach((v, i) => expect(v).toBeCloseTo(want[i]!, 5));
    expect([...layer.stateDict().keys()].toSorted()).toEqual(['pos_weight', 'weight']);
    using plain = new nn.BCELoss({ weight });
    const p = x.sigmoid();
    expect(await plain.forward(p, y).item()).toBeCloseTo(await vicinal.bce(p, y, { weight }).item(), 6);
  });

  test('of classes divide the mean', async () => {
    const logs = tensor([
      [-1, -2, -3],
      [-4, -5, -6],
      [-7, -8, -9],
    ]);
    const target = tensor([2, 0, 1], { dtype: 'int32' });
    using layer = new nn.NLLLoss({ weight: tensor([1, 2, 4]), ignoreIndex: 1 });
    expect(await layer.forward(logs, target).item()).toBeCloseTo((3 * 4 + 4 * 1) / 5, 6);
    expect(await vicinal.nllLoss(logs, target, { weight: tensor([1, 2, 4]) }).item()).toBeCloseTo((12 + 4 + 16) / 7, 6);
  });
});

test('what does not fit is refused', () => {
  scope(() => {
    const [x, y] = [randn([2, 3]), randn([3])];
    expect(() => vicinal.l1(x, y)).toThrow('they must be equal');
    expect(() => vicinal.huber(x, x, { delta: 0 })).toThrow('delta must be positive, got 0');
    expect(() => vicinal.smoothL1(x, x, { beta: -1 })).toThrow('beta must not be negative');
    expect(() => vicinal.nllLoss(x, tensor([0], { dtype: 'int32' }))).toThrow('target must be [2]');
    expect(() => vicinal.nllLoss(x, tensor([0, 3], { dtype: 'int32' }))).toThrow('index holds 3');
    expect(() =>
      vicinal.nllLoss(x, tensor([0, 1], { dtype: 'int32' }), { weight: y.slice({ axis: 0, end: 2 }) }),
    ).toThrow('it must be [3], one per class');
    expect(() => vicinal.cosineEmbeddingLoss(x, x, y)).toThrow('[N, D]');
    expect(() => new nn.HuberLoss({ deltas: 1 } as never)).toThrow("no option 'deltas'");
  });
});
