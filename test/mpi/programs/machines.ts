// Where each rank runs, and a sum over all of them; or one of them is killed on the way.

import { availableParallelism, hostname, networkInterfaces } from 'node:os';
import { ones, threads } from '../../../index.ts';
import { allReduce, init, localRank, localSize, rank, size } from '../../../distributed/index.ts';

await init({ timeout: 30 });
using x = ones([300_000]);
await allReduce(x);
if (rank() === Number(process.argv[2])) process.kill(process.pid, 'SIGKILL');
if (process.argv[2]) await allReduce(x);
using total = x.sum();
const addresses = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
console.log(
  JSON.stringify({
    rank: rank(),
    size: size(),
    localRank: localRank(),
    localSize: localSize(),
    isShared: threads() === Math.max(1, Math.min(8, Math.floor(availableParallelism() / localSize()))),
    host: hostname(),
    addresses: addresses.filter((address) => address.startsWith('10.')),
    total: await total.item(),
  }),
);
