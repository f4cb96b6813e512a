import type { Dtype, TypedArray } from '../../../tensor/dtype.ts';
import type { DeviceOptions, Runtime } from '../../../tensor/runtime.ts';
import type { Block } from './pool.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import type { GpuKernel, Groups } from './plans.ts';
import type { ProgramSource } from './program.ts';
import { DeviceError, DtypeError } from '../../../tensor/errors.ts';
import { assertRunning, forgetDevice } from '../../../tensor/runtime.ts';
import { countOf } from '../../../tensor/storage.ts';
import { GpuClock } from './clock.ts';
import { Commands } from './commands.ts';
import { fromDevice, toDevice, widthOf } from './elements.ts';
import { Faults } from './faults.ts';
import { Plans } from './plans.ts';
import { BlockPool } from './pool.ts';
import { launchOwn } from './ownProgram.ts';
import { Program } from './program.ts';

/** The WebGPU device. A buffer's handle is its block. */
export class WebgpuRuntime implements Runtime {
  readonly name = 'webgpu';
  readonly dtypes: readonly Dtype[];
  readonly floatDtype = 'float32';
  readonly info: Readonly<Record<string, unknown>>;
  readonly device: GPUDevice;
  readonly commands: Commands;
  readonly #pool: BlockPool;
  readonly #faults: Faults;
  readonly #programs = new Map<string, Program>();
  readonly #plans = new Plans(this);
  /** Runs a program made by `wgsl`. */
  readonly launchOwn = launchOwn;
  #clock: GpuClock | undefined;
  ended: string | null = null;

  constructor(device: GPUDevice, info: Record<string, unknown>) {
    this.device = device;
    this.info = info;
    this.dtypes = ['float32', ...(device.features.has('shader-f16') ? (['float16'] as const) : []), 'int32', 'bool'];
    this.#faults = new Faults(device);
    this.#pool = new BlockPool(device, this.#faults);
    this.commands = new Commands(device, this.#pool, this.#faults);
    this.commands.onTrim = (ids) => {
      const gone = new Set(ids);
      for (const program of this.#programs.values()) program.forget(gone);
    };
    this.#pool.onMake = () => this.commands.flush();
    void this.#watchLoss();
  }

  allocate(dtype: Dtype, length: number): Block {
    assertRunning(this, 'allocate');
    if (!this.dtypes.includes(dtype)) {
      const message = `this webgpu device has no ${dtype}; use ${this.dtypes.join(', ')}`;
      throw new DtypeError(message, { op: 'allocate', dtype });
    }
    const block = this.#pool.take(length * widthOf(dtype));
    this.#plans.recording?.made(block, dtype, length);
    return block;
  }

  free(handle: unknown): void {
    if (this.ended !== null) return;
    this.#plans.freed(handle as Block);
    this.#pool.give(handle as Block);
  }

  write(handle: unknown, dtype: Dtype, offset: number, data: TypedArray): void {
    assertRunning(this, 'write');
    this.#plans.recording?.break();
    this.commands.write(handle as Block, offset * widthOf(dtype), toDevice(dtype, data));
  }

  fill(handle: unknown, dtype: Dtype, length: number, value: number): void {
    assertRunning(this, 'fill');
    if (length === 0) return;
    const words = fillWords(dtype, value);
    const block = handle as Block;
    const program = this.program('fill', () => fillSource);
    const count = Math.ceil((length * widthOf(dtype)) / 4);
    const groups = Math.ceil(count / 256);
    const across = Math.min(groups, 65535);
    this.dispatch(program, [block], [0, count, words], [across, Math.ceil(groups / across), 1]);
  }

  async read(handle: unknown, dtype: Dtype, offset: number, length: number): Promise<TypedArray> {
    assertRunning(this, 'read');
    const width = widthOf(dtype);
    // Copies begin at multiples of four bytes.
    const skipped = (offset * width) % 4;
    const reading = this.commands.read(handle as Block, offset * width - skipped, length * width + skipped);
    try {
      return fromDevice(dtype, (await reading).slice(skipped));
    } catch (error) {
      if (error instanceof DeviceError) throw error;
      assertRunning(this, 'read');
      throw new DeviceError(`the read failed: ${(error as Error).message}`, { op: 'read' });
    }
  }

  reserved(): number {
    return this.#pool.reserved;
  }

  /** The program of `key`, built at its first use. */
  program(key: string, source: () => ProgramSource): Program {
    let program = this.#programs.get(key);
    if (!program) {
      // One that failed is built again at its next use, so that it says again why.
      program = new Program(this.device, source(), this.#faults, () => {
        this.#programs.delete(key);
        this.#plans.clear();
      });
      this.#programs.set(key, program);
    }
    return program;
  }

  /** Asks for one run of a program on these blocks; `words` are its parameters, the blocks' offsets first. */
  dispatch(program: Program, blocks: readonly Block[], words: readonly number[], groups: Groups): void {
    this.#plans.recording?.dispatched(program, blocks, words, groups);
    const group = program.group(this.device, this.commands.parameters, blocks);
    this.commands.dispatch(program, group, words, ...groups);
  }

  perform(kernel: GpuKernel, inputs: object, attrs: object, outputs: readonly Tensor[]): void {
    this.#plans.perform(kernel, inputs, attrs, outputs);
  }

  /** Waits until the GPU has done all that was asked for. */
  async finish(): Promise<void> {
    assertRunning(this, 'finish');
    this.commands.flush();
    await this.device.queue.onSubmittedWorkDone();
    await this.#faults.settle();
  }

  secondsOf(body: () => void): Promise<number> {
    assertRunning(this, 'secondsOf');
    return (this.#clock ??= new GpuClock(this)).seconds(body);
  }

  assertOffers({ features = [], unsafe = false }: DeviceOptions): void {
    const missing = features.filter((feature) => !this.device.features.has(feature));
    if (unsafe && this.info['unsafe'] === false) missing.push('unsafe features');
    if (missing.length === 0) return;
    throw new DeviceError(`the webgpu device runs already, without ${missing.join(', ')}; dispose() it first`, {
      op: 'device',
      missing,
    });
  }

  dispose(): void {
    if (this.ended !== null) return;
    this.#end('was ended by dispose()');
    this.device.destroy();
  }

  async #watchLoss(): Promise<void> {
    const { reason, message } = await this.device.lost;
    const { tensors, bytes } = countOf(this);
    const why = reason === 'destroyed' ? 'it was destroyed' : message;
    this.#end(`was lost (${why}), and with it ${tensors} tensors of ${bytes} bytes`);
  }

  #end(how: string): void {
    this.ended ??= how;
    forgetDevice(this);
  }
}

const fillSource: ProgramSource = {
  name: 'fill',
  buffers: [['x', 'u32', 'write']],
  params: [
    ['count', 'u32'],
    ['value', 'u32'],
  ],
  workgroupSize: [256],
  body: `  let i = (group.y * groups.x + group.x) * 256 + lane;
  if (i < params.count) { x[i] = params.value; }`,
};

/** The value's bits, repeated to four bytes. */
function fillWords(dtype: Dtype, value: number): number {
  const bytes = new Uint8Array(4);
  const one = toDevice(dtype, dtype === 'int32' ? Int32Array.of(value, value) : Float32Array.of(value, value));
  bytes.set(new Uint8Array(one.buffer, one.byteOffset, 4));
  return new Uint32Array(bytes.buffer)[0]!;
}
