import type { Block, BlockPool } from './pool.ts';
import type { Faults } from './faults.ts';
import type { Program } from './program.ts';
import { DeviceError } from '../../../tensor/errors.ts';

/** Bytes between the parameters of two dispatches: what dynamic offsets are aligned to everywhere. */
const slotBytes = 256;
/** Dispatches between submits, so that the GPU starts while more work is written. */
const mostDispatches = 256;
/** Buffers for reads of up to so many bytes are kept for the next read. */
const mostKept = 2 ** 16;

/**
 * The one way to the GPU: dispatches are noted, and written into one pass of one encoder when all of it is submitted, on a
 * read, an upload, or by count. (Written one by one, between the ops that ask for them, each takes longer: what the CPU needs
 * for it is no longer in its caches.)
 */
export class Commands {
  readonly #device: GPUDevice;
  readonly #pool: BlockPool;
  readonly #faults: Faults;
  /** What is asked for, and was not submitted. */
  readonly #pipelines: GPUComputePipeline[] = [];
  readonly #bound: GPUBindGroup[] = [];
  /** Workgroups along x, y, z. */
  readonly #sizes = new Uint32Array(3 * mostDispatches);
  #count = 0;
  readonly #parameters: GPUBuffer;
  readonly #words = new Uint32Array((mostDispatches * slotBytes) / 4);
  readonly #floats = new Float32Array(this.#words.buffer);
  readonly #staging = new Map<number, GPUBuffer[]>();
  /** Of each pass that begins from now on: where to write timestamps, for one. */
  describePass: (() => GPUComputePassDescriptor) | undefined;
  #onTrim: (ids: readonly number[]) => void = () => {};

  constructor(device: GPUDevice, pool: BlockPool, faults: Faults) {
    this.#device = device;
    this.#pool = pool;
    this.#faults = faults;
    this.#parameters = device.createBuffer({ size: mostDispatches * slotBytes, usage: 0x40 | 0x8 }); // UNIFORM | COPY_DST
  }

  /** Where each dispatch's parameters lie. */
  get parameters(): GPUBuffer {
    return this.#parameters;
  }

  set onTrim(listener: (ids: readonly number[]) => void) {
    this.#onTrim = listener;
  }

  /**
   * @param words the program's parameters, as many as it declares
   */
  dispatch(program: Program, group: GPUBindGroup, words: readonly number[], x: number, y: number, z: number): void {
    if (this.#count === mostDispatches) this.flush();
    const index = this.#count++;
    const at = index * (slotBytes / 4);
    const { kinds } = program;
    for (let i = 0; i < words.length; i++) {
      if (kinds[i] === 'f32') this.#floats[at + i] = words[i]!;
      else this.#words[at + i] = words[i]!;
    }
    this.#pipelines[index] = program.pipeline;
    this.#bound[index] = group;
    this.#sizes[3 * index] = x;
    this.#sizes[3 * index + 1] = y;
    this.#sizes[3 * index + 2] = z;
  }

  /** Overwrites part of a block after all that was asked for before. */
  write(block: Block, offset: number, data: ArrayBufferView): void {
    this.flush();
    this.#device.queue.writeBuffer(block.buffer, offset, data.buffer, data.byteOffset, data.byteLength);
  }

  /** The bytes as they are after all that was asked for before; the copy is on its way when this returns. */
  read(block: Block, offset: number, bytes: number): Promise<ArrayBuffer> {
    const length = 4 * Math.ceil(bytes / 4);
    const staging = this.#stage(length);
    this.#submit((encoder) => encoder.copyBufferToBuffer(block.buffer, offset, staging, 0, length));
    this.#trim();
    return this.#take(staging, length, bytes);
  }

  /** A buffer that the host can read. Small ones come in few sizes and are used again. */
  #stage(length: number): GPUBuffer {
    const size = length > mostKept ? length : Math.max(256, 2 ** Math.ceil(Math.log2(length)));
    return (
      this.#staging.get(size)?.pop() ??
      this.#faults.watch(
        () => this.#device.createBuffer({ size, usage: 0x1 | 0x8 }), // MAP_READ | COPY_DST
        (message) => new DeviceError(`no memory to read ${length} bytes: ${message.split('\n')[0]}`, { op: 'read' }),
      )
    );
  }

  async #take(staging: GPUBuffer, length: number, bytes: number): Promise<ArrayBuffer> {
    try {
      await this.#map(staging, length);
    } catch (error) {
      staging.destroy();
      throw error;
    }
    const data = staging.getMappedRange(0, length).slice(0, bytes);
    staging.unmap();
    const { size } = staging;
    const kept = this.#staging.get(size);
    if (size > mostKept) staging.destroy();
    else if (kept) kept.push(staging);
    else this.#staging.set(size, [staging]);
    return data;
  }

  /** What went wrong before says more than that a buffer cannot be mapped. */
  async #map(staging: GPUBuffer, length: number): Promise<void> {
    try {
      await staging.mapAsync(0x1, 0, length);
    } finally {
      await this.#faults.settle();
    }
  }

  /** Submits what was asked for. */
  flush(): void {
    if (this.#count > 0) this.#submit();
    this.#trim();
  }

  #trim(): void {
    if (this.#pool.isFull) this.#onTrim(this.#pool.trim());
  }

  /** @param last what comes after the dispatches */
  #submit(last?: (encoder: GPUCommandEncoder) => void): void {
    const { queue } = this.#device;
    const encoder = this.#device.createCommandEncoder();
    const count = this.#count;
    if (count > 0) {
      this.#writePass(encoder.beginComputePass(this.describePass?.()), count);
      queue.writeBuffer(this.#parameters, 0, this.#words, 0, (count * slotBytes) / 4);
      this.#count = 0;
    }
    last?.(encoder);
    this.#faults.watch(
      () => queue.submit([encoder.finish()]),
      (message) => new DeviceError(`submitted work was refused: ${message}`, { op: 'webgpu' }),
    );
  }

  #writePass(pass: GPUComputePassEncoder, count: number): void {
    const sizes = this.#sizes;
    const offset = [0];
    let current: GPUComputePipeline | null = null;
    for (let i = 0; i < count; i++) {
      const pipeline = this.#pipelines[i]!;
      if (pipeline !== current) pass.setPipeline(pipeline);
      current = pipeline;
      offset[0] = i * slotBytes;
      pass.setBindGroup(0, this.#bound[i]!, offset);
      pass.dispatchWorkgroups(sizes[3 * i]!, sizes[3 * i + 1], sizes[3 * i + 2]);
    }
    pass.end();
  }
}
