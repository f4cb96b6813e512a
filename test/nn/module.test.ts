import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { DisposedError, FormatError, GradError, memory, scope, tensor } from '../../index.ts';
import * as nn from '../../nn/index.ts';

const device = 'reference';

class Scale extends nn.Module {
  weight = new nn.Parameter(tensor([1, 2, 3], { device }));
  runningMean = new nn.Buffer([3], { device });
  forward(x: Tensor): Tensor {
    return x.mul(this.weight);
  }
}

class Net extends nn.Module {
  config = { kernelSize: 3, names: ['a', 'b'] };
  blocks = [new Scale(), new Scale()];
  heads: Record<string, Scale> = { topLeft: new Scale() };
  bias = new nn.Parameter([3], { device });
  hidden = new nn.Buffer([1], { device, persistent: false });
  parent: nn.Module | undefined;
  forward(x: Tensor): Tensor {
    return this.blocks.reduce((y, block) => block.forward(y), x).add(this.bias);
  }
}

const keys = [
  'bias',
  'blocks.0.weight',
  'blocks.0.running_mean',
  'blocks.1.weight',
  'blocks.1.running_mean',
  'heads.top_left.weight',
  'heads.top_left.running_mean',
];

describe('the walk', () => {
  test('finds fields, arrays and plain objects, in PyTorch order and snake_case', () => {
    const net = new Net();
    expect([...net.stateDict().keys()]).toEqual(keys);
    expect([...net.namedParameters().keys()]).toEqual(keys.filter((key) => !key.includes('running')));
    expect([...net.namedBuffers().keys()]).toEqual(['hidden', ...keys.filter((key) => key.includes('running'))]);
    expect([...net.namedModules().keys()]).toEqual(['', 'blocks.0', 'blocks.1', 'heads.top_left']);
  });

  test('lists a shared parameter once, and saves it twice', () => {
    const net = new Net();
    net.blocks[1]!.weight = net.blocks[0]!.weight;
    expect(net.parameters()).toHaveLength(3);
    expect([...net.stateDict().keys()]).toEqual(keys);
  });

  test('ends where a field leads back', () => {
    const net = new Net();
    (net.blocks[0] as unknown as { owner: nn.Module }).owner = net;
    net.parent = net;
    expect([...net.stateDict().keys()]).toEqual(keys);
  });

  test('refuses two fields with one key', () => {
    const net = new Net();
    Object.assign(net, { runningMean: new nn.Buffer([1]), running_mean: new nn.Buffer([1]) });
    expect(() => net.stateDict()).toThrow('stateDict: two fields of Net have the key running_mean; rename one');
  });
});

describe('loadStateDict', () => {
  test('writes into the same objects and raises their versions', async () => {
    const [a, b] = [new Net(), new Net()];
    const weight = b.blocks[0]!.weight;
    nn.init.constant(a.blocks[0]!.weight, 7);
    expect(b.loadStateDict(a.stateDict())).toEqual({ missing: [], unknown: [] });
    expect(b.blocks[0]!.weight).toBe(weight);
    expect(await weight.array()).toEqual([7, 7, 7]);
    expect(weight.storage.version).toBeGreaterThan(0);
  });

  test('makes backward through the old values an error', () => {
    const net = new Net();
    const x = tensor([1, 1, 1], { device, requiresGrad: true });
    const loss = net.forward(x).sum();
    net.loadStateDict(new Net().stateDict());
    expect(() => loss.backward()).toThrow(GradError);
  });

  test('tells what does not fit, and changes nothing', async () => {
    const net = new Net();
    const state: Map<string, unknown> = new Net().stateDict();
    nn.init.constant(state.get('bias') as Tensor, 9);
    state.delete('blocks.0.weight');
    state.delete('blocks.0.running_mean');
    state.set('fc.weight', tensor([1], { device }));
    state.set('blocks.1.weight', { dtype: 'float32', shape: [2, 2], data: new Float32Array(4) });
    expect(() => net.loadStateDict(state as nn.StateDict)).toThrow(
      'loadStateDict: 2 keys missing (blocks.0.weight, blocks.0.running_mean), 1 unknown (fc.weight), ' +
        '1 of another shape (blocks.1.weight: file [2, 2], model [3])',
    );
    expect(() => net.loadStateDict(state as nn.StateDict)).toThrow(FormatError);
    expect(await net.bias.array()).toEqual([0, 0, 0]);
    expect(() => net.loadStateDict(state as nn.StateDict, { strict: false })).toThrow(
      'loadStateDict: 1 of another shape (blocks.1.weight: file [2, 2], model [3])',
    );
    state.delete('blocks.1.weight');
    const report = net.loadStateDict(state as nn.StateDict, { strict: false });
    expect(report).toEqual({
      missing: ['blocks.0.weight', 'blocks.0.running_mean', 'blocks.1.weight'],
      unknown: ['fc.weight'],
    });
    expect(await net.bias.array()).toEqual([9, 9, 9]);
  });

  test('refuses reals for integers, freed tensors and data of another length', () => {
    const net = new (class extends nn.Module {
      count = new nn.Buffer(tensor(0, { dtype: 'int32', device }));
      forward(): void {}
    })();
    const freed = tensor(1, { dtype: 'int32', device });
    freed.dispose();
    expect(() => net.loadStateDict({ count: tensor(1, { device }) })).toThrow(
      '1 of another dtype (count: file float64, model int32)',
    );
    expect(() => net.loadStateDict({ count: freed })).toThrow(DisposedError);
    expect(() => net.loadStateDict({ count: { dtype: 'int32', shape: [], data: new Int32Array(2) } })).toThrow(
      'count has 2 elements and shape []',
    );
  });

  test('reads what was saved, with integers as I64', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vicinal-'));
    const path = join(folder, 'net.safetensors');
    const net = new Net();
    Object.assign(net, { numBatchesTracked: new nn.Buffer(tensor(5, { dtype: 'int32', device })) });
    await nn.saveSafetensors(path, nn.withPrefix('model', net.stateDict()), { epoch: '3' });
    const { tensors, metadata } = await nn.loadSafetensors(path);
    rmSync(folder, { recursive: true });
    expect(metadata).toEqual({ epoch: '3' });
    expect(tensors.get('model.num_batches_tracked')).toMatchObject({ dtype: 'int32', shape: [] });
    expect(net.loadStateDict(nn.withoutPrefix('model', tensors)).unknown).toEqual([]);
  });
});

