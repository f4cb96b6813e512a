import type { Dtype, TypedArray } from './dtype.ts';
import type { Layout } from './layout.ts';
import type { Device, Runtime } from './runtime.ts';
import type { Scope } from './scope.ts';
import type { Shape } from './shape.ts';
import { isFloat } from './dtype.ts';
import { ArgumentError, DisposedError, DtypeError, GradError, ShapeError } from './errors.ts';
import { formatTensor, nest } from './format.ts';
import { watch, unwatch } from './forgotten.ts';
import { gather, span } from './layout.ts';
import { assertRunning } from './runtime.ts';
import { adopt, onEscape } from './scope.ts';
import { contiguousStrides, formatShape, isContiguous, sameShape, sizeOf } from './shape.ts';
import { Storage } from './storage.ts';
import { Variable } from './variable.ts';

// `using` needs the symbol before any class that implements Disposable is defined (Node 20 has it; older engines do not).
(Symbol as { dispose?: symbol }).dispose ??= Symbol.for('Symbol.dispose');

/**
 * An n-dimensional array on a device: a counted handle on a storage, with shape, strides and offset. Ops are methods
 * (`x.add(y)`), added by the package root. Reading is the only asynchronous thing.
 *
 * @example
 * using x = tensor([[1, 2], [3, 4]]);
 * await x.sum({ axis: 0 }).array();          // [4, 6]
 */
export class Tensor implements Disposable {
  readonly shape: Shape;
  readonly dtype: Dtype;
  /** In elements, one per axis. */
  readonly strides: Shape;
  /** Of the first element, in elements. */
  readonly offset: number;
  /** @internal */
  readonly storage: Storage;
  /** @internal The autograd identity; null for a tensor that needs no gradient. */
  readonly variable: Variable | null;
  /** @internal The scope that frees this tensor; null when it is kept or freed by hand. */
  scope: Scope | null = null;
  #state: 'live' | 'freed' = 'live';
  #isKept = false;
  #isWatched = false;

  /** @internal Takes over one count of `storage`. */
  constructor(storage: Storage, dtype: Dtype, layout: Layout, variable: Variable | null = null) {
    this.storage = storage;
    this.dtype = dtype;
    this.shape = layout.shape;
    this.strides = layout.strides;
    this.offset = layout.offset;
    this.variable = variable;
    variable?.retainHandle();
    storage.count.tensors++;
    if (!adopt(this)) this.watch();
  }

  /** @internal A new contiguous tensor with unset elements. */
  static empty(runtime: Runtime, dtype: Dtype, shape: Shape, variable: Variable | null = null): Tensor {
    const storage = new Storage(runtime, dtype, sizeOf(shape));
    return new Tensor(storage, dtype, { shape, strides: contiguousStrides(shape), offset: 0 }, variable);
  }

  get device(): Device {
    return this.storage.runtime;
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  get requiresGrad(): boolean {
    return this.variable !== null;
  }

  /** True for a tensor that no recorded op made: it collects `.grad`. */
  get isLeaf(): boolean {
    return !this.variable?.node;
  }

  get isContiguous(): boolean {
    return isContiguous(this.shape, this.strides);
  }

  get disposed(): boolean {
    return this.#state === 'freed';
  }

  /** What `backward()` collected here; null before, and on tensors that are not leaves. Freed with this tensor. */
  get grad(): Tensor | null {
    return this.variable?.grad ?? null;
  }

  /** The old gradient goes to the scope that is open, unless it was kept; the new one is this tensor's. */
  set grad(value: Tensor | null) {
    const variable = this.variable;
    if (!variable)
      throw new GradError('only a tensor that requires a gradient has one', { op: 'grad', shape: this.shape });
    if (value && !sameShape(value.shape, this.shape)) {
      const shapes = { shape: this.shape, grad: value.shape };
      throw new ShapeError(
        `a gradient has its tensor's shape, ${formatShape(this.shape)}; got ${formatShape(value.shape)}`,
        { op: 'grad', ...shapes },
      );
    }
    if (value && (value.dtype !== this.dtype || value.device !== this.device)) {
      throw new DtypeError(`a gradient is like its tensor, ${String(this)}; got ${String(value)}`, { op: 'grad' });
    }
    const old = variable.grad;
    variable.grad = value ? value.own() : null;
    if (old && old !== value && !old.isKept && !adopt(old)) old.watch();
  }

  /** @internal Another handle on the same elements and the same autograd identity. */
  alias(variable: Variable | null = this.variable, op = 'alias'): Tensor {
    this.assertLive(op);
    this.storage.retain();
    return new Tensor(this.storage, this.dtype, this, variable);
  }

  /** The same elements, cut off from the tape: no gradient flows through the result. */
  detach(): Tensor {
    return this.alias(null, 'detach');
  }

  /** The same elements as a new leaf that collects `.grad`. */
  requireGrad(): Tensor {
    if (!isFloat(this.dtype)) {
      throw new DtypeError(
        `only floating point tensors can require a gradient, got ${this.dtype}; use cast('float32')`,
        {
          op: 'requireGrad',
          dtype: this.dtype,
        },
      );
    }
    return this.alias(new Variable(null, 0), 'requireGrad');
  }

  /** Takes this tensor out of its scope, a gradient out of its tensor's care too: it lives until `dispose()`. */
  keep(): this {
    this.own();
    this.#unwatch();
    this.watch(false);
    this.#isKept = true;
    return this;
  }

  /**
   * @internal Makes this kept handle stand for the elements of `source`, of the same shape, with another autograd
   * identity: a Parameter stays the same object on another device. Views and saved tensors keep the old elements.
   */
  become(source: Tensor, variable: Variable | null = this.variable): void {
    source.assertLive('become');
    this.#unwatch();
    variable?.retainHandle();
    source.storage.count.tensors++;
    source.storage.retain();
    const old = { storage: this.storage, variable: this.variable };
    const { storage, dtype, strides, offset } = source;
    Object.assign(this, { storage, dtype, strides, offset, variable });
    old.storage.count.tensors--;
    old.storage.release();
    old.variable?.releaseHandle();
    this.watch(false);
  }

  /** @internal Whether `keep()` said that it outlives its owner. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** @internal Takes this tensor out of its scope for an owner that is sure to free it. */
  own(): this {
    this.assertLive('keep');
    this.scope = null;
    this.#isKept = false;
    return this;
  }

  /** @internal Lets the garbage collector free this tensor if nobody else does. */
  watch(isForgetful = true): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    watch(this, isForgetful);
  }

