import type { Device, DeviceName, Tensor } from '../index.ts';
import type { LoadReport, StateDict, StateSource } from './stateDict.ts';
import { ArgumentError, noGrad, scope } from '../index.ts';
import { tensorsOf } from '../tensor/scope.ts';
import { checkOptions } from '../tensor/options.ts';
import { addHook, type ForwardHook, type ForwardPreHook } from './hooks.ts';
import { Buffer, Parameter } from './parameter.ts';
import { printTree } from './print.ts';
import { handleOn, loadInto } from './stateDict.ts';
import { fieldsOf, isModule, walk } from './tree.ts';

/**
 * The base of all layers and models. Fields that hold a Parameter, a Buffer, a Module, or arrays and plain objects of
 * these belong to it without being registered; their paths in snake_case are the keys of its state dict, equal to
 * PyTorch's. PyTorch: `torch.nn.Module`.
 *
 * @example
 * class Block extends nn.Module {
 *   norm = new nn.LayerNorm(8);
 *   fc = new nn.Linear(8, 8);
 *   forward(x) { return x.add(this.fc.forward(this.norm.forward(x))); }
 * }
 * const keys = [...new Block().stateDict().keys()];
 * keys.join(' '); // 'norm.weight norm.bias fc.weight fc.bias'
 */
export abstract class Module {
  /** True while the module is trained: dropout drops, batchNorm takes its batch's statistics. */
  training = true;

  /** The module's function. Subclasses give it their own arguments and result. */
  abstract forward(...inputs: never[]): unknown;

  /** What stands in the brackets after the class name in `toString()`; empty for a module told by its fields. */
  describe(): string {
    return '';
  }

  /** @internal */
  [fieldsOf](): Iterable<readonly [string, unknown]> {
    return Object.entries(this);
  }

  /** @internal What `scope` keeps when it returns this module. */
  [tensorsOf](visit: (value: unknown) => void): void {
    for (const [, value] of this[fieldsOf]()) visit(value);
  }

  /** This module and all below it by path, each once. */
  namedModules(): Map<string, Module> {
    return this.#named(isModule);
  }

  modules(): Module[] {
    return [...this.namedModules().values()];
  }

  /** The parameters by path, each once: one that two layers share has the path found first. */
  namedParameters(): Map<string, Parameter> {
    return this.#named((value) => value instanceof Parameter);
  }

  parameters(): Parameter[] {
    return [...this.namedParameters().values()];
  }

  /** The buffers by path, each once. */
  namedBuffers(): Map<string, Buffer> {
    return this.#named((value) => value instanceof Buffer);
  }

  buffers(): Buffer[] {
    return [...this.namedBuffers().values()];
  }

  #named<T extends object>(belongs: (value: object) => value is T): Map<string, T> {
    const seen = new Set<object>();
    const result = new Map<string, T>();
    for (const { path, value } of walk(this)) {
      if (!belongs(value) || seen.has(value)) continue;
      seen.add(value);
      result.set(path, value);
    }
    return result;
  }

  /**
   * Parameters and persistent buffers by path, as detached handles on the same elements: what is trained afterwards
   * changes them too. One that two layers share has two entries, as in PyTorch.
   *
   * @throws ArgumentError when two fields have one key: `runningMean` and `running_mean`
   */
  stateDict(): StateDict {
    return new Map([...this.#state('stateDict')].map(([path, tensor]) => [path, handleOn(tensor)]));
  }

  #state(op: string): Map<string, Tensor> {
    const result = new Map<string, Tensor>();
    for (const { path, value } of walk(this)) {
      if (isModule(value) || (value instanceof Buffer && !value.persistent)) continue;
      if (result.has(path)) {
        throw new ArgumentError(`two fields of ${this.constructor.name} have the key ${path}; rename one`, {
          op,
          path,
        });
      }
      result.set(path, value);
    }
    return result;
  }

  /**
   * Writes a state dict, or the tensors of a safetensors file, into the parameters and buffers, which stay the same
   * objects. All is checked first: on failure nothing has changed.
   *
   * @param state - tensors by path, in a Map or an object
   * @param options - `strict: false` allows missing and unknown keys
   * @returns the keys that only one side has
   * @throws FormatError that lists the missing, the unknown and those of another shape; DisposedError for freed tensors
   * @example
   * const [a, b] = [new nn.Linear(3, 2), new nn.Linear(3, 2)];
   * b.loadStateDict(a.stateDict());
   */
  loadStateDict(state: StateSource, options: { strict?: boolean } = {}): LoadReport {
    const op = 'loadStateDict';
    const { strict = true } = checkOptions(op, options, ['strict']);
    return loadInto(op, this.#state(op), state, strict);
  }

  /** Sets `training` here and below. */
  train(mode = true): this {
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /** `train(false)`. */
  eval(): this {
    return this.train(false);
  }

  /**
   * Moves parameters, buffers and gradients to another device; they stay the same objects, so optimizers know them still.
   *
   * @throws DeviceError when the device is not started or a tensor cannot be read without waiting; then nothing has moved
   */
  to(device: Device | DeviceName): this {
    scope(() =>
      noGrad(() => {
        const owned = [...this.parameters(), ...this.buffers()];
        const moves = owned.map((tensor) => ({
          tensor,
          moved: tensor.detach().to(device),
          grad: tensor.grad?.detach().to(device),
        }));
        for (const { tensor, moved, grad } of moves) {
          tensor.become(moved);
          if (grad) tensor.grad = grad;
        }
      }),
    );
    return this;
  }

  /** Frees the gradients of all parameters. */
  zeroGrad(): void {
    freeGrads(this.parameters());
  }

  /** Freezes (false) or trains all parameters. */
  requireGrad(value = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = value;
    return this;
  }

  /**
   * Runs `hook` after each `forward` of this module, with what it was given and gave; what it returns takes the output's place,
   * unless undefined. Hooks run in the order in which they came.
   *
   * @returns a function that removes it
   * @source PyTorch: `torch.nn.Module.register_forward_hook`
   * @example
   * const layer = new nn.Linear(3, 2);
   * const remove = layer.registerForwardHook((module, inputs, output) => console.log(output.shape));
   * layer.forward(zeros([5, 3]));
   * remove();
   */
  registerForwardHook(hook: ForwardHook): () => void {
    return addHook(this, 'after', hook);
  }

  /**
   * Runs `hook` before each `forward`; the array that it returns takes the place of the inputs, unless undefined.
   *
   * @returns a function that removes it
   * @source PyTorch: `torch.nn.Module.register_forward_pre_hook`
   */
  registerForwardPreHook(hook: ForwardPreHook): () => void {
    return addHook(this, 'before', hook);
  }

  /**
   * Calls `visit` on the modules below this one, the innermost first, then on this one: to initialise them, or to count.
   *
   * @source PyTorch: `torch.nn.Module.apply`
   */
  apply(visit: (module: Module) => void): this {
    for (const module of this.modules().toReversed()) visit(module);
    return this;
  }

  /** The tree of modules with the number of their parameters. */
  toString(): string {
    return printTree(this);
  }

  /** Frees parameters and buffers. Twice is allowed. */
  dispose(): void {
    for (const tensor of [...this.parameters(), ...this.buffers()]) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Frees gradients at once, and not with the scope around: the next ones need the room. */
export function freeGrads(tensors: Iterable<Tensor>): void {
  for (const { variable } of tensors) variable?.freeGrad();
}
