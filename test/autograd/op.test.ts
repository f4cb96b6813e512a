import { beforeEach, describe, expect, test } from 'vitest';
import type { Op } from '../../autograd/types.ts';
import {
  ArgumentError,
  DeviceError,
  DisposedError,
  DtypeError,
  add,
  concat,
  scope,
  slice,
  tensor,
  type Tensor,
} from '../../index.ts';
import { defineOp } from '../../autograd/op.ts';
import { acceptsStrides, parseInput } from '../../autograd/types.ts';
import { ReferenceRuntime } from '../../kernels/runtime/reference/runtime.ts';
import { affine, failing, increase, parts, power, weighted } from './ops.ts';
import { device, leaf, live, plain } from './support.ts';

let before = live();
beforeEach(() => {
  before = live();
});
const settled = (): void => expect(live()).toEqual(before);

/** For calls that do not type-check. */
const loose = (op: unknown): ((...args: unknown[]) => unknown) => op as (...args: unknown[]) => unknown;

describe('arguments', () => {
  const bad: [string, unknown, () => unknown[], new (...args: never[]) => Error, string][] = [
    ['nothing at all', add, () => [], ArgumentError, 'add: needs at least one tensor among x:operand, y:operand'],
    ['numbers only', add, () => [1, 2], ArgumentError, 'add: needs at least one tensor'],
    ['a missing operand', add, () => [plain([1])], ArgumentError, 'add: y must be a tensor or a number, got undefined'],
    ['text', add, () => [plain([1]), '2'], ArgumentError, 'add: y must be a tensor or a number, got string'],
    ['null for an input', affine, () => [plain([1]), null], ArgumentError, 'affine: weight must be a tensor, got null'],
    ['a number where a tensor is due', affine, () => [plain([1]), 2], ArgumentError, 'weight must be a tensor, got number'],
    ['an array for one', affine, () => [[plain([1])], plain([1])], ArgumentError, 'affine: x must be a tensor, got object'],
    ['one for an array', concat, () => [plain([1])], ArgumentError, 'concat: tensors must be an array of tensors, got object'],
    ['a number in an array', weighted, () => [[plain([1]), 2]], ArgumentError, 'weighted: tensors must be an array of tensors'],
    ['an unknown option', power, () => [plain([1]), { exponent: 2, size: 3 }], ArgumentError, "power: has no option 'size'; use exponent, scale"],
    ['an option where there is none', add, () => [plain([1]), 1, { axis: 0 }], ArgumentError, "add: has no option 'axis'; it takes none"],
    ['a missing option', power, () => [plain([1]), { scale: 2 }], ArgumentError, "power: needs the option 'exponent'"],
    ['no options at all', power, () => [plain([1])], ArgumentError, "power: needs the option 'exponent'"],
    ['an option that is undefined', power, () => [plain([1]), { exponent: undefined }], ArgumentError, "needs the option 'exponent'"],
    ['a number for options', power, () => [plain([1]), 2], ArgumentError, 'power: takes x, options; got Tensor(float64 [1] on reference), 2'],
    ['a tensor for options', power, () => [plain([1]), plain([2])], ArgumentError, 'power: takes x, options; got'],
    ['one argument too many', power, () => [plain([1]), { exponent: 2 }, 3], ArgumentError, 'power: takes x, options; got'],
    ['reals where integers are due', affine, () => [plain([1]), plain([1]), undefined, plain([0])], DtypeError, "affine: index must be int32 or uint8, got float64; use index.cast('int32')"],
    ['a freed input', add, () => [plain([1]), freed()], DisposedError, 'add: a float64 tensor of shape [1] was used after it was freed'],
    ['a freed input in an array', weighted, () => [[plain([1]), freed()]], DisposedError, 'weighted: a float64 tensor'],
    ['another device', add, () => [plain([1]), elsewhere()], DeviceError, "add: tensors live on 'reference' and 'reference'"],
    ['another device in an array', weighted, () => [[plain([1]), elsewhere()]], DeviceError, 'weighted: tensors live on'],
  ]; // prettier-ignore

  test.each(bad)('%s', (_title, op, args, kind, message) => {
    scope(() => {
      const given = args();
      const call = (): unknown => loose(op)(...given);
      expect(call).toThrow(kind);
      expect(call).toThrow(message);
    });
    settled();
  });

  function freed(): Tensor {
    const x = plain([1]);
    x.dispose();
    return x;
  }

  function elsewhere(): Tensor {
    return tensor([1], { device: new ReferenceRuntime() });
  }

  test('reference and cpu do not mix, and the error says how they would', () => {
    scope(() => {
      const call = (): Tensor => plain([1]).add(tensor([1], { device: 'cpu' }));
      expect(call).toThrow(DeviceError);
      expect(call).toThrow("add: tensors live on 'reference' and 'cpu'; move one with .to('reference')");
    });
  });

  test('an optional input is left out, undefined or null', async () => {
    using x = plain([1, 2]);
    using w = plain([3, 4]);
    using bias = plain([10, 20]);
    for (const rest of [[], [undefined], [undefined, undefined, {}], [null]]) {
      using y = loose(affine)(x, w, ...rest) as Tensor;
      expect(await y.array()).toEqual([3, 8]);
    }
    using y = affine(x, w, bias);
    expect(await y.array()).toEqual([13, 28]);
  });

  test('options that are undefined or null are the defaults', async () => {
    using x = plain([2]);
    for (const options of [undefined, null, {}, { value: undefined }]) loose(increase)(x, options);
    expect(await x.array()).toEqual([6]);
  });

  test('a bare value is not taken for options, 0 least of all', () => {
    using x = plain([2]);
    for (const value of [0, NaN, '', false, 1, []]) {
      expect(() => loose(increase)(x, value)).toThrow('increase: takes x, options; got Tensor');
    }
  });

  test('an option takes the kind of its default', () => {
    using x = plain([2]);
    for (const value of [null, '3', true, {}]) {
      expect(() => loose(increase)(x, { value })).toThrow('increase: value must be a number, got');
    }
  });

  test('the caller’s options are not kept: changing them later changes nothing', async () => {
    using x = leaf([2]);
    const options = { exponent: 2 };
    using y = power(x, options);
    options.exponent = 5;
    y.backward(plain([1]));
    expect(await x.grad!.array()).toEqual([4]);
  });

  test('integers become reals for an op on reals; casts and numbers are freed with the call', async () => {
    const x = tensor([1, 2], { device, dtype: 'int32' });
    const y = power(x, { exponent: 2 });
    expect(y.dtype).toBe('float64');
    expect(await y.array()).toEqual([1, 4]);
    const z = add(x, 1);
    expect(await z.array()).toEqual([2, 3]);
    expect(live().tensors - before.tensors).toBe(3);
    [x, y, z].forEach((one) => one.dispose());
    settled();
  });

  test('a cast input passes its gradient on', async () => {
    using x = leaf([1, 2]);
    using index = tensor([5, 6], { device, dtype: 'int32' });
    using y = x.mul(index);
    y.backward(plain([1, 1]));
    expect(await x.grad!.array()).toEqual([5, 6]);
  });
});

