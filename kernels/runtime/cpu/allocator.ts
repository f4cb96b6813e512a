import { DeviceError } from '../../../tensor/errors.ts';

/** The memory that an allocator hands out: addresses [base, bytes()), growing in place. */
export interface Arena {
  readonly base: number;
  /** It never grows beyond this many bytes. */
  readonly limit: number;
  bytes(): number;
  /** Grows to at least `bytes`; false when the system has no more. */
  growTo(bytes: number): boolean;
}

/** Blocks start at, and are as long as, multiples of this: a cache line, and room for any SIMD load. */
const alignment = 64;
/** Size classes per power of two, as a power of two. A block is at most 1/32 longer than was asked for. */
const log2Classes = 5;
const classes = 1 << log2Classes;
/** Growth by a quarter of the present size keeps the number of growths logarithmic; never less than this many bytes. */
const smallestGrowth = 1 << 20;

/** A stretch of memory, chained with its neighbours in address order and, while free, with others of its size class. */
class Block {
  address: number;
  units: number;
  free = false;
  below: Block | null = null;
  above: Block | null = null;
  previous: Block | null = null;
  next: Block | null = null;

  constructor(address: number, units: number) {
    this.address = address;
    this.units = units;
  }
}

/**
 * Two-level segregated fit: finds, splits, frees and merges in constant time. Its records live outside the memory
 * it manages, so that a kernel that writes out of bounds cannot break them.
 *
 * @source Masmano, Ripoll, Crespo, Real: TLSF, a new dynamic memory allocator for real-time systems (2004)
 */
