import type { Parameter } from '../nn/index.ts';
import type { World } from './world.ts';
import { ArgumentError, GradError, tensor } from '../index.ts';
import { Module } from '../nn/index.ts';
import { checkOptions } from '../tensor/options.ts';
import { formatShape } from '../tensor/shape.ts';
import { Bucket, planBuckets } from './buckets.ts';
import { AllReduce, broadcast } from './collectives.ts';
import { Comparison, expectSame } from './comparison.ts';
import { CompressedAllReduce } from './compression.ts';
import { worldOf } from './world.ts';

export interface DataParallelOptions {
  /** The most MiB of gradients that travel together; the first to come travel in 1 MiB. Default 25, as in PyTorch. */
  bucketCapMb?: number;
  /** Gradients travel as float16: half the bytes, 11 bits of each; for slow networks. */
  compression?: 'float16';
  /** After each step all ranks take rank 0's buffers, such as running statistics. Default true. */
  broadcastBuffers?: boolean;
}

/**
 * A model that is trained by all ranks at once, each on its own part of the batch: `wrap` gives all of them rank 0's parameters,
 * and `synchronize()` the mean of their gradients. Gradients travel in buckets, which start as soon as backward has filled them.
 *
 * For a loss that is a mean over samples, and parts of equal size, the gradient is that of one process with the whole batch, but
 * for rounding. A run gives the same bits each time on the same number of ranks.
 *
 * @source PyTorch: `torch.nn.parallel.DistributedDataParallel`; Horovod's `synchronize`
 * @example
 * await init();
 * const model = await DistributedDataParallel.wrap(new nn.Linear(3, 2));
 * const optimizer = new nn.optim.SGD(model.parameters(), { lr: 0.1 });
 * scope(() => model.forward(ones([4, 3])).square().mean().backward());
 * await model.synchronize();
 * optimizer.step();
 */
export class DistributedDataParallel<M extends Module> extends Module {
  /** The model itself: what is saved, and evaluated. */
  readonly module: M;
  readonly #world: World;
  readonly #options: DataParallelOptions;
  /** The trained parameters, in the order of the model. */
  readonly #trained: readonly Parameter[];
  readonly #removers: readonly (() => void)[];
  /** How often each parameter had been written when the round's first gradient came; empty between rounds. */
  readonly #versions = new Map<Parameter, number>();
  /** In the order in which they go. */
  #buckets: readonly Bucket[] = [];
  readonly #bucketOf = new Map<Parameter, Bucket>();
  /** Whether the buckets follow the order in which gradients came, or still guess. */
  #isOrdered = false;
  #isAccumulating = false;

  private constructor(module: M, world: World, options: DataParallelOptions) {
    super();
    this.module = module;
    this.#world = world;
    this.#options = options;
    this.#trained = module.parameters().filter(({ requiresGrad }) => requiresGrad);
    this.#plan(this.#trained.toReversed());
    this.#removers = this.#trained.map((parameter) =>
      parameter.registerPostAccumulateGradHook(() => this.#arrived(parameter)),
    );
  }

  /**
   * Compares the models of all ranks, and overwrites parameters and buffers with rank 0's.
   *
   * @throws ArgumentError for a `bucketCapMb` that is no positive number; DistributedError that names the first parameter or buffer
   *   by which the ranks' models differ
   */
  static async wrap<M extends Module>(
    module: M,
    options: DataParallelOptions = {},
  ): Promise<DistributedDataParallel<M>> {
    const op = 'DistributedDataParallel';
    const { bucketCapMb = 25, compression } = checkOptions(op, options, [
      'bucketCapMb',
      'compression',
      'broadcastBuffers',
    ]);
    if (!(bucketCapMb > 0)) throw new ArgumentError(`bucketCapMb is ${bucketCapMb}; give MiB above 0`, { op });
    if (compression !== undefined && compression !== 'float16') {
      throw new ArgumentError(`compression is '${String(compression)}'; only 'float16' is known`, { op });
    }
    if (!module.parameters().some(({ requiresGrad }) => requiresGrad)) {
      throw new ArgumentError(`${module.constructor.name} has no parameter that requires a gradient`, { op });
    }
    const world = worldOf(op);
    await expectSameModel(world, module);
    const tensors = [...module.parameters(), ...module.buffers()];
    await Promise.all(tensors.map((tensor) => broadcast(tensor)));
    return new DistributedDataParallel(module, world, options);
  }