describe('memory', () => {
  test('parameters live on when the scope that made them ends, and dispose frees them', () => {
    const before = memory()[device]!;
    const net = scope(() => new Net());
    expect(net.bias.disposed).toBe(false);
    net.dispose();
    net.dispose();
    expect(memory()[device]).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
  });

  test('a module that a scope returns keeps the plain tensors in its fields', () => {
    const net = scope(() =>
      Object.assign(new Net(), { plain: tensor([1], { device }), list: [tensor([2], { device })] }),
    );
    expect(net.plain.disposed || net.list[0]!.disposed).toBe(false);
  });

  test('zeroGrad frees gradients at once', () => {
    const net = new Net();
    scope(() =>
      net
        .forward(tensor([1, 1, 1], { device }))
        .sum()
        .backward(),
    );
    const grad = net.bias.grad!;
    net.zeroGrad();
    expect([grad.disposed, net.bias.grad]).toEqual([true, null]);
  });

  test('to moves values and gradients into the same objects', async () => {
    const net = new Net();
    scope(() =>
      net
        .forward(tensor([0, 0, 0], { device }))
        .add(0.5)
        .square()
        .sum()
        .backward(),
    );
    const { bias } = net;
    const before = memory();
    expect(net.to('cpu')).toBe(net);
    expect(net.bias).toBe(bias);
    expect([bias.device.name, bias.dtype, bias.grad!.device.name]).toEqual(['cpu', 'float32', 'cpu']);
    expect(await net.blocks[0]!.weight.array()).toEqual([1, 2, 3]);
    net.to(device);
    expect(await bias.grad!.array()).toEqual([1, 1, 1]);
    expect(memory()[device]).toMatchObject({ tensors: before[device]!.tensors, bytes: before[device]!.bytes });
    expect(memory().cpu!.bytes).toBe(before.cpu!.bytes);
  });
});

test('train, eval and freezing reach all modules', () => {
  const net = new Net();
  expect(
    net
      .eval()
      .modules()
      .map(({ training }) => training),
  ).toEqual([false, false, false, false]);
  expect(net.train().heads.topLeft!.training).toBe(true);
  net.heads.topLeft!.requireGrad(false);
  scope(() =>
    net
      .forward(tensor([1, 1, 1], { device }))
      .sum()
      .backward(),
  );
  expect(net.heads.topLeft!.weight.requiresGrad).toBe(false);
  expect(net.blocks[0]!.weight.grad).not.toBe(null);
  net.requireGrad(false);
  expect(net.blocks[0]!.weight.grad).toBe(null);
});

test('prints a tree with the number of parameters', () => {
  const net = new Net();
  net.heads.topLeft!.requireGrad(false);
  expect(String(net)).toMatchInlineSnapshot(`
    "Net
    ├─ bias: Parameter [3]          3
    ├─ hidden: Buffer [1]
    ├─ blocks.0: Scale              3
    │  ├─ weight: Parameter [3]     3
    │  └─ running_mean: Buffer [3]
    ├─ blocks.1: Scale              3
    │  ├─ weight: Parameter [3]     3
    │  └─ running_mean: Buffer [3]
    └─ heads.top_left: Scale        3
       ├─ weight: Parameter [3]     3
       └─ running_mean: Buffer [3]
    12 parameters, 9 trainable"
  `);
});

test('a state of the same rank and another size is refused', () => {
  using wide = new nn.Linear(3, 2);
  using tall = new nn.Linear(2, 3);
  expect(() => wide.loadStateDict(tall.stateDict())).toThrow(
    'loadStateDict: 2 of another shape (weight: file [3, 2], model [2, 3], bias: file [3], model [2])',
  );
});
