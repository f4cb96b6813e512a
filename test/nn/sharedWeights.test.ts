// Two layers that have one Parameter: the table of words and the last layer of a language model.

import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { memory, scope, tensor } from '../../index.ts';
import * as nn from '../../nn/index.ts';

class Tied extends nn.Module {
  words = new nn.Embedding(5, 3);
  head = new nn.Linear(3, 5, { bias: false });

  constructor(isTied: boolean) {
    super();
    if (!isTied) return;
    this.head.weight.dispose();
    this.head.weight = this.words.weight;
  }

  forward(token: Tensor): Tensor {
    return this.head.forward(this.words.forward(token));
  }
}

function loss(model: Tied): Tensor {
  const [token, next] = [
    [1, 4, 4],
    [0, 1, 2],
  ].map((values) => tensor(values, { dtype: 'int32' }));
  return nn.crossEntropy(model.forward(token!), next!);
}

describe('shared weights', () => {
  test('are one parameter with two keys, on every device', async () => {
    using model = new Tied(true);
    expect([...model.namedParameters().keys()]).toEqual(['words.weight']);
    expect([...model.stateDict().keys()]).toEqual(['words.weight', 'head.weight']);
    model.to('reference').to('cpu');
    expect(model.head.weight).toBe(model.words.weight);
    expect(model.stateDict().get('head.weight')!.storage).toBe(model.words.weight.storage);
    using copy = new Tied(true);
    copy.loadStateDict(model.stateDict());
    expect(await copy.words.weight.array()).toEqual(await model.words.weight.array());
  });

  test('collect the gradients of both uses', async () => {
    using tied = new Tied(true);
    using apart = new Tied(false);
    apart.loadStateDict(tied.stateDict());
    scope(() => {
      loss(tied).backward();
      loss(apart).backward();
    });
    const sum = scope(() => apart.words.weight.grad!.add(apart.head.weight.grad!));
    const [got, want] = [await tied.words.weight.grad!.data(), await sum.data()];
    got.forEach((value, i) => expect(value).toBeCloseTo(want[i]!, 6));
    tied.zeroGrad();
    expect(tied.head.weight.grad).toBe(null);
  });

  test('are stepped once, and learn', async () => {
    using model = new Tied(true);
    using optimizer = new nn.optim.AdamW(model.parameters(), { lr: 0.1 });
    expect(optimizer.paramGroups[0]!.params).toHaveLength(1);
    const losses: number[] = [];
    for (let i = 0; i < 30; i++) {
      using value = scope(() => {
        optimizer.zeroGrad();
        const value = loss(model);
        value.backward();
        optimizer.step();
        return value;
      });
      losses.push(await value.item());
    }
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
    expect([...optimizer.stateDict().tensors.keys()]).toEqual(['0.exp_avg', '0.exp_avg_sq']);
    const twice = [model.words.weight, model.head.weight];
    expect(() => new nn.optim.SGD(twice)).toThrow('was given before; name each parameter once');
  });

  test('are freed once', () => {
    const before = { ...memory().cpu! };
    const model = new Tied(true);
    model.dispose();
    expect(memory().cpu).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
  });
});