  /** The model's own. @throws GradError between a backward and its `synchronize()` */
  forward(...inputs: Parameters<M['forward']>): ReturnType<M['forward']> {
    if (this.#versions.size > 0) throw unsynchronized('forward');
    return this.module.forward(...inputs) as ReturnType<M['forward']>;
  }

  /**
   * Runs `body`, whose backward adds to the gradients of this rank alone: for all but the last of several parts of a batch.
   *
   * @source PyTorch: `DistributedDataParallel.no_sync`
   */
  noSync<T>(body: () => T): T {
    this.#isAccumulating = true;
    try {
      return body();
    } finally {
      this.#isAccumulating = false;
    }
  }

  /**
   * Resolves when every `.grad` is the mean over the ranks, before which the optimizer must not step. A parameter that this rank
   * has not used gets the gradient of those that have. Call it on all ranks, once after each backward that is not in `noSync`.
   *
   * @throws GradError when a parameter was written since backward; DistributedError when MPI fails or a rank has ended
   */
  async synchronize(): Promise<void> {
    for (const [parameter, version] of this.#versions) {
      if (parameter.storage.version !== version) throw unsynchronized(parameter.storage.writer);
    }
    for (const bucket of this.#buckets) if (!bucket.isLaunched) this.#launch(bucket);
    for (const bucket of this.#buckets) await bucket.deliver();
    if (!this.#isOrdered) await this.#order();
    this.#versions.clear();
    const { broadcastBuffers = true } = this.#options;
    if (broadcastBuffers) await Promise.all(this.module.buffers().map((buffer) => broadcast(buffer)));
  }

  /** Gives the model back: its gradients are its own again. */
  unwrap(): M {
    this.#removers.forEach((remove) => remove());
    return this.module;
  }

  #plan(parameters: readonly Parameter[]): void {
    const { bucketCapMb = 25 } = this.#options;
    this.#buckets = planBuckets(parameters, bucketCapMb * 2 ** 20).map((group) => new Bucket(group));
    for (const bucket of this.#buckets)
      for (const parameter of bucket.parameters) this.#bucketOf.set(parameter, bucket);
  }

  /** Plans the buckets anew, after rank 0's first round: by when gradients came, those that did not at last. */
  async #order(): Promise<void> {
    this.#isOrdered = true;
    const arrived = [...this.#versions.keys()];
    const absent = this.#trained.filter((parameter) => !this.#versions.has(parameter));
    const places = Int32Array.from([...arrived, ...absent], (parameter) => this.#trained.indexOf(parameter));
    using order = tensor(places, { device: this.#trained[0]!.device });
    await broadcast(order);
    this.#plan(Array.from(await order.data(), (place) => this.#trained[place]!));
  }

  #arrived(parameter: Parameter): void {
    if (this.#isAccumulating) return;
    const bucket = this.#bucketOf.get(parameter)!;
    if (bucket.ready.has(parameter)) throw unsynchronized('backward');
    bucket.ready.add(parameter);
    this.#versions.set(parameter, parameter.storage.version);
    // In one order on all ranks, whatever the order in which their buckets fill.
    for (const next of this.#buckets) {
      if (next.isLaunched) next.progress();
      else if (next.isFull) this.#launch(next);
      else break;
    }
  }

  #launch(bucket: Bucket): void {
    const world = this.#world;
    const Reduce = this.#options.compression ? CompressedAllReduce : AllReduce;
    bucket.launch((flat) => new Reduce(world, flat, 'mean'));
  }
}

function unsynchronized(op: string): GradError {
  const message = `the gradients of the last backward are this rank's alone; await synchronize() after each backward, or run all but the last in noSync()`;
  return new GradError(message, { op });
}

/** Compares the models name by name, so that the first that differs can be told. */
async function expectSameModel(world: World, module: Module): Promise<void> {
  if (!world.mpi) return;
  const lines = [...module.namedParameters(), ...module.namedBuffers()].map(
    ([path, { dtype, shape, requiresGrad }]) =>
      `${path} ${dtype} ${formatShape(shape)}${requiresGrad ? '' : ', not trained'}`,
  );
  const compare = (line: string): Comparison => new Comparison(world, world.control, 'DistributedDataParallel', line);
  const counts = await compare(String(lines.length)).texts();
  const longest = Math.max(...counts.map(Number));
  const comparisons = Array.from({ length: longest }, (_, i) => compare(lines[i] ?? 'nothing more'));
  for (const comparison of comparisons) {
    await expectSame(world, 'DistributedDataParallel', comparison, {
      verb: 'has',
      right: 'all ranks must have the same model',
    });
  }
}
