import type { Arena } from './allocator.ts';
import { DeviceError } from '../../../tensor/errors.ts';
import { Reader } from './reader.ts';

const pageBytes = 65536;
/** One page less than 4 GiB, so that the address after the last byte is still a 32-bit number. */
const mostPages = 65535;
const firstPages = 256;

/** Whether threads can share memory: everywhere but in pages that are not cross-origin isolated. */
export function canShareMemory(): boolean {
  const { crossOriginIsolated = true } = globalThis as { crossOriginIsolated?: boolean };
  return typeof SharedArrayBuffer !== 'undefined' && crossOriginIsolated;
}

/**
 * Linear memory whose address space is reserved and whose pages come as they are needed.
 *
 * @throws DeviceError when not even a small one can be had
 */
export function createMemory(shared: boolean): { memory: WebAssembly.Memory; limit: number } {
  let reason: unknown;
  // A system may refuse to reserve 4 GiB (phones, limits on virtual memory).
  for (let maximum = mostPages; maximum >= firstPages; maximum = (maximum + 1) / 2 - 1) {
    try {
      return { memory: new WebAssembly.Memory({ initial: firstPages, maximum, shared }), limit: maximum * pageBytes };
    } catch (error) {
      reason = error;
    }
  }
  throw new DeviceError(`no memory: ${String(reason)}; the cpu device needs ${firstPages * pageBytes} bytes to start`, {
    op: 'device',
    name: 'cpu',
  });
}

/** The memory above its first page, which is the launcher's, as the allocator wants it. */
export function arenaOf(memory: WebAssembly.Memory, limit: number): Arena {
  return {
    base: pageBytes,
    limit,
    bytes: () => memory.buffer.byteLength,
    growTo(bytes) {
      try {
        memory.grow(Math.ceil((bytes - memory.buffer.byteLength) / pageBytes));
        return true;
      } catch {
        return false;
      }
    },
  };
}

/**
 * A copy of a module whose imported memory is unshared. Shared and unshared builds differ in one byte, the flags of the
 * memory import's limits: 3 (shared, with a maximum) becomes 1 (with a maximum).
 */
export function unshared(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(module);
  const at = memoryFlags(copy);
  if (copy[at] !== 3) throw new Error(`memory import: flags ${copy[at]} where 3 was built`);
  copy[at] = 1;
  return copy;
}

/** The position of the memory import's limits flags. */
function memoryFlags(module: Uint8Array): number {
  const reader = new Reader(module, 8);
  while (reader.at < module.length) {
    const { id, end } = reader.section();
    if (id !== 2) {
      reader.at = end;
      continue;
    }
    for (let count = reader.number(); count > 0; count--) {
      reader.skipName();
      reader.skipName();
      const kind = reader.byte();
      if (kind === 2) return reader.at;
      reader.skipImport(kind);
    }
  }
  throw new Error('the module imports no memory');
}