describe('declarations', () => {
  test.each<[string, object]>([
    ['x', { name: 'x', class: 'float', optional: false, many: false, differentiable: true }],
    ['bias?', { name: 'bias', class: 'float', optional: true, many: false, differentiable: true }],
    ['tensors[]', { name: 'tensors', class: 'float', optional: false, many: true, differentiable: true }],
    ['index:int?', { name: 'index', class: 'int', optional: true, many: false, differentiable: false }],
    ['y:operand', { name: 'y', class: 'operand', optional: false, many: false, differentiable: true }],
  ])('%s is read', (entry, slot) => expect(parseInput(entry)).toEqual(slot));

  test.each(['', 'x!', 'x:float', '?', 'x[]?', 'x:int:int', 'a b'])("'%s' is refused", (entry) => {
    expect(() => parseInput(entry)).toThrow('is not an input');
  });

  test('an op has its name, and several outputs come in order', async () => {
    expect(parts.name).toBe('parts');
    using x = plain([1, 2]);
    const [square, triple, count] = parts(x);
    expect([square.dtype, triple.dtype, count.dtype]).toEqual(['float64', 'float64', 'int32']);
    expect([await square.array(), await triple.array(), await count.array()]).toEqual([[1, 4], [3, 6], 2]); // prettier-ignore
    [square, triple, count].forEach((one) => one.dispose());
  });

  test('a kernel is chosen by device, before the reference form', async () => {
    const twice: Op<['x']> = defineOp({
      name: 'twice',
      inputs: ['x'],
      shape: ({ x }) => x,
      reference: () => {
        throw new Error('not this one');
      },
      kernels: {
        reference({ x }, _attrs, [out]) {
          const data = x.dataNow()!.map((v) => 2 * v);
          out!.storage.runtime.write(out!.storage.handle, out!.dtype, 0, data);
        },
      },
      samples: [{ x: [2] }],
    });
    using x = plain([1, 2]);
    using y = twice(x);
    expect(await y.array()).toEqual([2, 4]);
  });

  test('a device without a kernel is an error that says where there is one', () => {
    using x = tensor([1], { device: 'cpu' });
    expect(() => power(x, { exponent: 2 })).toThrow(DeviceError);
    expect(() => power(x, { exponent: 2 })).toThrow("power: has no kernel for 'cpu' (it has: reference only)");
  });

  test('strided inputs arrive packed, unless the kernel reads strides itself; the packed copy goes', () => {
    const seen: boolean[] = [];
    const define = (isFlexible: boolean): Op<['x', 'tensors[]']> => {
      const kernel = ({ x, tensors }: { x: Tensor; tensors: readonly Tensor[] }): void => {
        seen.push(x.isContiguous, tensors[0]!.isContiguous);
      };
      return defineOp({
        name: 'look',
        inputs: ['x', 'tensors[]'],
        shape: ({ x }) => x,
        reference: ({ x }) => x,
        kernels: { reference: isFlexible ? acceptsStrides(kernel) : kernel },
        samples: [],
      });
    };
    const x = leaf([[1, 2], [3, 4]]).transpose(); // prettier-ignore
    define(false)(x, [x]).dispose();
    define(true)(x, [x]).dispose();
    expect(seen).toEqual([true, true, false, false]);
    expect(live().tensors - before.tensors).toBe(2);
  });

  test('an op without elements to make does not run', () => {
    using x = plain([]);
    const [one, other] = failing(x, { forward: true });
    expect([one.shape, other.shape]).toEqual([[0], [0]]);
    one.dispose();
    other.dispose();
  });
});

