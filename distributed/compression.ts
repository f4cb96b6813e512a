import type { Tensor, TypedArray } from '../index.ts';
import type { World } from './world.ts';
import { floatsFromHalves, halvesFromFloats } from '../tensor/io/half.ts';
import { Collective } from './collective.ts';
import { described, type Reduction } from './collectives.ts';
import { hostMemoryOf } from './hostMemory.ts';
import { post } from './request.ts';

/**
 * The mean of float32 elements over the ranks, on its way as float16: divided first, so that the sum overflows no sooner than a
 * part of it. MPI knows no float16; it is told how to add.
 *
 * @source PyTorch: `torch.distributed.algorithms.ddp_comm_hooks.default_hooks.fp16_compress_hook`
 */
export class CompressedAllReduce implements Reduction {
  readonly #held: Tensor;
  readonly #memory: ReturnType<typeof hostMemoryOf>;
  readonly #halves: Uint16Array | Promise<Uint16Array>;
  readonly #collective: Collective<Uint16Array>;

  constructor(world: World, x: Tensor) {
    this.#held = x.detach().own();
    this.#memory = hostMemoryOf('allReduce', this.#held);
    const pack = (array: TypedArray): Uint16Array => halvesFromFloats(array.map((value) => value / world.all.size));
    const { elements } = this.#memory;
    this.#halves = elements instanceof Promise ? elements.then(pack) : pack(elements);
    this.#collective = new Collective(world, described('allReduce', x, 'mean as float16'), this.#halves, (halves) =>
      post(world, 'allReduce', 'Iallreduce', (handles) => [
        handles.inPlace,
        halves,
        halves.length,
        handles.types.uint16_t,
        world.mpi!.sumOfHalves(),
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
      elements.set(floatsFromHalves(await this.#halves));
      this.#memory.written();
      return elements;
    } finally {
      this.#held.dispose();
    }
  }
}
