import { describe, expect, test } from 'vitest';
import type { Op, Tensor } from '../../index.ts';
import { ArgumentError, defineOp, grad, GradError } from '../../index.ts';
import { total } from './ops.ts';
import { leaf, plain, values, within } from './support.ts';

/** x, without a gradient that flows back. */
const blocked: Op<['x']> = defineOp({
  name: 'blocked',
  inputs: ['x'],
  shape: ({ x }) => x,
  reference: ({ x }) => x,
  backward: () => ({ x: null }),
  samples: [{ x: [3] }],
});

describe('a hook of a leaf', () => {
  within('runs once, when all of the gradient has come, and before older ops go backward', () => {
    const [old, young] = [leaf([1, 2]), leaf([3, 4])];
    const seen: unknown[] = [];
    const note = (name: string) => (x: Tensor) => void seen.push(name, values(x.grad), values(old.grad));
    old.registerPostAccumulateGradHook(note('old'));
    young.registerPostAccumulateGradHook(note('young'));
    const twice = old.mul(old);
    total(twice.mul(young).mul(young)).backward(); // d/d young = 2 old² young, d/d old = 2 old young²
    expect(seen).toEqual(['young', [6, 32], null, 'old', [18, 64], [18, 64]]);
  });

  within('sees what was accumulated, may replace it, and is removed alone', () => {
    const x = leaf([2, 3]);
    const removeScale = x.registerPostAccumulateGradHook((own) => {
      own.grad = own.grad!.mul(10);
    });
    const seen: unknown[] = [];
    const removeNote = x.registerPostAccumulateGradHook(({ grad }) => void seen.push(values(grad)));
    total(x.mul(5)).backward();
    expect([seen, values(x.grad)]).toEqual([[[50, 50]], [50, 50]]);
    removeScale();
    removeScale(); // twice is allowed
    total(x.mul(x)).backward();
    expect(seen[1]).toEqual([54, 56]);
    removeNote();
    total(x.mul(x)).backward();
    expect(seen).toHaveLength(2);
  });

  within('of the output itself runs', () => {
    const x = leaf([[3]]);
    let runs = 0;
    x.registerPostAccumulateGradHook(() => void runs++);
    x.backward();
    expect([runs, values(x.grad)]).toEqual([1, [1]]);
  });

  within('runs when the last edge brings nothing: an op that gives no gradient', () => {
    const x = leaf([2]);
    const seen: unknown[] = [];
    x.registerPostAccumulateGradHook(({ grad }) => void seen.push(values(grad)));
    const older = blocked(x);
    total(older.add(x.mul(3))).backward();
    total(blocked(x)).backward();
    expect(seen).toEqual([[3]]);
  });

  within('does not run for grad(), nor for a walk that does not reach the leaf', () => {
    const [x, y] = [leaf([2]), leaf([5])];
    let runs = 0;
    x.registerPostAccumulateGradHook(() => void runs++);
    grad(total(x.mul(y)), [x, y]);
    total(y.mul(y)).backward();
    expect(runs).toBe(0);
  });

  within('that throws ends the walk, and nothing is lost', () => {
    const x = leaf([2]);
    const remove = x.registerPostAccumulateGradHook(() => {
      throw new Error('enough');
    });
    expect(() => total(x.mul(x)).backward()).toThrow('enough');
    expect(values(x.grad)).toEqual([4]);
    remove();
  });

  test('is refused where no gradient is collected', () => {
    using x = leaf([1]);
    using y = x.mul(2);
    using z = plain([1]);
    expect(() => y.registerPostAccumulateGradHook(() => undefined)).toThrow(GradError);
    expect(() => y.registerPostAccumulateGradHook(() => undefined)).toThrow(/is the result of an op; only leaves/);
    expect(() => z.registerPostAccumulateGradHook(() => undefined)).toThrow(/requires no gradient; only leaves/);
    expect(() => x.registerPostAccumulateGradHook(3 as never)).toThrow(ArgumentError);
  });
});
