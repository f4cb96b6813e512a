// What kernels have asked for, remembered: a kernel that is given tensors of the same layouts and the same attributes asks for the
// same dispatches, so its planning (tiles, programs, parameters) is done once, and a training step repeats what the last one did.

import type { Dtype } from '../../../tensor/dtype.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import type { Block } from './pool.ts';
import type { Program } from './program.ts';
import type { WebgpuRuntime } from './runtime.ts';
import { Storage } from '../../../tensor/storage.ts';
import { Signature } from './signature.ts';

export type GpuKernel = (inputs: object, attrs: object, outputs: readonly Tensor[]) => void;
export type Groups = readonly [x: number, y: number, z: number];

/** What is done again. Buffers are numbered: the kernel's tensors in their order, then its temporaries as they are made. */
type Step =
  | { readonly kind: 'make'; readonly dtype: Dtype; readonly length: number }
  | { readonly kind: 'free'; readonly buffer: number }
  | {
      readonly kind: 'dispatch';
      readonly program: Program;
      readonly buffers: readonly number[];
      readonly words: readonly number[];
      readonly groups: Groups;
    };

interface Plan {
  readonly signature: Float64Array;
  readonly steps: readonly Step[];
}

/** Plans of one kernel, by the hash of what they are for. */
interface Known {
  readonly plans: Map<number, Plan[]>;
  count: number;
  hits: number;
}

/** A kernel whose attributes change with each call (a seed) is not worth remembering. */
const mostPlans = 256;

/** What a kernel asks for while it runs. */
class Recording {
  readonly steps: Step[] = [];
  readonly #numbers = new Map<Block, number>();
  #next = 0;
  /** Temporaries that were not freed. */
  #open = 0;
  /** Set where something was done that cannot be done again: an upload, a buffer from elsewhere. */
  isBroken = false;

  /** @param operands the blocks of the kernel's tensors */
  constructor(operands: readonly Block[]) {
    for (const block of operands) {
      // Of two that share a buffer the first: the signature says which do.
      if (!this.#numbers.has(block)) this.#numbers.set(block, this.#next);
      this.#next++;
    }
  }

  get isWhole(): boolean {
    return !this.isBroken && this.#open === 0;
  }

  made(block: Block, dtype: Dtype, length: number): void {
    this.#numbers.set(block, this.#next++);
    this.#open++;
    this.steps.push({ kind: 'make', dtype, length });
  }

  freed(block: Block, operands: number): void {
    const buffer = this.#numbers.get(block);
    if (buffer === undefined || buffer < operands) return this.break();
    this.#numbers.delete(block);
    this.#open--;
    this.steps.push({ kind: 'free', buffer });
  }

  dispatched(program: Program, blocks: readonly Block[], words: readonly number[], groups: Groups): void {
    const buffers = blocks.map((block) => this.#numbers.get(block) ?? -1);
    if (buffers.includes(-1)) return this.break();
    this.steps.push({ kind: 'dispatch', program, buffers, words: [...words], groups });
  }

  break(): void {
    this.isBroken = true;
  }
}

export class Plans {
  readonly #runtime: WebgpuRuntime;
  /** Null for a kernel that is not worth it. */
  #known = new Map<GpuKernel, Known | null>();
  readonly #signature = new Signature();
  #recording: Recording | null = null;
  #operands = 0;

  constructor(runtime: WebgpuRuntime) {
    this.#runtime = runtime;
  }

  /** What runs now and is to be remembered; null if nothing is. */
  get recording(): Recording | null {
    return this.#recording;
  }

  /** Notes that a temporary was freed. */
  freed(block: Block): void {
    this.#recording?.freed(block, this.#operands);
  }

  /** Runs the kernel, or repeats what it asked for when it was given such tensors and attributes before. */
  perform(kernel: GpuKernel, inputs: object, attrs: object, outputs: readonly Tensor[]): void {
    const known = this.#knownOf(kernel);
    // A kernel's own ops are part of what it does.
    if (this.#recording || !known || !this.#signature.read(inputs, attrs, outputs))
      return kernel(inputs, attrs, outputs);
    const { hash, blocks } = this.#signature;
    const plan = known.plans.get(hash)?.find(({ signature }) => this.#signature.equals(signature));
    if (plan) {
      known.hits++;
      return this.#repeat(plan.steps, blocks);
    }
    const signature = this.#signature.copy();
    const recording = (this.#recording = new Recording(blocks));
    this.#operands = blocks.length;
    try {
      kernel(inputs, attrs, outputs);
    } finally {
      this.#recording = null;
    }
    if (recording.isWhole) this.#remember(kernel, known, hash, { signature, steps: recording.steps });
  }

  #knownOf(kernel: GpuKernel): Known | null {
    let known = this.#known.get(kernel);
    if (known === undefined) this.#known.set(kernel, (known = { plans: new Map(), count: 0, hits: 0 }));
    return known;
  }

  #remember(kernel: GpuKernel, known: Known, hash: number, plan: Plan): void {
    if (known.count === mostPlans) {
      this.#known.set(kernel, known.hits < known.count ? null : { plans: new Map(), count: 0, hits: 0 });
      return;
    }
    known.count++;
    const alike = known.plans.get(hash);
    if (alike) alike.push(plan);
    else known.plans.set(hash, [plan]);
  }

  /** @param blocks the kernel's tensors'; its temporaries' are added */
  #repeat(steps: readonly Step[], blocks: Block[]): void {
    /** By number, like the blocks; few kernels have any. */
    let made: Storage[] | undefined;
    for (const step of steps) {
      if (step.kind === 'dispatch') {
        const bound: Block[] = [];
        for (const buffer of step.buffers) bound.push(blocks[buffer]!);
        this.#runtime.dispatch(step.program, bound, step.words, step.groups);
      } else if (step.kind === 'make') {
        const storage = new Storage(this.#runtime, step.dtype, step.length);
        (made ??= [])[blocks.length] = storage;
        blocks.push(storage.handle as Block);
      } else made![step.buffer]!.release();
    }
  }

  /** Forgets all: a program among them failed. */
  clear(): void {
    this.#known = new Map();
  }
}
