import { test as property, fc } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import type { Layout } from '../../tensor/layout.ts';
import { DisposedError, ShapeError, memory, scope, tensor } from '../../index.ts';
import { gather, span } from '../../tensor/layout.ts';
import { contiguousStrides, sizeOf } from '../../tensor/shape.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { shapes } from '../../testing/shapes.ts';
import { allDevices as devices, hostDevices } from '../devices.ts';
import { layouts, positions } from './layouts.ts';

/** A tensor of the layout, over elements that hold their own position. */
function laid(layout: Layout, device: (typeof devices)[number]): Tensor {
  const { start, length } = span(layout);
  using base = tensor(
    Int32Array.from({ length: start + length + 2 }, (_, i) => i),
    { device },
  );
  base.storage.retain();
  return new Tensor(base.storage, 'int32', layout);
}

describe('a stretch of storage', () => {
  property.prop([layouts()])('reaches from the first element to the last', (layout) => {
    const at = positions(layout);
    const { start, length } = span(layout);
    expect(length).toBe(at.length === 0 ? 0 : Math.max(...at) - Math.min(...at) + 1);
    if (at.length > 0) expect(start).toBe(Math.min(...at));
  });

  property.prop([layouts()])('is gathered in row-major order', (layout) => {
    const { start, length } = span(layout);
    const stretch = Float32Array.from({ length }, (_, i) => start + i);
    expect([...gather(stretch, start, layout)]).toEqual(positions(layout));
  });
});

describe.each(devices)('reading on %s', (device) => {
  property.prop([layouts()])('data() gives the elements of any layout', async (layout) => {
    using x = laid(layout, device);
    expect([...(await x.data())]).toEqual(positions(layout));
    const now = x.dataNow();
    expect(now && [...now]).toEqual(hostDevices.includes(device) ? positions(layout) : undefined);
  });

  property.prop([layouts()])('array() nests them', async (layout) => {
    using x = laid(layout, device);
    const flat = positions(layout);
    const rows: unknown = await x.array();
    expect(layout.shape.length === 0 ? [rows] : (rows as unknown[]).flat(Infinity)).toEqual(flat);
  });

  const steps = fc.array(fc.record({ kind: fc.nat(5), a: fc.nat(5), b: fc.nat(5) }), { maxLength: 5 });
  property.prop([shapes({ minLength: 1 }), steps])('views of views read what they name', async (shape, walk) => {
    const strides = contiguousStrides(shape);
    const origin: Named = { shape, at: (index) => index.reduce((sum, i, axis) => sum + i * strides[axis]!, 0) };
    let named = origin;
    using view = scope(() => {
      let x = tensor(
        Int32Array.from({ length: sizeOf(shape) }, (_, i) => i),
        { shape, device },
      );
      for (const { kind, a, b } of walk) [x, named] = step(x, named, kind, a, b);
      return x;
    });
    expect(view.shape).toEqual(named.shape);
    const wanted = [...indices(named.shape)].map((index) => named.at(index));
    expect([...(await view.data())]).toEqual(wanted);
    using copy = view.contiguous();
    expect([...(await copy.data())]).toEqual(wanted);
    using flat = view.reshape([-1]);
    expect([...(await flat.data())]).toEqual(wanted);
  });

  test('rank 0, no elements, one element', async () => {
    using scalar = tensor(3, { device });
    expect(await scalar.array()).toBe(3);
    expect(await scalar.item()).toBe(3);
    using empty = tensor([[], []], { device });
    expect(await empty.array()).toEqual([[], []]);
    expect((await empty.data()).length).toBe(0);
    using one = tensor([[[7]]], { device });
    expect(await one.item()).toBe(7);
    using bool = tensor([true], { device });
    expect(await bool.item()).toBe(1);
  });

  test('item() of more or none is a ShapeError that says how many', async () => {
    using two = tensor([1, 2], { device });
    await expect(two.item()).rejects.toThrow(ShapeError);
    await expect(two.item()).rejects.toThrow('item: shape [2] has 2 elements; item() reads a tensor of one');
    using none = tensor([], { device });
    await expect(none.item()).rejects.toThrow('has 0 elements');
  });

  test('one element of a view of many', async () => {
    using x = tensor([[1, 2], [3, 4]], { device }); // prettier-ignore
    using y = x.slice({ axis: 0, start: 1 });
    using z = y.slice({ axis: 1, start: 1 });
    expect(await z.item()).toBe(4);
  });

  test('the copy is queued before the tensor goes', async () => {
    const read = (): Promise<number> => {
      using x = tensor(5, { device });
      return x.item();
    };
    expect(await read()).toBe(5);
    const x = tensor([1, 2, 3], { device });
    const view = x.flip();
    const data = view.data();
    view.dispose();
    x.dispose();
    using reuse = tensor([7, 8, 9], { device });
    expect(reuse.size).toBe(3);
    expect([...(await data)]).toEqual([3, 2, 1]);
  });

  test('what is read is the reader’s own', async () => {
    using x = tensor([1, 2], { device });
    (await x.data())[0] = 9;
    expect(await x.array()).toEqual([1, 2]);
  });

  test('a freed tensor says so, and never throws before it is awaited', async () => {
    const x = tensor([1, 2], { device });
    x.dispose();
    for (const name of ['data', 'array', 'format'] as const) {
      const reading = x[name]();
      await expect(reading).rejects.toThrow(DisposedError);
      await expect(reading).rejects.toThrow(`${name}: a ${x.dtype} tensor of shape [2] was used after it was freed;`);
    }
  });

  test('a view outlives its base, and the memory goes with the last handle', async () => {
    const before = memory()[device]!;
    const base = tensor([1, 2, 3, 4], { device });
    const view = base.slice({ axis: 0, start: 1, step: 2 });
    const { bytes } = memory()[device]!;
    base.dispose();
    expect(memory()[device]!.bytes).toBe(bytes);
    expect(await view.array()).toEqual([2, 4]);
    view.dispose();
    expect(memory()[device]!.bytes).toBe(before.bytes);
    expect(memory()[device]!.tensors).toBe(before.tensors);
  });
});

