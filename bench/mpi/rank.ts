// One process of `npm run bench -- mpi`: rank 0 prints a line of JSON for each figure.

import { performance } from 'node:perf_hooks';
import { DigitNat } from '../../examples/digits/model.ts';
import { allReduce, barrier, DistributedDataParallel, init, rank, size } from '../../distributed/index.ts';
import { ones, scope, setThreads, tensor, threads } from '../../index.ts';
import * as nn from '../../nn/index.ts';
import { batch, labels } from '../job.ts';
import { made } from '../models.ts';

const [what, runs, ...rest] = process.argv.slice(2);

const warmUps = 3;
const ascending = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

/** Seconds of each run, in ascending order. */
async function timed(run: () => Promise<unknown>): Promise<number[]> {
  const seconds: number[] = [];
  for (let i = -warmUps; i < Number(runs); i++) {
    await barrier();
    const start = performance.now();
    await run();
    if (i >= 0) seconds.push((performance.now() - start) / 1000);
  }
  return ascending(seconds);
}

const median = (seconds: readonly number[]): number => seconds[Math.floor(seconds.length / 2)]!;

function say(name: string, fields: object): void {
  if (rank() === 0) console.log(JSON.stringify({ name, ...fields }));
}

async function allReduces(): Promise<void> {
  for (const bytes of rest.map(Number)) {
    using x = ones([bytes / 4]);
    const seconds = await timed(() => allReduce(x));
    say('allReduce', { bytes, best: seconds[0], median: median(seconds) });
  }
}

/** A step of the digits model on this rank's share of 64 images, and how long it waits for gradients at backward's end. */
async function steps(): Promise<void> {
  const share = batch / size();
  const model = await DistributedDataParallel.wrap(new DigitNat(), { bucketCapMb: 0.1 });
  const optimizer = new nn.optim.AdamW(nn.optim.decayGroups(model.module, 0.05), { lr: 1e-4 });
  const image = made([share, 1, 28, 28], 11 + rank(), { scale: 255 });
  const label = tensor(labels().subarray(0, share)).keep();
  const backward = (): void =>
    scope(() => {
      optimizer.zeroGrad();
      nn.crossEntropy(model.forward(image), label, { labelSmoothing: 0.05 }).backward();
    });
  /** Seconds of a step, and for how many of them the rank that came last waited: for gradients alone, not for the other rank. */
  const step = async (begin: () => void): Promise<{ seconds: number; wait: number }> => {
    await barrier();
    const start = performance.now();
    begin();
    const end = performance.now();
    await model.synchronize();
    using wait = tensor([(performance.now() - end) / 1000]);
    optimizer.step();
    const seconds = (performance.now() - start) / 1000;
    await allReduce(wait, { op: 'min' });
    return { seconds, wait: await wait.item() };
  };
  const [within, after]: { seconds: number; wait: number }[][] = [[], []];
  for (let i = -warmUps; i < Number(runs); i++) {
    // In turn, so that what disturbs one kind disturbs the other.
    const figures = [await step(backward), await step(() => model.noSync(backward))] as const; // which sends all at backward's end
    if (i < 0) continue;
    within!.push(figures[0]);
    after!.push(figures[1]);
  }
  const seconds = ascending(within!.map((one) => one.seconds));
  const [wait, waitAfter] = [within!, after!].map((all) => median(ascending(all.map((one) => one.wait))));
  say('step', { threads: threads(), best: seconds[0], median: median(seconds), wait, waitAfter });
}

await init();
setThreads(what === 'step' ? Number(rest[0]) : 1);
await (what === 'step' ? steps() : allReduces());
