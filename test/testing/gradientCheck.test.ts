import { describe, expect, test } from 'vitest';
import {
  arange,
  defaultGenerator,
  defineOp,
  GradError,
  memory,
  ones,
  onesLike,
  randn,
  type Op,
  type Tensor,
} from '../../index.ts';
import * as nn from '../../nn/index.ts';
import { gradientCheck } from '../../testing/index.ts';
import { devices } from '../devices.ts';

/** x³ whose gradient lacks its 3. */
const wrongCube: Op<['x']> = defineOp({
  name: 'wrongCube',
  inputs: ['x'],
  shape: ({ x }) => x,
  reference: ({ x }) => ({ shape: x.shape, data: x.data.map((v) => v ** 3) }),
  kernels: {},
  saves: ['x'],
  backward: ({ grads: [g], inputs: { x } }) => ({ x: g.mul(x.square()) }),
  samples: [],
});

class Wrong extends nn.Module {
  fc = new nn.Linear(3, 3);
  scale = new nn.Parameter(ones([3]));
  forward(x: Tensor): Tensor {
    return this.fc.forward(x).tanh().mul(wrongCube(this.scale));
  }
}

/** A network with what keeps state and draws bits. */
const network = () =>
  new nn.Sequential(
    new nn.Conv2d(2, 4, 3, { padding: 1 }),
    new nn.BatchNorm2d(4),
    new nn.GELU(),
    new nn.Dropout(0.3),
    new nn.Flatten(),
    new nn.Linear(4 * 3 * 5, 2),
  );

describe.each(devices)('a module on %s', (device) => {
  test('passes with dropout and batch statistics, and stays as it was', async () => {
    using model = network().to(device);
    const read = async () =>
      Promise.all(
        model
          .parameters()
          .concat(model.buffers())
          .map(async (x) => [x.dtype, await x.array()]),
      );
    using x = randn([2, 2, 3, 5], { device });
    for (const parameter of model.parameters()) parameter.grad = onesLike(parameter);
    const [values, grads, drawn] = [await read(), model.parameters().map(({ grad }) => grad), defaultGenerator.state()];
    const { tensors, bytes } = memory()[device]!;
    await gradientCheck(model, [x]);
    expect(await read()).toEqual(values);
    expect(model.parameters().map(({ grad }) => grad)).toEqual(grads);
    expect(model.parameters().every((parameter) => parameter.device.name === device)).toBe(true);
    expect(defaultGenerator.state()).toEqual(drawn);
    expect(memory()[device]).toMatchObject({ tensors, bytes });
    using made = ones([1]);
    expect(made.device.name).toBe('cpu');
  });

  test('is told which of its gradients are wrong', async () => {
    using model = new Wrong().to(device);
    using x = randn([2, 3], { device });
    const checked = gradientCheck(model, [x]);
    await expect(checked).rejects.toThrow(GradError);
    await expect(checked).rejects.toThrow(/^gradientCheck: along direction 0 of seed 0 .*; wrong for scale$/);
    expect(await model.scale.array()).toEqual([1, 1, 1]);
    model.scale.requiresGrad = false;
    await gradientCheck(model, [x]);
  });
});

/** Makes tensors where it stands, and has integer inputs and no float ones but its parameters. */
class Positions extends nn.Module {
  table = new nn.Embedding(5, 4);
  forward(index: Tensor): Tensor {
    return this.table.forward(index).mul(arange(4));
  }
}

/** Gives another output each time. */
class Fickle extends nn.Module {
  scale = new nn.Parameter(ones([3]));
  calls = 0;
  forward(x: Tensor): Tensor {
    return x.mul(this.scale).mul(this.calls++);
  }
}

describe('a module', () => {
  test('may make tensors on the default device, and take integers', async () => {
    await gradientCheck(new Positions(), [arange(5, { dtype: 'int32' })]);
  });

  test('that draws or counts without a seed is refused', async () => {
    await expect(gradientCheck(new Fickle(), [ones([3])])).rejects.toThrow(
      'gradientCheck: the body gives another output for the same inputs',
    );
  });

  test('that gives more than a tensor needs `forward`', async () => {
    const layer = new nn.MultiheadAttention(4, 2);
    const x = randn([2, 3, 4]);
    const both = (q: Tensor) => layer.forward(q, q, q, { needWeights: true });
    await expect(gradientCheck(layer, [x], { forward: both as never })).rejects.toThrow(
      'gradientCheck: forward must return one tensor, got Object; pass { forward: (...inputs) => ... } that does',
    );
    await gradientCheck(layer, [x], { forward: (q) => both(q).weights });
  });

  test('and nothing else', async () => {
    const f = ((x: Tensor) => x.square()) as unknown as nn.Module;
    await expect(gradientCheck(f, [ones([2])])).rejects.toThrow("gradientCheck of 'vicinal' takes functions");
    const options = { tires: 3 } as object;
    await expect(gradientCheck(new nn.Linear(2, 2), [ones([2])], options)).rejects.toThrow("no option 'tires'");
  });
});
