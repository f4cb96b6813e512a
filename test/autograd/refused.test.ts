import { describe, expect } from 'vitest';
import type { Op } from '../../autograd/types.ts';
import { GradError, grad, noGrad, scope } from '../../index.ts';
import { defineOp } from '../../autograd/op.ts';
import { failing, increase, total } from './ops.ts';
import { leaf, plain, settling, values, within } from './support.ts';

describe('backward is refused when', () => {
  within('nothing requires a gradient', () => {
    const y = total(plain([1]).mul(2));
    expect(() => y.backward()).toThrow(GradError);
    expect(() => y.backward()).toThrow(
      'backward: the float64 tensor of shape [] does not depend on a tensor that requires a gradient',
    );
    expect(() => total(leaf([1]).detach()).backward()).toThrow(GradError);
  });

  within('the tape was walked before', () => {
    const x = leaf([1]);
    const y = x.mul(2);
    const [a, b] = [total(y), total(y.mul(3))];
    a.backward();
    expect(() => a.backward()).toThrow('backward: the tape through total was already walked backward and freed');
    expect(() => b.backward()).toThrow('the tape through mul was already walked');
    expect(values(x.grad)).toEqual([2]);
    total(x.mul(4)).backward(); // leaves can go on
    expect(values(x.grad)).toEqual([6]);
  });

  within('a saved tensor was changed in place: both ops are named, and the versions are in the fields', () => {
    const x = leaf([1, 2]);
    const w = plain([3, 4]);
    const y = total(x.mul(w));
    increase(w);
    let error: unknown;
    try {
      y.backward();
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(GradError);
    expect((error as GradError).message).toBe(
      'mul: a tensor that its backward needs was changed in place by increase since forward; go backward before changing it',
    );
    expect((error as GradError).fields).toMatchObject({ writer: 'increase', saved: 0, found: 1 });
    expect(x.grad).toBeNull();
  });

  within('changed through a view, or through its base', () => {
    const x = leaf([1, 2]);
    const base = plain([3, 4, 5]);
    const view = base.slice({ axis: 0, start: 1 });
    const first = total(x.mul(view));
    increase(base);
    expect(() => first.backward()).toThrow('changed in place by increase');
    const second = total(x.mul(base.slice({ axis: 0, end: 2 })));
    increase(view);
    expect(() => second.backward()).toThrow('changed in place by increase');
  });

  within('changed before forward, or not needed by backward: nothing to refuse', () => {
    const x = leaf([1, 2]);
    const w = plain([3, 4]);
    increase(w);
    const y = total(x.mul(w).add(w));
    y.backward();
    expect(values(x.grad)).toEqual([4, 5]);
    const z = total(x.add(w));
    increase(w);
    z.backward();
    expect(values(x.grad)).toEqual([5, 6]);
  });

  within('a parameter is changed between forward and backward', () => {
    const w = leaf([1, 2]);
    const loss = total(w.mul(w));
    noGrad(() => increase(w));
    expect(() => loss.backward()).toThrow('mul: a tensor that its backward needs was changed in place by increase');
  });

  settling('a backward that fails leaves nothing behind', () => {
    const x = leaf([1, 2]);
    const outputs = scope(() => [...failing(x.mul(2)), total(x)]);
    const loss = total(outputs[0]!);
    const other = grad.bind(null, loss, [x]);
    expect(() => loss.backward()).toThrow('the backward failed');
    expect(() => other()).toThrow();
    expect(x.grad).toBeNull();
    [x, loss, ...outputs].forEach((one) => one.dispose());
  });

  within('a gradient of the wrong shape names the op, for leaves too', () => {
    const x = leaf([1, 2]);
    const wrong: Op<['tensors[]']> = defineOp({
      name: 'wrong',
      inputs: ['tensors[]'],
      shape: ({ tensors }) => tensors[0]!,
      reference: ({ tensors }) => tensors[0]!,
      backward: () => ({ tensors: [null, plain([1])] }),
      samples: [],
    });
    expect(() => total(wrong([x, x])).backward()).toThrow(
      'wrong: its backward gave a gradient of shape [1] for an input of shape [2]',
    );
    expect(() => total(wrong([x.mul(1), x.mul(1)])).backward()).toThrow(GradError);
  });
});
