import { test as property, fc } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import {
  ArgumentError,
  DisposedError,
  GradError,
  ShapeError,
  noGrad,
  scope,
  tensor,
  type Tensor,
} from '../../index.ts';
import { Generator } from '../../tensor/philox.ts';
import { affine, exponential, parts, power, total, weighted } from './ops.ts';
import { device, leaf, live, plain, settling, values, within } from './support.ts';

describe('backward', () => {
  within('of a product', () => {
    const [x, y] = [leaf([2, 3]), leaf([5, 7])];
    total(x.mul(y)).backward();
    expect([values(x.grad), values(y.grad)]).toEqual([[5, 7], [2, 3]]); // prettier-ignore
  });

  within('the same tensor twice, and thrice', () => {
    const x = leaf([2, 3]);
    total(x.mul(x).mul(x)).backward();
    expect(values(x.grad)).toEqual([12, 27]);
  });

  within('a diamond: both ways add up, and the top is walked once', () => {
    const x = leaf([2]);
    const top = power(x, { exponent: 2 });
    const left = top.mul(3);
    const right = power(top, { exponent: 2 });
    total(left.add(right).add(left)).backward(); // 6x² + x⁴
    expect(values(x.grad)).toEqual([24 + 32]);
  });

  within('a lattice: 2⁴⁰ paths take 40 steps', () => {
    const x = leaf([1]);
    let y = x;
    for (let i = 0; i < 40; i++) y = y.add(y);
    total(y).backward();
    expect(values(x.grad)).toEqual([2 ** 40]);
  });

  within('through views: slices, flips, transposes and repeats', () => {
    const x = leaf([[1, 2, 3], [4, 5, 6]]); // prettier-ignore
    const turned = x.transpose().flip({ axis: 0 }).slice({ axis: 0, end: 2 }); // [[3, 6], [2, 5]]
    const repeated = turned.unsqueeze(0).expand([3, 2, 2]);
    total(repeated.mul(plain([[1, 2], [3, 4]]))).backward(); // prettier-ignore
    expect(values(x.grad)).toEqual([0, 9, 3, 0, 12, 6]);
    expect(x.grad!.shape).toEqual([2, 3]);
  });

  within('overlapping views of one tensor add up', () => {
    const x = leaf([1, 2, 3, 4]);
    const [a, b] = [x.slice({ axis: 0, end: 3 }), x.slice({ axis: 0, start: 1 })];
    total(a.mul(b)).backward();
    expect(values(x.grad)).toEqual([2, 1 + 3, 2 + 4, 3]);
  });

  within('broadcast operands get the sum', () => {
    const [x, y, c] = [leaf([[1], [2]]), leaf([10, 20, 30]), leaf(2)];
    total(x.mul(y).mul(c)).backward();
    expect([values(x.grad), values(y.grad), values(c.grad)]).toEqual([[120, 120], [6, 6, 6], [180]]); // prettier-ignore
    expect([x.grad!.shape, y.grad!.shape, c.grad!.shape]).toEqual([[2, 1], [3], []]); // prettier-ignore
  });

  within('of a leaf is 1', () => {
    const x = leaf([[3]]);
    x.backward();
    expect(values(x.grad)).toEqual([1]);
  });

  within('several outputs: one used, the other, both, none saved', () => {
    const cases: [(p: readonly Tensor[]) => Tensor, number[]][] = [
      [([square]) => total(square!), [4, 6]],
      [([, triple]) => total(triple!), [3, 3]],
      [([square, triple]) => total(square!.mul(triple!)), [36, 81]], // 3x³
    ];
    for (const [pick, wanted] of cases) {
      const x = leaf([2, 3]);
      pick(parts(x)).backward();
      expect(values(x.grad)).toEqual(wanted);
    }
  });

  within('the output that takes no gradient says so', () => {
    const [, , count] = parts(leaf([2, 3]));
    expect(count.requiresGrad).toBe(false);
    expect(() => count.backward()).toThrow(GradError);
  });

  within('a list of outputs: one used, all used, one twice', () => {
    const x = leaf([[1, 2], [3, 4], [5, 6]]); // prettier-ignore
    total(x.unbind()[1]!.mul(2)).backward();
    expect(values(x.grad)).toEqual([0, 0, 2, 2, 0, 0]);
    const [a, b] = x.transpose().unbind();
    total(a!.mul(a!).add(b!)).backward();
    expect(values(x.grad)).toEqual([2, 1, 8, 3, 10, 1]);
    const y = leaf([[1, 2], [3, 4]]); // prettier-ignore
    total(y.unbind()[0]!.mul(Infinity)).backward(); // the unused part's gradient is 0, not 0 · ∞
    expect(values(y.grad)).toEqual([Infinity, Infinity, 0, 0]);
  });

  within('optional inputs, given or not; only what is wanted is computed', () => {
    const [x, w, b] = [leaf([2, 3]), leaf([5, 7]), leaf([1, 1])];
    total(affine(x, w)).backward();
    expect([values(x.grad), values(w.grad), values(b.grad)]).toEqual([[5, 7], [2, 3], null]); // prettier-ignore
    total(affine(plain([2, 3]), w, b)).backward();
    expect([values(w.grad), values(b.grad)]).toEqual([[4, 6], [1, 1]]); // prettier-ignore
  });

  within('many inputs: gradients by place, null for none, constants among them', () => {
    const [a, b, c] = [leaf([1, 1]), plain([1, 1]), leaf([1, 1])];
    total(weighted([a, b, c, c])).backward();
    expect([values(a.grad), values(c.grad)]).toEqual([null, [5, 5]]);
  });

  within('a branch that leads nowhere costs nothing and leaves nothing', () => {
    const x = leaf([2]);
    const y = x.mul(3);
    exponential(y).mul(100);
    total(y).backward();
    expect(values(x.grad)).toEqual([3]);
  });

  within('two walks accumulate', () => {
    const x = leaf([2]);
    total(x.mul(3)).backward();
    const first = x.grad!;
    total(x.mul(5)).backward();
    expect(values(x.grad)).toEqual([8]);
    expect(first.disposed).toBe(true);
    x.grad = null;
    total(x.mul(5)).backward();
    expect(values(x.grad)).toEqual([5]);
  });

  within('the tape keeps what it needs when every handle between is gone', () => {
    const x = leaf([2]);
    const loss = scope(() => total(exponential(power(x, { exponent: 2 }).mul(0.5))));
    x.mul(1).dispose();
    loss.backward();
    expect(values(x.grad)![0]).toBeCloseTo(2 * Math.exp(2), 12);
    expect(loss.disposed).toBe(false);
    expect(values(loss)).toEqual([Math.exp(2)]);
  });

  within('a leaf that was freed before takes its gradient with it', () => {
    const [x, y] = [leaf([2]), leaf([3])];
    const loss = total(x.mul(y));
    x.dispose();
    loss.backward();
    expect(x.grad).toBeNull();
    expect(values(y.grad)).toEqual([2]);
  });

  within('gradOutput seeds what is not a scalar, and must be like it', () => {
    const x = leaf([2, 3]);
    const y = x.mul(2);
    expect(() => y.backward()).toThrow(ShapeError);
    expect(() => y.backward()).toThrow('backward: output has shape [2]; reduce it to a scalar or pass gradOutput');
    for (const wrong of [plain([1]), tensor([1, 1], { device, dtype: 'int32' }), tensor([1, 1], { device: 'cpu' })])
      expect(() => y.backward(wrong)).toThrow(ArgumentError);
    const gone = plain([1, 1]);
    gone.dispose();
    expect(() => y.backward(gone)).toThrow(DisposedError);
    y.backward(plain([10, 100]));
    expect(values(x.grad)).toEqual([20, 200]);
  });

  within('a gradient never depends on what gradOutput was made of', () => {
    const [x, v] = [leaf([2]), leaf([3])];
    x.add(1).backward(v);
    expect(x.grad!.requiresGrad).toBe(false);
    expect(values(x.grad)).toEqual([3]);
  });

  within('50,000 ops deep: recorded, walked and freed without recursion', () => {
    const x = leaf([1]);
    let y = x;
    for (let i = 0; i < 50_000; i++) {
      const next = y.add(1);
      if (y !== x) y.dispose();
      y = next;
    }
    y.backward();
    expect(values(x.grad)).toEqual([1]);
  });

  settling('50,000 ops deep, never walked: freed with the last handle', () => {
    const before = live();
    const x = leaf([1]);
    let y = x;
    for (let i = 0; i < 50_000; i++) {
      const next = y.mul(y);
      if (y !== x) y.dispose();
      y = next;
    }
    expect(live().bytes - before.bytes).toBeGreaterThan(8 * 50_000);
    x.dispose();
    y.dispose();
  });
});

