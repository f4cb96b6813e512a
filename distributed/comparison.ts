import type { Handle } from './handles.ts';
import type { World } from './world.ts';
import { DistributedError } from './error.ts';
import { disagree } from './disagreement.ts';
import { Request } from './request.ts';

/** Bytes of a text that are compared: enough for any call. */
const textBytes = 256;

/** The same question asked of several ranks: each gives a short text, and all see all of them. */
export class Comparison {
  readonly #texts: Uint8Array;
  readonly #count: number;
  readonly request: Request;

  /** Begun by all ranks of `communicator`, of which there are `count`; this one is `own`. */
  constructor(world: World, op: string, text: string, { communicator, count, own }: Group) {
    this.#count = count;
    this.#texts = new Uint8Array(count * textBytes);
    new TextEncoder().encodeInto(text, this.#textOf(own));
    const { inPlace, types } = world.mpi!.handles;
    const sent = [inPlace, 0, types.uint8_t] as const; // each rank's text lies in its place already
    this.request = new Request(world, op, 'Iallgather', ...sent, this.#texts, textBytes, types.uint8_t, communicator);
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

interface Group {
  readonly communicator: Handle;
  readonly count: number;
  readonly own: number;
}

/** All ranks of the job. */
export function everyone({ control, size, rank }: World): Group {
  return { communicator: control, count: size, own: rank };
}

/** The ranks of this machine. */
export function neighbours({ machine, localSize, localRank }: World): Group {
  return { communicator: machine, count: localSize, own: localRank };
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
  await disagree(world.rank, new DistributedError(message, { op, texts }));
}
