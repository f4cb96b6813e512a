import { beforeEach, describe, expect, test } from 'vitest';
import { ArgumentError, DisposedError, memory, scope, tensor, type Tensor } from '../../index.ts';
import { SGD } from '../../nn/optim/index.ts';
import { tensorsOf } from '../../tensor/scope.ts';
import { allDevices as devices } from '../devices.ts';

describe.each(devices)('scope on %s', (device) => {
  const make = (value = 1): Tensor => tensor([value, value], { device });
  let before = { tensors: 0, bytes: 0 };
  const live = (): { tensors: number; bytes: number } => {
    const { tensors, bytes } = memory()[device]!;
    return { tensors: tensors - before.tensors, bytes: bytes - before.bytes };
  };

  beforeEach(() => {
    make().dispose(); // starts the device
    before = { tensors: 0, bytes: 0 };
    before = live();
  });

  test('frees what is not returned', () => {
    const inner: Tensor[] = [];
    const result = scope(() => {
      inner.push(make(), make().add(1));
      return make();
    });
    expect(inner.every((x) => x.disposed)).toBe(true);
    expect(result.disposed).toBe(false);
    expect(live().tensors).toBe(1);
    result.dispose();
    expect(live()).toEqual({ tensors: 0, bytes: 0 });
  });

  test('returned arrays, maps, sets and objects are walked, cycles too', () => {
    const cyclic: { x?: Tensor; self?: unknown } = {};
    const result = scope(() => {
      cyclic.x = make();
      cyclic.self = cyclic;
      return {
        list: [make(), [make()]],
        map: new Map<unknown, unknown>([[make(), { deep: make() }]]),
        set: new Set([make()]),
        bare: Object.assign(Object.create(null) as object, { x: make() }),
        cyclic,
        nothing: null,
        text: 'x',
      };
    });
    const tensors = [
      result.list[0] as Tensor,
      (result.list[1] as Tensor[])[0]!,
      ...[...result.map].flatMap(([key, value]) => [key as Tensor, (value as { deep: Tensor }).deep]),
      ...result.set,
      result.bare.x,
      cyclic.x!,
    ];
    expect(tensors.map((x) => x.disposed)).toEqual(tensors.map(() => false));
    expect(live().tensors).toBe(tensors.length);
    tensors.forEach((x) => x.dispose());
  });

  test('an object that names its tensors is asked for them', () => {
    class Holder {
      readonly #x = make();
      [tensorsOf](visit: (value: unknown) => void): void {
        visit([this.#x]);
      }
      free(): boolean {
        const wasFreed = this.#x.disposed;
        this.#x.dispose();
        return wasFreed;
      }
    }
    class Closed {
      readonly x = make();
    }
    const { holder, closed } = scope(() => ({ holder: new Holder(), closed: new Closed() }));
    expect(holder.free()).toBe(false);
    expect(closed.x.disposed).toBe(true); // an instance of an unknown class is not walked
    expect(live().tensors).toBe(0);
  });

  test('what an inner scope returns belongs to the outer one', () => {
    let inner: Tensor | undefined;
    scope(() => {
      inner = scope(() => {
        const x = make();
        make();
        return x;
      });
      expect(inner.disposed).toBe(false);
      expect(live().tensors).toBe(1);
    });
    expect(inner!.disposed).toBe(true);
    expect(live().tensors).toBe(0);
  });

  test('returning a tensor of the scope around changes nothing', () => {
    scope(() => {
      const x = make();
      expect(scope(() => x)).toBe(x);
      expect(scope(() => [x, x])).toEqual([x, x]);
      expect(x.disposed).toBe(false);
    });
    expect(live().tensors).toBe(0);
  });

  test('keep() takes a tensor out of its scope; it stays out', () => {
    const kept = scope(() => scope(() => ({ x: make().keep() })).x);
    expect(kept.disposed).toBe(false);
    scope(() => kept);
    scope(() => [kept]);
    expect(kept.disposed).toBe(false);
    kept.dispose();
    expect(live().tensors).toBe(0);
  });

  test('a gradient goes with its tensor, one that was kept does not', () => {
    const gradients: Tensor[] = [];
    for (const isKept of [false, true]) {
      scope(() => {
        const x = tensor([1, 2], { device, requiresGrad: true });
        x.sum().backward();
        gradients.push(isKept ? x.grad!.keep() : x.grad!);
      });
    }
    expect(gradients.map(({ disposed }) => disposed)).toEqual([true, false]);
    gradients[1]!.dispose();
    expect(live()).toEqual({ tensors: 0, bytes: 0 });
  });

  test.each<[string, (x: Tensor) => void]>([
    ['another backward', (x) => x.sum().backward()],
    ['another gradient', (x) => (x.grad = tensor([0, 0], { device }))],
    ['none', (x) => (x.grad = null)],
    ['zeroGrad', (x) => new SGD([x], { lr: 1 }).zeroGrad()],
  ])('a gradient that was kept outlives what takes its place: %s', (_name, replace) => {
    let gradient: Tensor | null = null;
    scope(() => {
      const x = tensor([1, 2], { device, requiresGrad: true });
      x.sum().backward();
      gradient = x.grad!.keep();
      replace(x);
      expect(x.grad).not.toBe(gradient);
    });
    expect(gradient!.disposed).toBe(false);
    gradient!.dispose();
    expect(live()).toEqual({ tensors: 0, bytes: 0 });
  });

  test('a throw frees everything but what was kept', () => {
    let kept: Tensor | undefined;
    const fail = (): unknown =>
      scope(() => {
        make();
        kept = make().keep();
        scope(() => make());
        throw new Error('no');
      });
    expect(fail).toThrow('no');
    expect(live().tensors).toBe(1);
    kept!.dispose();
    scope(() => make()).dispose(); // the scope around is the old one again
    expect(live().tensors).toBe(0);
  });

  test('an async body is refused with a sentence, and frees what it made', async () => {
    let after: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => (after = resolve));
    let late: Tensor | undefined;
    const body = async (): Promise<Tensor> => {
      make();
      await gate;
      late = make();
      throw new Error('nobody hears this');
    };
    expect(() => scope(body)).toThrow(ArgumentError);
    expect(() => scope(body)).toThrow('scope: the body is async; do the awaiting outside');
    expect(live().tensors).toBe(0);
    after!();
    await new Promise((resolve) => setTimeout(resolve));
    expect(late!.disposed).toBe(false);
    late!.dispose();
  });

  test('a freed tensor that is used says with which op, its shape and what to do', () => {
    let x: Tensor | undefined;
    scope(() => void (x = make()));
    const use = (): unknown => x!.add(1);
    expect(use).toThrow(DisposedError);
    expect(use).toThrow(
      `add: a ${x!.dtype} tensor of shape [2] was used after it was freed; return it from its scope, call keep(), or dispose it later`,
    );
    expect(() => make().add(x!)).toThrow(DisposedError);
    expect(() => x!.keep()).toThrow('keep: ');
    expect(() => x!.detach()).toThrow('detach: ');
    expect(() => x!.requireGrad()).toThrow('requireGrad: ');
  });

  test('freeing twice is allowed, by hand, by scope and by using', () => {
    const x = scope(() => {
      const inner = make();
      inner.dispose();
      using again = inner;
      again.dispose();
      return inner;
    });
    x.dispose();
    expect(live()).toEqual({ tensors: 0, bytes: 0 });
  });

  test('using frees at the end of the block, also after a throw', () => {
    let seen: Tensor | undefined;
    expect(() => {
      using x = make();
      seen = x;
      throw new Error('no');
    }).toThrow('no');
    expect(seen!.disposed).toBe(true);
  });

  test('a result that is used and returned is freed once', () => {
    const inner = (): Tensor => {
      using x = make();
      return x.add(1);
    };
    using y = scope(inner);
    expect(y.disposed).toBe(false);
    expect(live().tensors).toBe(1);
  });

  test('composite ops leave only their result behind, without a scope', () => {
    const x = tensor([[1, 2], [3, 4]], { device }); // prettier-ignore
    const results = [x.transpose().reshape([4]), x.select(1, 0), x.flatten(), x.slice({ axis: 1, start: 1 }).squeeze()];
    const transposed = 1;
    const sliced = 1;
    expect(live().tensors).toBe(1 + results.length + transposed + sliced); // what the chain names is the caller's
    [x, ...results].forEach((tensor_) => tensor_.dispose());
  });
});

test('a tensor of a scope further out stays there, though an inner scope returns it', () => {
  scope(() => {
    const x = tensor([1]);
    scope(() => void scope(() => x));
    expect(x.disposed).toBe(false);
  });
});