describe('noGrad', () => {
  within('refuses an async body, whose later ops would be recorded', () => {
    expect(() => noGrad(async () => Promise.resolve(1))).toThrow('noGrad: the body is async; do the awaiting outside');
  });

  within('records nothing, also in what is thrown or nested', () => {
    const x = leaf([2]);
    expect(noGrad(() => x.mul(x)).requiresGrad).toBe(false);
    expect(() =>
      noGrad(() => {
        throw new Error('no');
      }),
    ).toThrow('no');
    noGrad(() => noGrad(() => undefined));
    expect(x.mul(x).requiresGrad).toBe(true);
  });

  within('a leaf made inside collects afterwards', () => {
    const x = noGrad(() => leaf([2]));
    total(x.mul(x)).backward();
    expect(values(x.grad)).toEqual([4]);
  });

  within('backward works inside', () => {
    const x = leaf([2]);
    const loss = total(x.mul(x));
    noGrad(() => loss.backward());
    expect(values(x.grad)).toEqual([4]);
    expect(x.grad!.requiresGrad).toBe(false);
  });
});

describe('integers', () => {
  settling('a cast to integers ends the tape and holds nothing of it', () => {
    const x = leaf([1.5, 2.5]);
    const y = scope(() => x.mul(2).cast('int32'));
    expect(y.requiresGrad).toBe(false);
    [x, y].forEach((one) => one.dispose());
  });
});

