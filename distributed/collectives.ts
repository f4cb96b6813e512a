// What all ranks do together with tensors. Each rank makes the same calls in the same order.

import type { TypedArray } from '../index.ts';
import type { Handle, Handles } from './handles.ts';
import type { World } from './world.ts';
import { ArgumentError, DtypeError, ShapeError, Tensor } from '../index.ts';
import { isFloat } from '../tensor/dtype.ts';
import { checkOptions } from '../tensor/options.ts';
import { formatShape } from '../tensor/shape.ts';
import { checkTensor } from '../tensor/tensor.ts';
import { Collective } from './collective.ts';
import { blankMemoryOf, elementTypeOf, hostMemoryOf } from './hostMemory.ts';
import { post } from './request.ts';
import { worldOf } from './world.ts';

/** How the ranks' elements become one. */
export type ReduceOp = 'sum' | 'mean' | 'min' | 'max';

export interface ReduceOptions {
  /** Default `'sum'`. */
  op?: ReduceOp;
}

/**
 * The sum over the ranks of each element of x, or their mean, minimum or maximum, in place: afterwards all ranks hold the same. On
 * the `cpu` device MPI works in the tensor's own memory; the elements of a GPU pass through the host.
 *
 * @returns x
 * @throws DtypeError for the mean of integers and the sum of bytes or bools; DistributedError when MPI fails or a rank has ended
 * @source MPI 3.1 §5.12.5, MPI_Iallreduce. PyTorch: `torch.distributed.all_reduce`
 * @example
 * await init();
 * await allReduce(tensor([1, 2]), { op: 'mean' }); // [1, 2]
 */
export async function allReduce(x: Tensor, options: ReduceOptions = {}): Promise<Tensor> {
  const op = checkReduce('allReduce', x, options);
  await new AllReduce(worldOf('allReduce'), x, op).done();
  return x;
}

/** An all-reduce in progress. */
export interface Reduction {
  /** Moves the data on. */
  progress(): void;
  /** Resolves to the elements in host memory, when the tensor has them too. */
  done(): Promise<TypedArray>;
}

/** What `allReduce` does, begun and not waited for. x may be freed meanwhile. */
export class AllReduce implements Reduction {
  readonly #world: World;
  readonly #op: ReduceOp;
  readonly #held: Tensor;
  readonly #memory: ReturnType<typeof hostMemoryOf>;
  readonly #collective: Collective<TypedArray>;

  constructor(world: World, x: Tensor, op: ReduceOp) {
    this.#world = world;
    this.#op = op;
    this.#held = hold(x);
    this.#memory = hostMemoryOf('allReduce', this.#held);
    this.#collective = new Collective(world, described('allReduce', x, op), this.#memory.elements, (array) =>
      post(world, 'allReduce', 'Iallreduce', (handles) => [
        handles.inPlace,
        array,
        array.length,
        typeOf(handles, array),
        handles.reductions[op === 'mean' ? 'sum' : op],
      ]),
    );
  }

  progress(): void {
    this.#collective.progress();
  }

  async done(): Promise<TypedArray> {
    try {
      await this.#collective.done();
      const elements = await this.#memory.elements;
      if (this.#op === 'mean') divide(elements, this.#world.all.size);
      this.#memory.written();
      return elements;
    } finally {
      this.#held.dispose();
    }
  }
}

export interface BroadcastOptions {
  /** Whose elements all get. Default: rank 0's. */
  root?: number;
}

/**
 * Gives all ranks the elements that x has on the rank `root`, in place.
 *
 * @returns x
 * @throws ArgumentError when there is no such rank; DistributedError when MPI fails or a rank has ended
 * @source MPI 3.1 §5.12.2, MPI_Ibcast. PyTorch: `torch.distributed.broadcast`
 * @example
 * await init();
 * await broadcast(tensor([1, 2])); // [1, 2]
 */
export async function broadcast(x: Tensor, options: BroadcastOptions = {}): Promise<Tensor> {
  const op = 'broadcast';
  checkElements(op, x);
  const { root = 0 } = checkOptions(op, options, ['root']);
  const world = worldOf(op);
  if (!Number.isInteger(root) || root < 0 || root >= world.all.size) {
    throw new ArgumentError(`root is ${String(root)}; there are the ranks 0..${world.all.size - 1}`, { op, root });
  }
  const held = hold(x);
  try {
    const memory = hostMemoryOf(op, held);
    const call = described(op, x, `root ${root}`);
    await new Collective(world, call, memory.elements, (array) =>
      post(world, op, 'Ibcast', (handles) => [array, array.length, typeOf(handles, array), root]),
    ).done();
    memory.written();
  } finally {
    held.dispose();
  }
  return x;
}

/**
 * The tensors of all ranks, one after another. x [*X] → [ranks, *X], a tensor of no scope, as all that is made after an `await`.
 *
 * @throws DistributedError when MPI fails or a rank has ended
 * @source MPI 3.1 §5.12.4, MPI_Iallgather. PyTorch: `torch.distributed.all_gather_into_tensor`
 * @example
 * await init();
 * await allGather(tensor([1, 2])); // [[1, 2]]
 */