/** What a view names, in plain words: the element at each index. */
interface Named {
  shape: readonly number[];
  at: (index: readonly number[]) => number;
}

function* indices(shape: readonly number[]): Generator<number[]> {
  if (shape.length === 0) return void (yield []);
  for (let i = 0; i < shape[0]!; i++) for (const rest of indices(shape.slice(1))) yield [i, ...rest];
}

/** One view of x, picked by small numbers, and what it names. */
function step(x: Tensor, { shape, at }: Named, kind: number, a: number, b: number): [Tensor, Named] {
  if (shape.length === 0) return [x.unsqueeze(0), { shape: [1], at: () => at([]) }];
  const axis = a % shape.length;
  const n = shape[axis]!;
  switch (kind) {
    case 0: {
      const [start, by] = [b % n, 1 + (a % 2)];
      const named = {
        shape: shape.with(axis, Math.ceil((n - start) / by)),
        at: (index: readonly number[]) => at(index.with(axis, start + by * index[axis]!)),
      };
      return [x.slice({ axis, start, step: by }), named];
    }
    case 1:
      return [x.flip({ axis }), { shape, at: (index) => at(index.with(axis, n - 1 - index[axis]!)) }];
    case 2: {
      const other = b % shape.length;
      const swap = (list: readonly number[]): number[] => list.with(axis, list[other]!).with(other, list[axis]!);
      return [x.transpose(axis, other), { shape: swap(shape), at: (index) => at(swap(index)) }];
    }
    case 3:
      return [x.unsqueeze(axis), { shape: shape.toSpliced(axis, 0, 1), at: (index) => at(index.toSpliced(axis, 1)) }];
    case 4: {
      if (x.size > 64) return [x, { shape, at }];
      const stretched = shape.toSpliced(axis, 0, 1 + (b % 3));
      return [x.unsqueeze(axis).expand(stretched), { shape: stretched, at: (index) => at(index.toSpliced(axis, 1)) }];
    }
    default:
      return [
        x.select(axis, b % n),
        { shape: shape.toSpliced(axis, 1), at: (index) => at(index.toSpliced(axis, 0, b % n)) },
      ];
  }
}
