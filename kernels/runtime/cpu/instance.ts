import { Allocator } from './allocator.ts';
import { kernels as text } from './binary.ts';
import { arenaOf, canShareMemory, createMemory, unshared } from './memory.ts';
import { Pool } from './pool.ts';
import { unfused } from './unfused.ts';
import { unpacked } from './unpacked.ts';

/** A compiled kernel as the launcher calls it. */
export interface Kernel {
  readonly call: (...args: number[]) => void;
  /** Its place in the module's exports, the same in every thread. */
  readonly index: number;
}

/** The compiled kernels with their memory: what one cpu device consists of. */
export interface Engine {
  readonly simd: 'base' | 'relaxed';
  readonly memory: WebAssembly.Memory;
  readonly allocator: Allocator;
  readonly kernels: ReadonlyMap<string, Kernel>;
  /** The threads beside this one; null where memory cannot be shared. */
  readonly pool: Pool | null;
}

let running: Engine | null = null;
let wasStarted = false;

/** The engine, started at its first use: in one go, without waiting. */
export function engine(): Engine {
  return (running ??= start({ shared: canShareMemory(), simd: hasRelaxedSimd() ? 'relaxed' : 'base' }));
}

/** Whether an engine was ever started, so that its module is compiled. */
export function isCompiled(): boolean {
  return wasStarted;
}

/** Ends the engine; the next use starts another. */
export function stopEngine(): void {
  running?.pool?.stop();
  running = null;
}

/** A new engine of the wanted kind, beside the one that runs. */
export function start({ shared, simd }: { shared: boolean; simd: Engine['simd'] }): Engine {
  wasStarted = true;
  const { memory, limit } = createMemory(shared);
  const built = unpacked(text);
  const bytes = simd === 'relaxed' ? built : unfused(built);
  const module = new WebAssembly.Module(shared ? bytes : unshared(bytes));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  const kernels = new Map(names.map((name, index) => [name, { call: exports[name] as Kernel['call'], index }]));
  kernels.get('writeNumbers')?.call(0, 1);
  return {
    simd,
    memory,
    allocator: new Allocator(arenaOf(memory, limit)),
    kernels,
    pool: shared ? new Pool(module, memory) : null,
  };
}

/** Whether a function validates that is `v128.const 0`, three times, `f32x4.relaxed_madd`, `drop`. */
export function hasRelaxedSimd(): boolean {
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const types = [1, 4, 1, 0x60, 0, 0]; // () → ()
  const functions = [3, 2, 1, 0]; // one, of type 0
  const zero = [0xfd, 0x0c, ...Array<number>(16).fill(0)];
  const body = [0, ...zero, ...zero, ...zero, 0xfd, 0x85, 0x02, 0x1a, 0x0b];
  const code = [10, body.length + 2, 1, body.length, ...body];
  return WebAssembly.validate(new Uint8Array([...header, ...types, ...functions, ...code]));
}
