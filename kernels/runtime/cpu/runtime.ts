import type { Dtype, TypedArray } from '../../../tensor/dtype.ts';
import type { DeviceFactory, Runtime } from '../../../tensor/runtime.ts';
import type { Engine } from './instance.ts';
import { byteSize, checkDtype } from '../../../tensor/dtype.ts';
import { DtypeError } from '../../../tensor/errors.ts';
import { eventLoopTurn } from '../../../tensor/eventLoop.ts';
import { assertRunning, forgetDevice } from '../../../tensor/runtime.ts';
import { engine, stopEngine } from './instance.ts';
import { isRevectorized } from './revectorize.ts';
import { threads } from './threads.ts';

/** A loop that awaits nothing but reads lets signals, timers and a page's events in this often, in milliseconds. */
const turnEvery = 50;

/** The WebAssembly device. A buffer's handle is its byte address. */
class CpuRuntime implements Runtime {
  readonly name = 'cpu';
  readonly dtypes: readonly Dtype[] = ['float32', 'int32', 'uint8', 'bool'];
  readonly floatDtype = 'float32';
  readonly info: Readonly<Record<string, unknown>>;
  /** What `pointer` compares, so that an address of an ended device is never used. */
  readonly engine: Engine = engine();
  ended: string | null = null;
  #turnDue = performance.now() + turnEvery;

  constructor() {
    const { simd, pool } = this.engine;
    this.info = {
      simd,
      revectorized: isRevectorized(),
      sharedMemory: pool !== null,
      get threads() {
        return threads();
      },
      get threadsFailure() {
        return pool?.failure ?? null;
      },
    };
  }

  allocate(dtype: Dtype, length: number): number {
    assertRunning(this, 'allocate');
    return this.engine.allocator.allocate(length * byteSize[dtype]);
  }

  free(handle: unknown): void {
    if (this.ended === null) this.engine.allocator.free(handle as number);
  }

  write(handle: unknown, dtype: Dtype, offset: number, data: TypedArray): void {
    this.view(handle, dtype, offset, data.length, 'write').set(data);
  }

  fill(handle: unknown, dtype: Dtype, length: number, value: number): void {
    this.view(handle, dtype, 0, length, 'fill').fill(value);
  }

  read(handle: unknown, dtype: Dtype, offset: number, length: number): Promise<TypedArray> {
    const data = this.readNow(handle, dtype, offset, length);
    if (performance.now() < this.#turnDue) return Promise.resolve(data);
    return eventLoopTurn().then(() => {
      this.#turnDue = performance.now() + turnEvery;
      return data;
    });
  }

  readNow(handle: unknown, dtype: Dtype, offset: number, length: number): TypedArray {
    return this.view(handle, dtype, offset, length, 'read').slice();
  }

  reserved(): number {
    return this.engine.allocator.reserved;
  }

  dispose(): void {
    if (this.ended !== null) return;
    this.ended = 'was ended by dispose()';
    stopEngine();
    forgetDevice(this);
  }

  /** Made anew for every use: growing a memory that is not shared ends the old views. */
  view(handle: unknown, dtype: Dtype, offset: number, length: number, op = 'view'): TypedArray {
    assertRunning(this, op);
    const { buffer } = this.engine.memory;
    const address = (handle as number) + offset * byteSize[dtype];
    switch (dtype) {
      case 'float32':
        return new Float32Array(buffer, address, length);
      case 'int32':
        return new Int32Array(buffer, address, length);
      case 'uint8':
      case 'bool':
        return new Uint8Array(buffer, address, length);
      default:
        checkDtype(op, dtype);
        throw new DtypeError(`the cpu device has no ${dtype}; use ${this.dtypes.join(', ')}`, { op, dtype });
    }
  }
}

/** Starts at once or after waiting: it is the same. */
export const cpu: DeviceFactory = {
  startNow: () => new CpuRuntime(),
  start: async () => new CpuRuntime(),
};
