import { beforeEach, describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import {
  ArgumentError,
  autocast,
  crossEntropy,
  device,
  DtypeError,
  grad,
  linear,
  matmul,
  memory,
  na2d,
  noGrad,
  scope,
  tensor,
} from '../../index.ts';
import { assign } from '../../kernels/index.ts';
import { ReferenceRuntime } from '../../kernels/runtime/reference/runtime.ts';
import { floatsFromHalves, halvesFromFloats } from '../../tensor/io/half.ts';
import type { Runtime } from '../../tensor/runtime.ts';

/** The oracle's device as one that stores float32, and float16 with its rounding: what autocast asks for without a GPU. */
function halfDevice(): Runtime & { halves: number[] } {
  const runtime = new ReferenceRuntime();
  const halves: number[] = [];
  const [allocate, write] = [runtime.allocate.bind(runtime), runtime.write.bind(runtime)];
  return Object.assign(runtime, {
    dtypes: ['float32', 'float16', 'int32', 'bool'],
    floatDtype: 'float32',
    /** The lengths of all float16 buffers, in the order in which they were made. */
    halves,
    allocate(...[dtype, length]: Parameters<typeof allocate>) {
      if (dtype === 'float16') halves.push(length);
      return allocate(dtype, length);
    },
    write(...[handle, dtype, offset, data]: Parameters<typeof write>) {
      const stored = dtype === 'float16' ? floatsFromHalves(halvesFromFloats(data)) : data;
      write(handle, dtype, offset, stored);
    },
  });
}

let runtime = halfDevice();
beforeEach(() => {
  runtime = halfDevice();
});
const of = (data: unknown, requiresGrad = false): Tensor => tensor(data as number[], { device: runtime, requiresGrad });

describe('ops inside autocast', () => {
  test('run in the precision that they declare', () => {
    scope(() => {
      const [x, w] = [
        of([[1, 2]]),
        of([
          [3, 4],
          [5, 6],
        ]),
      ];
      const [product, mapped, soft, sum, power, kept] = autocast('float16', () => {
        const product = matmul(x, w);
        return [product, linear(x, w), product.softmax(), product.sum(), product.pow(2), product.relu()];
      });
      expect([product, mapped, kept].map((y) => y.dtype)).toEqual(['float16', 'float16', 'float16']);
      expect([soft, sum, power].map((y) => y.dtype)).toEqual(['float32', 'float32', 'float32']);
      expect(autocast('float16', () => product.add(x).dtype)).toBe('float32');
      expect(autocast('float16', () => x.mul(2).dtype)).toBe('float32');
      expect(matmul(x, w).dtype).toBe('float32');
    });
  });

  test('losses of float16 logits are float32, attention is float16 with a float32 logsumexp', () => {
    scope(() => {
      autocast('float16', () => {
        const logits = matmul(
          of([[1, 2]]),
          of([
            [3, 4],
            [5, 6],
          ]),
        );
        expect(crossEntropy(logits, tensor(Int32Array.of(1), { device: runtime })).dtype).toBe('float32');
        const q = tensor(new Float32Array(18), { shape: [1, 3, 3, 1, 2], device: runtime });
        const { output, logsumexp } = na2d(q, q, q, { kernelSize: 3, returnLogsumexp: true });
        expect([output.dtype, logsumexp.dtype]).toEqual(['float16', 'float32']);
      });
    });
  });
});

describe('gradients', () => {
  test('come back in the dtype of what they belong to, whether backward runs inside or after', async () => {
    const found: unknown[] = [];
    for (const inside of [true, false]) {
      using w = of(
        [
          [0.1, 0.2],
          [0.3, 0.7],
        ],
        true,
      );
      const loss = (): Tensor =>
        matmul(of([[1, 2]]), w)
          .relu()
          .matmul(w)
          .square()
          .sum();
      scope(() => {
        if (inside) autocast('float16', () => loss().backward());
        else autocast('float16', loss).backward();
      });
      expect(w.grad!.dtype).toBe('float32');
      found.push(await w.grad!.array());
    }
    expect(found[0]).toEqual(found[1]);
    using w = of(
      [
        [0.1, 0.2],
        [0.3, 0.7],
      ],
      true,
    );
    const [exact] = scope(() =>
      grad(
        matmul(of([[1, 2]]), w)
          .relu()
          .matmul(w)
          .square()
          .sum(),
        [w],
      ),
    );
    const [got, want] = [(found[0] as number[][]).flat(), await exact!.data()];
    got.forEach((value, i) => expect(Math.abs(value / want[i]! - 1)).toBeLessThan(3e-3));
  });

  test('of float16 are float16, also beside float32', () => {
    scope(() => {
      const x = of([[1, 2, 4]], true);
      const half = x.cast('float16');
      const [dx] = grad(half.mul(of([[1, 1, 2]])).sum(), [half]);
      expect(dx!.dtype).toBe('float16');
    });
  });
});

describe('parameters', () => {
  const casts = (): number => runtime.halves.filter((length) => length === 6).length;

  test('are cast once in a body, and the casts are freed at its end', () => {
    using w = of(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      true,
    );
    const before = runtime.reserved();
    autocast('float16', () => {
      for (let i = 0; i < 3; i++) scope(() => void linear(of([[1, 2, 3]]), w));
      expect(casts()).toBe(1);
    });
    expect(runtime.reserved()).toBe(before);
    scope(() => void autocast('float16', () => linear(of([[1, 2, 3]]), w)));
    expect(casts()).toBe(2);
  });

  test('are cast again when an optimizer has changed them', async () => {
    using w = of(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      true,
    );
    const x = of([[1, 0, 0]]);
    const values = autocast('float16', () => {
      const before = linear(x, w);
      assign(w.detach(), w.detach().mul(2));
      return [before, linear(x, w)];
    });
    expect(await Promise.all(values.map(async (y) => y.array()))).toEqual([[[1, 4]], [[2, 8]]]);
  });

  test('that were cast under noGrad get their gradients all the same', () => {
    using w = of(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      true,
    );
    scope(() =>
      autocast('float16', () => {
        const x = of([[1, 2, 3]]);
        noGrad(() => linear(x, w));
        linear(x, w).sum().backward();
      }),
    );
    expect(w.grad).not.toBeNull();
    expect(casts()).toBeGreaterThan(1);
  });
});

describe('the body', () => {
  const half = (): string => scope(() => matmul(of([[1]]), of([[1]])).dtype);

  test('may be nested; what it throws ends it', () => {
    autocast('float16', () => {
      expect(autocast('float16', half)).toBe('float16');
      expect(() =>
        autocast('float16', () => {
          throw new RangeError('mine');
        }),
      ).toThrow(RangeError);
      expect(half()).toBe('float16');
    });
    expect(half()).toBe('float32');
    expect(() =>
      autocast('float16', () => {
        throw new RangeError('mine');
      }),
    ).toThrow(RangeError);
    expect(half()).toBe('float32');
  });

  test('must be synchronous, and the dtype float16', () => {
    expect(() => autocast('float16', async () => half())).toThrow('autocast: the body is async');
    expect(half()).toBe('float32');
    expect(() => autocast('bfloat16' as 'float16', half)).toThrow("dtype must be 'float16', got bfloat16");
    expect(() => autocast('bfloat16' as 'float16', half)).toThrow(ArgumentError);
  });
});

describe('devices', () => {
  test('cpu has no float16, and says so', () => {
    const call = (): Tensor => autocast('float16', () => matmul(tensor([[1]]), tensor([[2]])));
    expect(call).toThrow(DtypeError);
    expect(call).toThrow("matmul: autocast runs it in float16, which 'cpu' does not store (it has float32,");
    expect(autocast('float16', () => scope(() => tensor([1]).add(1).softmax().dtype))).toBe('float32');
  });

  test('the reference device computes as without it', async () => {
    const x = tensor([[0.1, 0.2]], { device: 'reference' });
    const product = autocast('float16', () => matmul(x, x.transpose()));
    expect(product.dtype).toBe('float64');
    expect(await product.array()).toEqual(await matmul(x, x.transpose()).array());
  });

  test('webgpu: float16 where the adapter has it, else the reason', async () => {
    const gpu = (await device('webgpu')) as Runtime;
    const x = tensor([[0.5, 0.25]], { device: gpu, requiresGrad: true });
    const run = (): Tensor => autocast('float16', () => matmul(x, x.transpose()));
    if (!gpu.dtypes.includes('float16')) {
      expect(run).toThrow(
        "the adapter has no shader-f16, or hides it: NVIDIA's gives it to device('webgpu', { unsafe: true })",
      );
      return;
    }
    const product = run();
    expect(product.dtype).toBe('float16');
    expect(await product.item()).toBe(0.3125);
    const mixed = x.add(product);
    expect([mixed.dtype, await mixed.array()]).toEqual(['float32', [[0.8125, 0.5625]]]);
    scope(() => product.sum().backward());
    expect([x.grad!.dtype, await x.grad!.array()]).toEqual(['float32', [[1, 0.5]]]);
    expect(memory()['webgpu']!.bytes).toBeGreaterThan(0);
  });
});