describe('graphs that nobody walks', () => {
  const shape = fc.array(fc.record({ kind: fc.nat(6), a: fc.nat(50), b: fc.nat(50) }), { minLength: 1, maxLength: 30 });

  property.prop([shape, fc.nat(), fc.boolean()])(
    'random graphs: freed in any order, walked or not, nothing is left',
    (steps, seed, walks) => {
      const start = live();
      const generator = new Generator(seed);
      const leaves = [0, 1].map(() => tensor(generator.normal(3, 'float64'), { device, requiresGrad: true }));
      const made: Tensor[] = [...leaves];
      const real = (): Tensor[] => made.filter(({ dtype }) => dtype === 'float64');
      for (const { kind, a, b } of steps)
        made.push(...grow(kind, real()[a % real().length]!, real()[b % real().length]!));
      if (walks) made.push(total(real().at(-1)!));
      if (walks) made.at(-1)!.backward();
      const order = made.map((x, i) => ({ x, key: (i * 7919 + seed) % 101 })).sort((p, q) => p.key - q.key);
      order.forEach(({ x }) => x.dispose());
      expect(live()).toEqual(start);
    },
  );

  function grow(kind: number, x: Tensor, y: Tensor): Tensor[] {
    switch (kind) {
      case 0:
        return [x.mul(y)];
      case 1:
        return [x.add(y)];
      case 2:
        return [power(x, { exponent: 2 })];
      case 3:
        return [scope(() => exponential(x.mul(0.1)))];
      case 4:
        return [...parts(x)];
      case 5:
        return [x.flip()];
      default:
        return [weighted([x, y, x])];
    }
  }
});
