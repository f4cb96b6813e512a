import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Allocator } from '../../../kernels/runtime/cpu/allocator.ts';
import { DeviceError } from '../../../tensor/errors.ts';

const page = 65536;

/** A memory of numbers only. */
function arena(limit = 4096 * page, grows: (bytes: number) => boolean = () => true) {
  let size = 16 * page;
  return {
    base: page,
    limit,
    bytes: () => size,
    growTo(bytes: number) {
      const pages = Math.ceil(bytes / page);
      if (pages * page > limit || !grows(pages * page)) return false;
      size = pages * page;
      return true;
    },
  };
}

describe('Allocator', () => {
  // A command allocates (a size) or frees (one of the live blocks, by position).
  const command = fc.oneof(
    fc.record({ size: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 1 << 22 })) }),
    fc.record({ victim: fc.nat() }),
  );

  it('never overlaps, stays inside, and is one block again when all is freed', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 150 }), (commands) => {
        const memory = arena();
        const allocator = new Allocator(memory);
        const live: { address: number; size: number }[] = [];
        let mostAsked = 0;
        for (const step of commands) {
          if ('size' in step) live.push({ address: allocator.allocate(step.size), size: step.size });
          else if (live.length > 0) allocator.free(live.splice(step.victim % live.length, 1)[0]!.address);
          const inOrder = live.toSorted((a, b) => a.address - b.address);
          let end = memory.base;
          for (const { address, size } of inOrder) {
            expect(address % 64).toBe(0);
            expect(address).toBeGreaterThanOrEqual(end);
            end = address + Math.max(1, size);
          }
          expect(end).toBeLessThanOrEqual(memory.bytes());
          const asked = live.reduce((sum, { size }) => sum + size, 0);
          mostAsked = Math.max(mostAsked, asked);
          expect(allocator.live).toBeGreaterThanOrEqual(asked);
          expect(allocator.live).toBeLessThanOrEqual(asked * (1 + 1 / 32) + live.length * 64);
          expect(allocator.peak).toBeGreaterThanOrEqual(allocator.live);
        }
        for (const { address } of live) allocator.free(address);
        expect(allocator.live).toBe(0);
        const all = allocator.freeBlocks();
        expect(all.length).toBeLessThanOrEqual(1);
        if (all[0]) expect(all[0]).toEqual({ address: memory.base, bytes: memory.bytes() - memory.base });
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  it('reserves no more for the thousandth round than for the third', () => {
    const allocator = new Allocator(arena());
    const sizes = [4, 64 * 1000, 3_000_000, 12, 5_000_001, 802_816, 1 << 20, 100];
    const reserved = Array.from({ length: 1000 }, (_, round) => {
      const kept = sizes.map((size) => allocator.allocate(size + (round % 2)));
      kept.forEach((_, i) => allocator.free(kept[(i * 3) % kept.length]!));
      return allocator.reserved;
    });
    expect(reserved[999]).toBe(reserved[2]);
  });

  it('gives a freed block to the next request of the same length', () => {
    const allocator = new Allocator(arena());
    for (const size of [1, 64, 65, 64 * 33, 64 * 1000, 1_234_567]) {
      const first = allocator.allocate(size);
      allocator.allocate(1);
      allocator.free(first);
      expect(allocator.allocate(size)).toBe(first);
    }
  });

  it('refuses double frees and foreign addresses, and stays whole', () => {
    const allocator = new Allocator(arena());
    const a = allocator.allocate(100);
    allocator.free(a);
    expect(() => allocator.free(a)).toThrow(DeviceError);
    expect(() => allocator.free(a)).toThrow(
      `free: nothing is allocated at ${a}; it was freed before or never allocated`,
    );
    const b = allocator.allocate(100);
    expect(() => allocator.free(b + 64)).toThrow(DeviceError);
    expect(() => allocator.free(NaN)).toThrow(DeviceError);
    allocator.free(b);
    expect(allocator.freeBlocks()).toHaveLength(1);
  });

  it('says at its limit what was wanted, what is live and what to do, and goes on', () => {
    const allocator = new Allocator(arena(64 * page));
    const half = allocator.allocate(2 << 20);
    expect(() => allocator.allocate(3 << 20)).toThrow(
      'allocate: 3.0 MiB do not fit: 2.0 MiB of at most 4.0 MiB are in use; free tensors',
    );
    expect(() => allocator.allocate(1e15)).toThrow(DeviceError);
    expect(() => allocator.allocate(2 ** 53)).toThrow(DeviceError);
    allocator.free(half);
    expect(allocator.allocate(3 << 20)).toBe(page);
  });

  it('takes what is needed when the system refuses to give more', () => {
    const allocator = new Allocator(arena(4096 * page, (bytes) => bytes <= 18 * page));
    expect(allocator.allocate(17 * page)).toBe(page);
    expect(() => allocator.allocate(1)).toThrow(DeviceError);
  });

  it('refuses lengths that are no lengths', () => {
    const allocator = new Allocator(arena());
    for (const bytes of [-1, NaN, Infinity]) expect(() => allocator.allocate(bytes)).toThrow(DeviceError);
    expect(allocator.live).toBe(0);
  });
});
