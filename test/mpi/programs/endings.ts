// Jobs that go wrong, by the name of the way.

import { manualSeed, ones, tensor, zeros } from '../../../index.ts';
import { abort, allGather, allReduce, barrier, broadcast, finalize, init, rank } from '../../../distributed/index.ts';

const way = process.argv[2];
const last = Number(process.argv[3]);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

manualSeed(0);
if (way === 'absent' && rankOf() === last) process.exit(0); // before it joins
await init({ checkCalls: ['mismatch', 'shapes', 'ways'].includes(way!), timeout: way === 'absent' ? 2 : 60 });
await barrier();
const isLast = rank() === last;
const x = ones([1000]);

const ways: Record<string, () => Promise<unknown> | never> = {
  async throws() {
    if (isLast) throw new RangeError('the loss is NaN');
    return allReduce(x);
  },
  async rejects() {
    if (isLast) void Promise.reject(new RangeError('nobody catches this'));
    return allReduce(x);
  },
  async exits() {
    if (isLast) process.exit(3);
    return allReduce(x);
  },
  async hurries() {
    void allReduce(x);
    if (isLast) process.exit(0);
  },
  async aborts() {
    if (isLast) abort('the disk is full', { code: 4 });
    return allReduce(x);
  },
  async killed() {
    if (isLast) process.kill(process.pid, 'SIGKILL');
    return allReduce(x);
  },
  async leaves() {
    if (!isLast) await allReduce(x);
  },
  async mismatch() {
    return isLast ? allGather(x) : allReduce(x);
  },
  async ways() {
    return allReduce(x, { op: isLast ? 'max' : 'sum' });
  },
  async shapes() {
    return allReduce(isLast ? ones([999]) : x);
  },
  /** Ends well, though one comes late and another traps in WebAssembly first, whose handler of signals MPI must leave alone. */
  async late() {
    if (isLast) await pause(2500);
    const bytes = [
      0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 5, 3, 1, 0, 1, 7, 5, 1, 1, 102, 0, 0,
    ];
    const load = [10, 12, 1, 10, 0, 65, 128, 128, 128, 8, 40, 2, 0, 11]; // i32.load at 2²⁴, beyond its one page
    const { instance } = await WebAssembly.instantiate(new Uint8Array([...bytes, ...load]));
    try {
      (instance.exports['f'] as () => number)();
    } catch (error) {
      console.log((error as Error).message);
    }
    await allReduce(x);
    console.log(`sum ${(await x.data())[0]}`);
  },
  /** Ends well: of five ranks, the fourth gets rank 0's elements through another, which comes long after rank 0 has left. */
  async relays() {
    if (rank() === 1 || rank() === 2) await pause(2500);
    const y = rank() === 0 ? x : zeros([1000]);
    await broadcast(y);
    console.log(`got ${(await y.data())[999]}`);
  },
  async finalized() {
    const early = barrier();
    await finalize().catch((error: Error) => console.log(error.message));
    await early;
    await finalize();
    await finalize();
    try {
      rank();
    } catch (error) {
      console.log((error as Error).message);
    }
  },
};

function rankOf(): number {
  return Number(process.env['OMPI_COMM_WORLD_RANK'] ?? process.env['PMI_RANK']);
}

if (way !== 'absent') await ways[way!]!();
else await allReduce(tensor([1]));
console.log('ended well');
