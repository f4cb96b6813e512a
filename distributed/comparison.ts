import type { Group, World } from './world.ts';
import { DistributedError } from './error.ts';
import { disagree } from './disagreement.ts';
import { GroupRequest } from './request.ts';

/** Bytes of a text that are compared: enough for any call. */
const textBytes = 256;

/** The same question asked of several ranks: each gives a short text, and all see all of them. */
export class Comparison {
  readonly #texts: Uint8Array;
  readonly #count: number;
  readonly request: GroupRequest;

  /** Begun by all ranks of `group`. */
  constructor(world: World, group: Group, op: string, text: string) {
    this.#count = group.size;
    this.#texts = new Uint8Array(group.size * textBytes);
    new TextEncoder().encodeInto(text, this.#textOf(group.rank));
    const { inPlace, types } = world.mpi!.handles;
    const sent = [inPlace, 0, types.uint8_t] as const; // each rank's text lies in its place already
    this.request = new GroupRequest(world, group, op, 'Iallgather', ...sent, this.#texts, textBytes, types.uint8_t);
  }

  /** One text per rank. */
  async texts(): Promise<string[]> {
    await this.request.done();
    const decoder = new TextDecoder();
    return Array.from({ length: this.#count }, (_, rank) => decoder.decode(this.#textOf(rank)).replace(/\0+$/, ''));
  }

  #textOf(rank: number): Uint8Array {
    return this.#texts.subarray(rank * textBytes, (rank + 1) * textBytes);
  }
}

/**
 * @param verb - what a rank does with its text: 'calls'
 * @param right - what would be right
 * @throws DistributedError that names the first rank whose text differs from rank 0's, on rank 0 first
 */
export async function expectSame(
  world: World,
  op: string,
  comparison: Comparison,
  { verb, right }: { verb: string; right: string },
): Promise<void> {
  const texts = await comparison.texts();
  const other = texts.findIndex((text) => text !== texts[0]);
  if (other < 0) return;
  const message = `rank 0 ${verb} ${texts[0]}, but rank ${other} ${verb} ${texts[other]}; ${right}`;
  await disagree(world.all.rank, new DistributedError(message, { op, texts }));
}