export class Allocator {
  /** Bytes in use now, and the most there ever were. */
  live = 0;
  peak = 0;
  readonly #arena: Arena;
  readonly #used = new Map<number, Block>();
  readonly #heads: (Block | null)[] = Array.from({ length: 32 * classes }, () => null);
  /** Bit i of #rows: some list of row i has a block; bit j of #lists[i]: list j of row i has one. */
  #rows = 0;
  readonly #lists = new Int32Array(32);
  /** The block with the highest address. */
  #top: Block | null = null;
  #end: number;

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#end = arena.base;
  }

  /** Bytes taken from the system. */
  get reserved(): number {
    return this.#arena.bytes();
  }

  /**
   * The address of `bytes` unset bytes, a multiple of 64.
   *
   * @throws DeviceError when neither a free block nor the rest of the memory is long enough
   */
  allocate(bytes: number): number {
    if (!(bytes >= 0 && bytes <= this.#arena.limit)) throw this.#exhausted(bytes);
    const units = roundUp(Math.max(1, Math.ceil(bytes / alignment)));
    const block = this.#find(units) ?? this.#grow(units, bytes);
    this.#unlink(block);
    if (block.units > units) this.#split(block, units);
    this.#used.set(block.address, block);
    this.live += block.units * alignment;
    if (this.live > this.peak) this.peak = this.live;
    return block.address;
  }

  /** @throws DeviceError when `address` is not one that `allocate` gave and that is still in use */
  free(address: number): void {
    const block = this.#used.get(address);
    if (!block)
      throw new DeviceError(`nothing is allocated at ${address}; it was freed before or never allocated`, {
        op: 'free',
        address,
      });
    this.#used.delete(address);
    this.live -= block.units * alignment;
    const { below, above } = block;
    if (above?.free) this.#absorb(block, above);
    if (!below?.free) return this.#link(block);
    this.#absorb(below, block);
    this.#link(below);
  }

  /** The free stretches in address order, for tests. */
  freeBlocks(): { address: number; bytes: number }[] {
    const found = [];
    for (let block = this.#top; block; block = block.below) {
      if (block.free) found.unshift({ address: block.address, bytes: block.units * alignment });
    }
    return found;
  }

  /** A free block of at least `units`, which is a class's smallest size: any block of that class or above will do. */
  #find(units: number): Block | null {
    const index = classOf(units);
    let row = index >> log2Classes;
    let lists = this.#lists[row]! & (-1 << (index & (classes - 1)));
    if (lists === 0) {
      const rows = row === 31 ? 0 : this.#rows & (-1 << (row + 1));
      if (rows === 0) return null;
      row = lowestBit(rows);
      lists = this.#lists[row]!;
    }
    return this.#heads[row * classes + lowestBit(lists)]!;
  }

  /** Extends the memory until its topmost block is free and has `units`. */
  #grow(units: number, bytes: number): Block {
    const arena = this.#arena;
    const topFree = this.#top?.free ? this.#top.units : 0;
    const least = this.#end + (units - topFree) * alignment;
    const generous = Math.min(arena.limit, Math.max(least, this.#end + Math.max(smallestGrowth, this.#end / 4)));
    const fits = least <= arena.limit && (least <= arena.bytes() || arena.growTo(generous) || arena.growTo(least));
    if (!fits) throw this.#exhausted(bytes);
    const end = arena.bytes() - (arena.bytes() % alignment);
    const added = new Block(this.#end, (end - this.#end) / alignment);
    this.#end = end;
    const below = this.#top;
    this.#top = added;
    if (below) {
      added.below = below;
      below.above = added;
    }
    const block = below?.free ? below : added;
    if (block === below) this.#absorb(below, added);
    this.#link(block);
    return block;
  }

  #exhausted(wanted: number): DeviceError {
    const { live } = this;
    const { limit } = this.#arena;
    return new DeviceError(
      `${mebibytes(wanted)} do not fit: ${mebibytes(live)} of at most ${mebibytes(limit)} are in use; ` +
        'free tensors (scope, dispose), take a smaller batch, or wrap evaluation in noGrad',
      { op: 'allocate', device: 'cpu', wanted, live, limit },
    );
  }

  /** Cuts `block`, which is in no list, to `units`; the rest becomes a free block. */
  #split(block: Block, units: number): void {
    const rest = new Block(block.address + units * alignment, block.units - units);
    block.units = units;
    rest.below = block;
    rest.above = block.above;
    if (rest.above) rest.above.below = rest;
    else this.#top = rest;
    block.above = rest;
    this.#link(rest);
  }

  /** Appends `above` to its lower neighbour. Those of the two that were free leave their lists. */
  #absorb(below: Block, above: Block): void {
    if (below.free) this.#unlink(below);
    if (above.free) this.#unlink(above);
    below.units += above.units;
    below.above = above.above;
    if (below.above) below.above.below = below;
    else this.#top = below;
  }

  #link(block: Block): void {
    const index = classOf(block.units);
    const head = this.#heads[index]!;
    block.free = true;
    block.previous = null;
    block.next = head;
    if (head) head.previous = block;
    this.#heads[index] = block;
    this.#lists[index >> log2Classes]! |= 1 << (index & (classes - 1));
    this.#rows |= 1 << (index >> log2Classes);
  }

  #unlink(block: Block): void {
    const { previous, next } = block;
    block.free = false;
    if (next) next.previous = previous;
    if (previous) {
      previous.next = next;
      return;
    }
    const index = classOf(block.units);
    this.#heads[index] = next;
    if (next) return;
    const row = index >> log2Classes;
    this.#lists[row]! &= ~(1 << (index & (classes - 1)));
    if (this.#lists[row] === 0) this.#rows &= ~(1 << row);
  }
}

/** The list that a block belongs to: exact below 32 units, then 32 lists per power of two. */
function classOf(units: number): number {
  if (units < classes) return units;
  const log2 = 31 - Math.clz32(units);
  return ((log2 - log2Classes + 1) << log2Classes) + ((units >>> (log2 - log2Classes)) & (classes - 1));
}

/** To the smallest size of the next class, so that a freed block is found again by a request like the one it served. */
function roundUp(units: number): number {
  if (units < classes) return units;
  const step = 2 ** (31 - Math.clz32(units) - log2Classes);
  return Math.ceil(units / step) * step;
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
