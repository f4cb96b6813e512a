// What a job of one rank shows already: refusals, and each rank's share of the data. It needs no MPI.

import { beforeAll, describe, expect, test } from 'vitest';
import { ArgumentError, DtypeError, GradError, ones, scope, ShapeError, tensor, zeros } from '../../index.ts';
import * as nn from '../../nn/index.ts';
import {
  allReduce,
  broadcast,
  DistributedDataParallel,
  DistributedError,
  DistributedSampler,
  finalize,
  init,
  rank,
  reduceScatter,
} from '../../distributed/index.ts';

test('nothing is asked of a process that belongs to no job', async () => {
  expect(() => rank()).toThrow('rank: the process belongs to no job; call await init() first');
  expect(() => rank()).toThrow(DistributedError);
  await expect(allReduce(zeros([2]))).rejects.toThrow('allReduce: the process belongs to no job');
  await finalize();
});

test.each([0, -1, NaN, 1e6])('a timeout of %d s is refused', (timeout) => {
  expect(() => init({ timeout })).toThrow(`init: timeout is ${timeout}; give seconds above 0`);
});

describe('a share of the data', () => {
  const shares = (samples: number, size: number, options: object = {}): number[][] =>
    Array.from({ length: size }, (_, rank) =>
      Array.from(new DistributedSampler({ size: samples }, { rank, size, ...options }).order(0)),
    );

  test('in turn, the first once more at the end', () =>
    expect(shares(7, 3, { shuffle: false })).toEqual([
      [0, 3, 6],
      [1, 4, 0],
      [2, 5, 1],
    ]));

  test('without the last, if it is told to', () =>
    expect(shares(7, 3, { shuffle: false, dropLast: true })).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]));

  test('of fewer samples than ranks', () =>
    expect(shares(2, 5, { shuffle: false })).toEqual([[0], [1], [0], [1], [0]]));

  test('of an order that is one for all ranks, new in each epoch and for each seed', () => {
    const all = shares(24, 4).flat();
    expect(all.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, i) => i));
    const order = (epoch: number, seed = 0): number[] => [
      ...new DistributedSampler({ size: 24 }, { rank: 0, size: 1, seed }).order(epoch),
    ];
    expect(order(0)).toEqual(order(0));
    const others = [order(1), order(0, 1), Array.from({ length: 24 }, (_, i) => i)];
    for (const other of others) expect(order(0)).not.toEqual(other);
    expect(shares(24, 4)[2]).toEqual([2, 6, 10, 14, 18, 22].map((place) => order(0)[place]));
  });

  test('of places that tell a transform which sample of the epoch it has', () => {
    const sampler = new DistributedSampler({ size: 24 }, { rank: 1, size: 4 });
    expect([0, 1, 5].map((i) => sampler.place(i))).toEqual([1, 5, 21]);
  });

  test.each([
    [{ rank: 3, size: 3 }, 'rank is 3; there are the ranks 0..2'],
    [{ rank: -1, size: 3 }, 'rank is -1; there are the ranks 0..2'],
    [{ rank: 0, size: 0 }, 'size is 0; give a number of ranks'],
  ])('%j is refused', (options, reason) => expect(() => new DistributedSampler({ size: 4 }, options)).toThrow(reason));
});

describe('in a job of one rank', () => {
  beforeAll(() => init());

  test.each([
    {
      what: 'a mean of integers',
      run: () => allReduce(tensor([1], { dtype: 'int32' }), { op: 'mean' }),
      type: DtypeError,
    },
    { what: 'a sum of bools', run: () => allReduce(tensor([true])), type: DtypeError },
    { what: 'a sum of bytes', run: () => reduceScatter(zeros([1, 2], { dtype: 'uint8' })), type: DtypeError },
    { what: 'an unknown reduction', run: () => allReduce(zeros([2]), { op: 'product' as 'sum' }), type: ArgumentError },
    { what: 'no such root', run: () => broadcast(zeros([2]), { root: 1 }), type: ArgumentError },
    { what: 'gaps', run: () => broadcast(zeros([2, 3]).transpose(0, 1)), type: ArgumentError },
    {
      what: 'a first axis that is not as long as there are ranks',
      run: () => reduceScatter(zeros([2])),
      type: ShapeError,
    },
  ])('$what is refused', ({ run, type }) => expect(run()).rejects.toThrow(type));

  const wrapped = (): Promise<DistributedDataParallel<nn.Linear>> =>
    DistributedDataParallel.wrap(scope(() => new nn.Linear(3, 2)));
  const backward = (model: Pick<nn.Linear, 'forward'>): void =>
    scope(() =>
      model
        .forward(ones([4, 3]))
        .sum()
        .backward(),
    );

  test('what comes between backward and synchronize() is refused', async () => {
    const model = await wrapped();
    const optimizer = new nn.optim.SGD(model.parameters(), { lr: 0.1 });
    const reason = /the gradients of the last backward are this rank's alone; await synchronize\(\)/;
    backward(model);
    expect(() => model.forward(ones([1, 3]))).toThrow(GradError);
    expect(() => backward(model.module)).toThrow(reason);
    optimizer.step();
    await expect(model.synchronize()).rejects.toThrow(reason);
  });

  test('noSync adds up, until a backward outside of it', async () => {
    const model = await wrapped();
    const optimizer = new nn.optim.SGD(model.parameters(), { lr: 0.1 });
    model.noSync(() => backward(model));
    expect(() => model.noSync(() => void thrown())).toThrow('no');
    backward(model);
    expect(() => backward(model)).toThrow(GradError);
    await model.synchronize();
    expect(await model.module.bias!.grad!.array()).toEqual([8, 8]);
    optimizer.step();
    backward(model);
    await model.synchronize();
  });

  test('unwrap() gives the model back, which is its own again', async () => {
    const model = await wrapped();
    const own = model.unwrap();
    backward(own);
    backward(own);
    expect(await own.bias!.grad!.array()).toEqual([8, 8]);
  });

  test.each([
    [{ bucketCapMb: 0 }, 'bucketCapMb is 0; give MiB above 0'],
    [{ compression: 'int8' as 'float16' }, "compression is 'int8'; only 'float16' is known"],
  ])('%j is refused', (options, reason) =>
    expect(DistributedDataParallel.wrap(new nn.Linear(1, 1), options)).rejects.toThrow(reason),
  );

  test('a model without anything to train is refused', () =>
    expect(DistributedDataParallel.wrap(new nn.Dropout())).rejects.toThrow('Dropout has no parameter that requires'));
});

function thrown(): never {
  throw new Error('no');
}
