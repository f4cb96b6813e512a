import type { Tensor } from '../index.ts';
import { ArgumentError, scope } from '../index.ts';
import { Module } from './module.ts';
import { fieldsOf, isModule } from './tree.ts';

/** A module that takes one tensor to one tensor. */
export type Layer = Module & { forward(x: Tensor): Tensor };

/** The modules of a list by index, after the fields of its own. */
function* withIndices(
  fields: Iterable<readonly [string, unknown]>,
  modules: readonly Module[],
): Iterable<[string, unknown]> {
  for (const [name, value] of fields) yield [name, value];
  for (const [i, module] of modules.entries()) yield [String(i), module];
}

function checkModules(op: string, modules: readonly unknown[]): void {
  const wrong = modules.findIndex((module) => !isModule(module));
  if (wrong < 0) return;
  throw new ArgumentError(`item ${wrong} is ${String(modules[wrong])}; every item must be a Module`, {
    op,
    index: wrong,
  });
}

/**
 * Layers one after another: x passes through the first, its result through the second, and so on. The keys of its state
 * dict are the indices: `0.weight`.
 *
 * @source PyTorch: `torch.nn.Sequential`
 * @example
 * const model = new nn.Sequential(new nn.Linear(3, 8), new nn.ReLU(), new nn.Linear(8, 2));
 * model.forward(zeros([5, 3])).shape; // [5, 2]
 */
export class Sequential extends Module implements Iterable<Layer> {
  readonly #layers: readonly Layer[];

  constructor(...layers: Layer[]) {
    super();
    checkModules('Sequential', layers);
    this.#layers = layers;
  }

  get length(): number {
    return this.#layers.length;
  }

  /** The layer at `index`; negative counts from the end. */
  at(index: number): Layer | undefined {
    return this.#layers.at(index);
  }

  [Symbol.iterator](): Iterator<Layer> {
    return this.#layers[Symbol.iterator]();
  }

  override [fieldsOf](): Iterable<readonly [string, unknown]> {
    return withIndices(super[fieldsOf](), this.#layers);
  }

  forward(x: Tensor): Tensor {
    return scope(() => this.#layers.reduce((y, layer) => layer.forward(y), x));
  }
}

/**
 * Modules by index, for a model that says itself how they are used. A plain array in a field does the same.
 *
 * @source PyTorch: `torch.nn.ModuleList`
 * @example
 * const blocks = new nn.ModuleList([new nn.Linear(4, 4), new nn.Linear(4, 4)]);
 * let x = zeros([1, 4]);
 * for (const block of blocks) x = block.forward(x);
 * blocks.length; // 2
 */
export class ModuleList<M extends Module = Layer> extends Module implements Iterable<M> {
  readonly #modules: M[];

  constructor(modules: Iterable<M> = []) {
    super();
    this.#modules = [...modules];
    checkModules('ModuleList', this.#modules);
  }

  get length(): number {
    return this.#modules.length;
  }

  /** The module at `index`; negative counts from the end. */
  at(index: number): M | undefined {
    return this.#modules.at(index);
  }

  push(...modules: M[]): void {
    checkModules('ModuleList', modules);
    this.#modules.push(...modules);
  }

  [Symbol.iterator](): Iterator<M> {
    return this.#modules[Symbol.iterator]();
  }

  override [fieldsOf](): Iterable<readonly [string, unknown]> {
    return withIndices(super[fieldsOf](), this.#modules);
  }

  /** @throws ArgumentError always: a list does not say how its modules are used. */
  forward(): never {
    throw new ArgumentError('a list has no forward; call its modules', { op: 'ModuleList' });
  }
}
