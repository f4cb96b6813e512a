import type { Faults } from './faults.ts';
import { DeviceError } from '../../../tensor/errors.ts';

/** One GPUBuffer. A tensor has one of its own: ranges of one buffer cannot be input and output of the same dispatch. */
export interface Block {
  readonly id: number;
  readonly buffer: GPUBuffer;
  readonly bytes: number;
}

const usage = 0x80 | 0x4 | 0x8; // STORAGE | COPY_SRC | COPY_DST
/**
 * Free blocks may hold as much as this, or so many times what was in use at once, before they are given back: at the end of a
 * training step all that it used is free, and the next one wants it again.
 */
const mostFree = 2 ** 32;
const spare = 1.25;

/**
 * Blocks by size, the oldest first: which one is taken depends on which are free, not on the order in which they came back, so
 * each training step finds the buffers of the last, and with them its bind groups. (Last in first out, a step gave them back in
 * another order, and went on making groups.) A block that comes back is used again at once, since all work runs in one queue;
 * it is destroyed only after a flush.
 */
export class BlockPool {
  readonly #device: GPUDevice;
  readonly #faults: Faults;
  readonly #largest: number;
  readonly #free = new Map<number, Block[]>();
  /** Blocks that the device had no memory for: which they are is heard of later, and none is used again. */
  readonly #failed = new Set<number>();
  #isShort = false;
  #nextId = 1;
  #freeBytes = 0;
  /** Called before a block is made: what was asked for before is not to be lost with one that there is no memory for. */
  onMake: () => void = () => {};
  /** The most bytes that were in use at once. */
  #mostTaken = 0;
  /** Bytes of all blocks. */
  reserved = 0;

  constructor(device: GPUDevice, faults: Faults) {
    this.#device = device;
    this.#faults = faults;
    const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
    this.#largest = Math.min(maxStorageBufferBindingSize, maxBufferSize);
  }

  take(bytes: number): Block {
    const block = this.#find(bytes);
    this.#mostTaken = Math.max(this.#mostTaken, this.reserved - this.#freeBytes);
    return block;
  }

  #find(bytes: number): Block {
    if (bytes > this.#largest) {
      const advice = `this adapter binds at most ${this.#largest}; split it along an axis`;
      throw new DeviceError(`a tensor of ${bytes} bytes is larger than a WebGPU buffer; ${advice}`, {
        op: 'allocate',
        bytes,
        most: this.#largest,
      });
    }
    const size = Math.min(sizeClass(bytes), this.#largest);
    const free = this.#free.get(size);
    for (let block = free?.pop(); block; block = free!.pop()) {
      this.#freeBytes -= size;
      if (!this.#failed.delete(block.id)) return block;
    }
    return this.#make(size, bytes);
  }

  #make(size: number, bytes: number): Block {
    this.onMake();
    const id = this.#nextId++;
    const { reserved } = this;
    this.reserved += size;
    const explain = (message: string): DeviceError => {
      this.#failed.add(id);
      this.#isShort = true;
      this.reserved -= size;
      const why = `no memory for a tensor of ${bytes} bytes beside ${reserved} that are taken (${message.split('\n')[0]})`;
      return new DeviceError(`${why}; free tensors or take a smaller batch`, { op: 'allocate', bytes, reserved });
    };
    const buffer = this.#faults.watch(() => this.#device.createBuffer({ size, usage }), explain);
    return { id, buffer, bytes: size };
  }

  give(block: Block): void {
    const list = this.#free.get(block.bytes);
    if (list) list.splice(placeOf(block.id, list), 0, block);
    else this.#free.set(block.bytes, [block]);
    this.#freeBytes += block.bytes;
  }

  /** Whether the next flush should be followed by a trim. */
  get isFull(): boolean {
    return this.#freeBytes > Math.max(mostFree, spare * this.#mostTaken) || this.#isShort;
  }

  /** Destroys the free blocks; nothing that is not submitted may use them. Returns their ids. */
  trim(): number[] {
    const blocks = [...this.#free.values()].flat();
    for (const { id, buffer, bytes } of blocks) {
      if (!this.#failed.delete(id)) this.reserved -= bytes;
      buffer.destroy();
    }
    this.#free.clear();
    this.#freeBytes = 0;
    this.#isShort = false;
    return blocks.map(({ id }) => id);
  }
}

/** Where a block of that number goes in a list whose numbers fall, so that the oldest block is the next to be taken. */
function placeOf(id: number, list: readonly Block[]): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]!.id > id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Eight sizes to each doubling, so that at most an eighth is wasted; multiples of 256 from 2 KiB on. */
export function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256;
  if (bytes <= 2048) return (bytes + 255) & ~255;
  // Bits without a logarithm where they are countable: this is asked for each tensor that is made.
  const bits = bytes <= 2 ** 31 ? 31 - Math.clz32(bytes - 1) : Math.floor(Math.log2(bytes - 1));
  const step = 2 ** (bits - 3);
  return Math.ceil(bytes / step) * step;
}