describe('an op that fails leaves nothing behind', () => {
  test('in its kernel', () => {
    const x = leaf([1, 2]);
    expect(() => failing(x, { forward: true })).toThrow('the kernel failed');
    const int = tensor([1], { device, dtype: 'int32' });
    expect(() => failing(int, { forward: true })).toThrow('the kernel failed'); // with a cast
    [x, int].forEach((one) => one.dispose());
    settled();
  });

  test('in its shape rule, and in a later argument after a cast', () => {
    const x = tensor([1, 2], { device, dtype: 'int32' });
    expect(() => x.add(tensor([1, 2, 3], { device }))).toThrow('do not broadcast');
    expect(() => loose(affine)(x, 'w')).toThrow('weight must be a tensor');
    expect(live().tensors - before.tensors).toBe(2);
  });

  test('while it allocates', () => {
    const half: Op<['x'], object, ['one', 'other']> = defineOp({
      name: 'half',
      inputs: ['x'],
      outputs: ['one', 'other'],
      dtype: (dtype) => [dtype, 'float16'] as const,
      shape: ({ x }) => [x, x],
      reference: ({ x }) => [x, x],
      backward: ({ grads: [g] }) => ({ x: g }),
      samples: [],
    });
    const x = leaf([1, 2]);
    expect(() => half(x)).toThrow(DtypeError);
    expect(() => half(x)).toThrow("half: 'reference' has no float16; it stores float64, int32, bool");
    x.dispose();
    settled();
  });

  test('in its layout', () => {
    const x = leaf([1, 2]);
    expect(() => slice(x, { axis: 3 })).toThrow('axis 3 is out of range');
    const broken: Op<['x']> = defineOp({
      name: 'broken',
      inputs: ['x'],
      shape: ({ x: shape }) => shape,
      view: () => {
        throw new Error('no layout');
      },
      reference: ({ x: value }) => value,
      samples: [],
    });
    expect(() => broken(x)).toThrow('no layout');
    x.dispose();
    settled();
  });
});

describe('ops that write in place', () => {
  test('change what they are given, and every view of it', async () => {
    using x = plain([1, 2]);
    using view = x.slice({ axis: 0, start: 1 });
    expect(increase(x, { value: 10 })).toBeUndefined();
    expect(await view.array()).toEqual([12]);
    increase(view);
    expect(await x.array()).toEqual([11, 13]);
    expect(x.storage.version).toBe(2);
  });

  test('refuse what they could only write to a copy of', () => {
    scope(() => {
      const strided = plain([[1, 2], [3, 4]]).transpose(); // prettier-ignore
      expect(() => increase(strided)).toThrow('increase: x is written in place and has gaps between its elements');
      const ints = tensor([1, 2], { device, dtype: 'int32' });
      expect(() => increase(ints)).toThrow('increase: x is written in place and is int32; it must be float64');
    });
  });
});