export async function allGather(x: Tensor): Promise<Tensor> {
  const op = 'allGather';
  checkElements(op, x);
  const world = worldOf(op);
  const { size, rank } = world.all;
  const result = Tensor.empty(x.storage.runtime, x.dtype, [size, ...x.shape]).own();
  const { elements, written } = blankMemoryOf(op, result);
  const held = hold(x);
  const collective = new Collective(world, described(op, x), hostMemoryOf(op, held).elements, (array) => {
    elements.set(array, rank * array.length);
    return post(world, op, 'Iallgather', (handles) => {
      const type = typeOf(handles, array);
      return [handles.inPlace, 0, type, elements, array.length, type];
    });
  });
  await finished(collective, held, result);
  written();
  return result;
}

/**
 * Each rank's part of the sum (or mean, minimum, maximum) over the ranks. x [ranks, *X] → [*X]: rank r gets the reduced x[r], a
 * tensor of no scope.
 *
 * @throws ShapeError unless the first axis has one element per rank; DtypeError as `allReduce`; DistributedError when MPI fails or a
 *   rank has ended
 * @source MPI 3.1 §5.12.6, MPI_Ireduce_scatter_block. PyTorch: `torch.distributed.reduce_scatter_tensor`
 * @example
 * await init();
 * await reduceScatter(tensor([[1, 2]])); // [1, 2]
 */
export async function reduceScatter(x: Tensor, options: ReduceOptions = {}): Promise<Tensor> {
  const name = 'reduceScatter';
  const op = checkReduce(name, x, options);
  const world = worldOf(name);
  if (x.shape[0] !== world.all.size) {
    const message = `x has shape ${formatShape(x.shape)}; its first axis must be as long as there are ranks, ${world.all.size}`;
    throw new ShapeError(message, { op: name, shape: x.shape, ranks: world.all.size });
  }
  const held = hold(x);
  const result = Tensor.empty(x.storage.runtime, x.dtype, x.shape.slice(1)).own();
  const { elements, written } = blankMemoryOf(name, result);
  const collective = new Collective(world, described(name, x, op), hostMemoryOf(name, held).elements, (array) => {
    if (!world.mpi) elements.set(array);
    return post(world, name, 'Ireduce_scatter_block', (handles) => [
      array,
      elements,
      elements.length,
      typeOf(handles, array),
      handles.reductions[op === 'mean' ? 'sum' : op],
    ]);
  });
  await finished(collective, held, result);
  if (op === 'mean') divide(elements, world.all.size);
  written();
  return result;
}

/**
 * Resolves when all ranks have called it.
 *
 * @throws DistributedError when MPI fails or a rank has ended
 * @source MPI 3.1 §5.12.1, MPI_Ibarrier. PyTorch: `torch.distributed.barrier`
 */
export async function barrier(): Promise<void> {
  const world = worldOf('barrier');
  const start = (): ReturnType<typeof post> => post(world, 'barrier', 'Ibarrier', () => []);
  await new Collective(world, 'barrier()', null, start).done();
}

/** Waits, and frees what the call held; its result too if it fails. */
async function finished(collective: { done(): Promise<void> }, held: Tensor, result: Tensor): Promise<void> {
  try {
    await collective.done();
  } catch (error) {
    result.dispose();
    throw error;
  } finally {
    held.dispose();
  }
}

/** A handle on the same elements that no scope frees. */
function hold(x: Tensor): Tensor {
  return x.detach().own();
}

function typeOf({ types }: Handles, array: TypedArray): Handle {
  return types[elementTypeOf(array)];
}

function divide(elements: TypedArray, by: number): void {
  for (let i = 0; i < elements.length; i++) elements[i]! /= by;
}

/** A call as it is compared between the ranks. */
export function described(op: string, { dtype, shape }: Tensor, how = ''): string {
  return `${op}(${dtype} ${formatShape(shape)}${how && `, ${how}`})`;
}

function checkElements(op: string, x: Tensor): void {
  checkTensor(op, 'x', x);
  if (!x.isContiguous) throw new ArgumentError(`${String(x)} has gaps; use contiguous()`, { op });
}

function checkReduce(name: string, x: Tensor, options: ReduceOptions): ReduceOp {
  checkElements(name, x);
  const { op = 'sum' } = checkOptions(name, options, ['op']);
  if (!['sum', 'mean', 'min', 'max'].includes(op)) {
    throw new ArgumentError(`op is '${String(op)}'; use sum, mean, min or max`, { op: name });
  }
  const isByte = x.dtype === 'uint8' || x.dtype === 'bool';
  if ((op === 'mean' && !isFloat(x.dtype)) || (op === 'sum' && isByte)) {
    const fits = op === 'mean' ? 'float32' : 'int32';
    throw new DtypeError(`a ${op} does not fit ${x.dtype}; use cast('${fits}')`, { op: name, dtype: x.dtype });
  }
  return op;
}
