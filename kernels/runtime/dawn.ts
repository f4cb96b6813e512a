// What is known of Dawn, the npm package `webgpu`, without loading it.

/** Dawn frees its instance under live devices when what `create` returned is collected; so it stays for the life of the process. */
const pins = Symbol.for('vicinal.webgpu');
type Pinned = typeof globalThis & { [pins]?: Map<string, GPU> };

let prepare: (() => void) | null = null;

/** Its instances by their flags. */
export function openedDawns(): Map<string, GPU> {
  return ((globalThis as Pinned)[pins] ??= new Map());
}

/**
 * Has `preparation` called before Dawn first looks for adapters, which is when drivers read the environment.
 *
 * @returns false when it has looked already
 */
export function beforeDawn(preparation: () => void): boolean {
  prepare = preparation;
  return (globalThis as Pinned)[pins] === undefined;
}

/** To be called before Dawn looks for adapters. */
export function prepareDawn(): void {
  prepare?.();
  prepare = null;
}
