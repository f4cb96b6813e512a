import type { Faults } from './faults.ts';
import { DeviceError } from '../../../tensor/errors.ts';

/** One GPUBuffer. A tensor has one of its own: ranges of one buffer cannot be input and output of the same dispatch. */
export interface Block {
  readonly id: number;
  readonly buffer: GPUBuffer;
  readonly bytes: number;
}

const usage = 0x80 | 0x4 | 0x8; // STORAGE | COPY_SRC | COPY_DST
/** Free blocks may hold as much as this before some are given back. */
const mostFree = 2 ** 32;

/**
 * Blocks by size, last in first out: each training step finds the buffers of the last, and with them its bind groups. A block
 * that comes back is used again at once, since all work runs in one queue; it is destroyed only after a flush.
 */
export class BlockPool {
  readonly #device: GPUDevice;
  readonly #largest: number;
  readonly #free = new Map<number, Block[]>();
  #nextId = 1;
  #freeBytes = 0;
  /** Bytes of all blocks. */
  reserved = 0;

  readonly #faults: Faults;

  constructor(device: GPUDevice, faults: Faults) {
    this.#device = device;
    this.#faults = faults;
    const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
    this.#largest = Math.min(maxStorageBufferBindingSize, maxBufferSize);
  }

  take(bytes: number): Block {
    if (bytes > this.#largest) {
      const advice = `this adapter binds at most ${this.#largest}; split it along an axis`;
      throw new DeviceError(`a tensor of ${bytes} bytes is larger than a WebGPU buffer; ${advice}`, {
        op: 'allocate',
        bytes,
      });
    }
    const size = Math.min(sizeClass(bytes), this.#largest);
    const free = this.#free.get(size)?.pop();
    if (free) {
      this.#freeBytes -= size;
      return free;
    }
    this.reserved += size;
    const buffer = this.#faults.watch(
      () => this.#device.createBuffer({ size, usage }),
      (message) => new DeviceError(`no memory for a tensor of ${bytes} bytes: ${message}`, { op: 'allocate', bytes }),
    );
    return { id: this.#nextId++, buffer, bytes: size };
  }

  give(block: Block): void {
    const list = this.#free.get(block.bytes);
    if (list) list.push(block);
    else this.#free.set(block.bytes, [block]);
    this.#freeBytes += block.bytes;
  }

  get isFull(): boolean {
    return this.#freeBytes > mostFree;
  }

  /** Destroys the free blocks; nothing that is not submitted may use them. Returns their ids. */
  trim(): number[] {
    const ids: number[] = [];
    for (const list of this.#free.values()) {
      for (const { id, buffer, bytes } of list) {
        ids.push(id);
        this.reserved -= bytes;
        buffer.destroy();
      }
    }
    this.#free.clear();
    this.#freeBytes = 0;
    return ids;
  }
}

/** Eight sizes to each doubling, so that at most an eighth is wasted; multiples of 256 from 2 KiB on. */
export function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256;
  const step = Math.max(256, 2 ** (Math.floor(Math.log2(bytes - 1)) - 3));
  return Math.ceil(bytes / step) * step;
}
