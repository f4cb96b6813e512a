import type { Engine } from '../runtime/cpu/instance.ts';
import { engine } from '../runtime/cpu/instance.ts';
import { temporary } from '../runtime/cpu/launch.ts';

/** [rows, columns] of the register tiles that products are made of where they fit. */
export type RegisterTile = readonly [number, number];

/** What fits the registers with relaxed SIMD and without, see scripts/register-tiles.mjs. The first is used until a timing says more. */
const offered: Record<Engine['simd'], readonly RegisterTile[]> = {
  relaxed: [
    [6, 8],
    [4, 8],
    [6, 16],
  ],
  base: [
    [4, 8],
    [5, 8],
  ],
};

/** Products of fewer multiplications, some 30 µs, are not worth a timing. */
const worthTiming = 1e6;
/** In milliseconds: engines compile a kernel well some 3 to 5 after it first ran often, or later where they have other work. */
const leastTime = 6;
const mostTime = 60;
/** Of each tile, before it is compiled well. */
const firstRounds = 3;

const chosen = new WeakMap<Engine, RegisterTile>();

/**
 * The tile that this engine runs fastest, found by a timing of 6 to 60 ms before the first product of `multiplications` that are
 * worth it: how many registers a tile may use depends on how the engine's compiler orders loads, and differs by a factor
 * of two. Results do not depend on it.
 */
export function registerTile(multiplications: number): RegisterTile {
  const running = engine();
  const known = chosen.get(running);
  if (known) return known;
  if (multiplications < worthTiming) return offered[running.simd][0]!;
  const fastest = timeTiles(running);
  chosen.set(running, fastest);
  return fastest;
}

const [rows, columns, steps] = [60, 32, 256];
/** Zeros, which a block begins with, are a part of a thread's scratch memory. */
const scratchBytes = 1024;

/** All in turns, so that a slow moment meets them all, until the compiler has had its time. */
function timeTiles({ simd, kernels, memory }: Engine): RegisterTile {
  const { call } = kernels.get('matmulBlocks')!;
  const tiles = offered[simd];
  const [a, b, c] = [0, 4 * rows * steps, 4 * (rows + columns) * steps];
  const bytes = c + 4 * rows * columns;
  return temporary(bytes + scratchBytes, (at) => {
    new Uint8Array(memory.buffer, at, bytes).fill(0);
    const panels = [at + b, 32, 32 * steps, 1, 0, 0];
    const matrices = [at + a, 4 * steps, 4, 0, 0, ...panels, at + c, 4 * columns, 4, 0, 0, 0];
    const sizes = [rows, columns, steps, 1, 1, steps, rows, columns, 0, 0];
    const time = (tile: RegisterTile): number => {
      const start = performance.now();
      // Again where it is done before the clock moves: those of pages tick slowly.
      for (let calls = 1; ; calls++) {
        call(...tile, ...matrices, ...sizes, 0, 1, at + bytes);
        const spent = performance.now() - start;
        if (spent > 0) return spent / calls;
      }
    };
    const best = tiles.map(() => Infinity);
    const round = (): void => tiles.forEach((tile, i) => (best[i] = Math.min(best[i]!, time(tile))));
    const start = performance.now();
    for (let i = 0; i < firstRounds; i++) round();
    const first = [...best];
    for (let spent = 0; spent < leastTime || (spent < mostTime && !areCompiled(first, best));) {
      round();
      spent = performance.now() - start;
    }
    return tiles[best.indexOf(Math.min(...best))]!;
  });
}

/** Whether all run at nearly twice the speed they began with or more; false too where they were compiled before. */
function areCompiled(first: readonly number[], best: readonly number[]): boolean {
  return best.every((time, i) => time < first[i]! / 1.7);
}
