import { beforeEach, describe, expect, test } from 'vitest';
import { DtypeError, GradError, ShapeError, memory, resetPeak, scope, tensor } from '../../index.ts';
import { allDevices as devices } from '../devices.ts';

describe.each(devices)('handles on %s', (device) => {
  let before = { tensors: 0, bytes: 0 };
  beforeEach(() => {
    tensor(0, { device }).dispose();
    const { tensors, bytes } = memory()[device]!;
    before = { tensors, bytes };
  });
  const settled = (): void => expect(memory()[device]).toMatchObject(before);

  test('shape, rank, size, strides, layout', () => {
    using x = tensor([[1, 2, 3], [4, 5, 6]], { device }); // prettier-ignore
    expect([x.rank, x.size, x.shape, x.strides, x.offset, x.isContiguous]).toEqual([2, 6, [2, 3], [3, 1], 0, true]);
    using y = x.transpose();
    expect([y.shape, y.strides, y.isContiguous]).toEqual([[3, 2], [1, 3], false]); // prettier-ignore
    expect(y.device).toBe(x.device);
  });

  test('memory() counts handles and bytes, and the peak', () => {
    resetPeak();
    const size = device === 'reference' ? 8 : 4;
    const x = tensor(new Float32Array(1000), { device });
    const y = tensor(new Float32Array(500), { device });
    const view = x.detach();
    const report = memory()[device]!;
    expect(report.tensors - before.tensors).toBe(3);
    expect(report.bytes - before.bytes).toBe(1500 * size);
    expect(report.peak - before.bytes).toBe(1500 * size);
    expect(report.reserved).toBeGreaterThanOrEqual(1500 * size);
    [x, y, view].forEach((one) => one.dispose());
    settled();
    expect(memory()[device]!.peak - before.bytes).toBe(1500 * size);
    resetPeak();
    expect(memory()[device]!.peak).toBe(before.bytes);
  });

  test('a tensor without elements lives and dies like others', async () => {
    const x = tensor([], { device, shape: [0, 3] });
    const y = x.add(1);
    expect(y.shape).toEqual([0, 3]);
    expect(await y.array()).toEqual([]);
    x.dispose();
    y.dispose();
    settled();
  });

  test('detach() and requireGrad() share the elements but not the identity', async () => {
    const x = tensor([1, 2], { device, requiresGrad: true });
    const cut = x.detach();
    const leaf = cut.requireGrad();
    expect([x.requiresGrad, cut.requiresGrad, leaf.requiresGrad]).toEqual([true, false, true]);
    expect([x.isLeaf, cut.isLeaf, leaf.isLeaf]).toEqual([true, true, true]);
    leaf.sum().backward();
    expect(x.grad).toBeNull();
    expect(await leaf.grad!.array()).toEqual([1, 1]);
    x.dispose();
    expect(await cut.array()).toEqual([1, 2]);
    cut.dispose();
    leaf.dispose();
  });

  test('integers and bools take no gradient', () => {
    scope(() => {
      expect(() => tensor([1], { device, dtype: 'int32' }).requireGrad()).toThrow(DtypeError);
      expect(() => tensor([true], { device }).requireGrad()).toThrow('requireGrad: only floating point tensors');
    });
    settled();
  });

  describe('grad', () => {
    test('is set and freed with its tensor, and refuses what is not like it', () => {
      const x = tensor([1, 2], { device, requiresGrad: true });
      const g = tensor([3, 4], { device });
      x.grad = g;
      expect(x.grad).toBe(g);
      scope(() => {
        expect(() => (x.grad = tensor([1], { device }))).toThrow(ShapeError);
        expect(() => (x.grad = tensor([1, 2], { device, dtype: 'int32' }))).toThrow(DtypeError);
        expect(() => (tensor([1], { device }).grad = null)).toThrow(GradError);
        const freed = tensor([1, 2], { device });
        freed.dispose();
        expect(() => (x.grad = freed)).toThrow('was used after it was freed');
      });
      expect(x.grad).toBe(g);
      expect(g.disposed).toBe(false);
      x.dispose();
      expect(g.disposed).toBe(true);
      settled();
    });

    test('one made in a scope stays; the one it replaces goes at the end of the scope', () => {
      const x = tensor([1, 2], { device, requiresGrad: true });
      scope(() => (x.grad = tensor([3, 4], { device })) && undefined);
      const first = x.grad!;
      expect(first.disposed).toBe(false);
      scope(() => {
        x.grad = x.grad!.add(1);
        expect(first.disposed).toBe(false);
      });
      expect(first.disposed).toBe(true);
      const second = x.grad!;
      x.grad = second; // itself: nothing happens
      scope(() => {
        x.grad = second;
      });
      expect(second.disposed).toBe(false);
      scope(() => {
        x.grad = null;
      });
      expect(second.disposed).toBe(true);
      x.dispose();
      settled();
    });

    test('of an alias is the same', () => {
      const x = tensor([1, 2], { device, requiresGrad: true });
      const alias = x.alias();
      alias.sum().backward();
      expect(x.grad).toBe(alias.grad);
      x.dispose();
      expect(alias.grad!.disposed).toBe(false);
      const { grad } = alias;
      alias.dispose();
      expect(grad!.disposed).toBe(true);
    });
  });

  test('become() moves a kept handle to other elements; views keep the old ones', async () => {
    const x = tensor([1, 2], { device, requiresGrad: true }).keep();
    const view = x.detach();
    using source = tensor([3, 4], { device });
    const reading = x.array();
    x.become(source);
    expect(await reading).toEqual([1, 2]);
    expect(await x.array()).toEqual([3, 4]);
    expect(await view.array()).toEqual([1, 2]);
    expect(x.requiresGrad).toBe(true);
    x.dispose();
    view.dispose();
    expect(await source.array()).toEqual([3, 4]);
  });
});