  #unwatch(): void {
    if (this.#isWatched) unwatch(this);
    this.#isWatched = false;
  }

  /** Frees this handle; the memory goes when no view and no saved tensor needs it. Twice is allowed. */
  dispose(): void {
    if (this.#state === 'freed') return;
    this.#state = 'freed';
    this.scope = null;
    this.#unwatch();
    this.storage.count.tensors--;
    this.storage.release();
    this.variable?.releaseHandle();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal Throws a DisposedError that names `op` when this tensor was freed, or its device ended. */
  assertLive(op: string): void {
    if (this.#state === 'live') return assertRunning(this.storage.runtime, op);
    throw new DisposedError(
      `a ${this.dtype} tensor of shape ${formatShape(this.shape)} was used after it was freed; return it from its scope, call keep(), or dispose it later`,
      { op, shape: this.shape },
    );
  }

  /** The elements in row-major order. The copy is queued before this returns, so the tensor may be freed right after. */
  async data(): Promise<TypedArray> {
    return this.#read('data');
  }

  /** @internal The same at once, on devices whose memory is the host's. */
  dataNow(): TypedArray | undefined {
    this.assertLive('data');
    const { start, length } = span(this);
    const stretch = this.storage.runtime.readNow?.(this.storage.handle, this.dtype, start, length);
    return stretch && gather(stretch, start, this);
  }

  /** The elements as nested arrays; a number (or boolean) at rank 0. */
  async array(): Promise<unknown> {
    return nest(await this.#read('array'), this.shape, this.dtype);
  }

  /** The one element. Throws ShapeError when there are more or none. */
  async item(): Promise<number> {
    if (this.size !== 1) {
      throw new ShapeError(`shape ${formatShape(this.shape)} has ${this.size} elements; item() reads a tensor of one`, {
        op: 'item',
        shape: this.shape,
      });
    }
    return (await this.#read('item'))[0]!;
  }

  /** The values as PyTorch prints them. */
  async format(): Promise<string> {
    return formatTensor(await this.#read('format'), this);
  }

  toString(): string {
    const grad = this.requiresGrad ? ', requiresGrad' : '';
    return `Tensor(${this.dtype} ${formatShape(this.shape)} on ${this.device.name}${grad}${this.disposed ? ', freed' : ''})`;
  }

  /** What `console.log` shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  async #read(op: string): Promise<TypedArray> {
    this.assertLive(op);
    const { shape, strides, offset, dtype, storage } = this; // as they are now: a parameter may `become` other elements
    const { start, length } = span(this);
    const stretch = await storage.runtime.read(storage.handle, dtype, start, length);
    return gather(stretch, start, { shape, strides, offset });
  }
}

/** @internal Throws unless `x`, called `name`, is a tensor that lives: for functions that look at it before an op does. */
export function checkTensor(op: string, name: string, x: unknown): asserts x is Tensor {
  if (x instanceof Tensor) return x.assertLive(op);
  throw new ArgumentError(`${name} must be a tensor, got ${x === null ? 'null' : typeof x}`, { op, input: name });
}

onEscape((tensor) => (tensor as Tensor).watch());
