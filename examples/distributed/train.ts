// Trains the network of examples/digits on all processes of an MPI job: mpirun -n 2 node --import ./examples/register.mjs examples/distributed/train.ts

import { manualSeed, noGrad, scope, tensor, threads } from 'vicinal';
import { abort, allReduce, DistributedDataParallel, DistributedSampler, init, rank, size } from 'vicinal/distributed';
import * as nn from 'vicinal/nn';
import { loadDigits, type Digits } from '../digits/data.ts';
import { DigitNat } from '../digits/model.ts';
import { resume, save, type Run } from './checkpoint.ts';
import { readOptions } from './options.ts';

/** Only rank 0 speaks. */
const say = (line: string): void => {
  if (rank() === 0) console.log(line);
};

/** The digits at every size-th place, from this rank's on. */
function shareOf(digits: Digits): Digits {
  const [first, step] = [rank(), size()];
  return { size: Math.ceil((digits.size - first) / step), get: (i) => digits.get(first + i * step) };
}

/** The share of `digits` that the model recognises, counted by all ranks together. */
async function evaluate(model: DigitNat, digits: Digits): Promise<number> {
  model.eval();
  let hits = 0;
  for await (const { image, label } of new nn.data.DataLoader(shareOf(digits), { batchSize: 250 })) {
    using found = noGrad(() => scope(() => model.forward(image).argmax({ axis: 1 }).eq(label).sum()));
    hits += await found.item();
  }
  model.train();
  using total = await allReduce(tensor(hits));
  return (await total.item()) / digits.size;
}

async function train({
  epochs,
  batch,
  lr,
  limit,
  checkpoint,
  isResumed,
}: ReturnType<typeof readOptions>): Promise<void> {
  if (batch % size() !== 0) abort(new Error(`--batch ${batch} cannot be shared by ${size()} ranks alike`));
  const start = performance.now();
  manualSeed(1);
  const [digits, testDigits] = await Promise.all([loadDigits('train', limit), loadDigits('test', limit)]);
  const model = new DigitNat();
  const shift = nn.data.randomShift(1);
  const loader = new nn.data.DataLoader(digits, {
    batchSize: batch / size(),
    sampler: new DistributedSampler(digits, { dropLast: true }),
    dropLast: true,
    transform: ({ image, label }, generator) => ({ image: shift(image, generator), label }),
  });
  const totalSteps = epochs * loader.length;
  const optimizer = new nn.optim.AdamW(nn.optim.decayGroups(model, 0.05), { lr });
  const schedule = new nn.optim.CosineSchedule(optimizer, { totalSteps, warmupSteps: Math.ceil(totalSteps / 20) });
  const run: Run = { model, optimizer, schedule, loader, step: 0 };
  if (isResumed) await resume(checkpoint, run);
  const parallel = await DistributedDataParallel.wrap(model);
  say(`${size()} ranks of ${threads()} threads, steps ${run.step + 1} to ${totalSteps}`);

  while (run.step < totalSteps) {
    for await (const { image, label } of loader) {
      using loss = scope(() => {
        optimizer.zeroGrad();
        const loss = nn.crossEntropy(parallel.forward(image), label, { labelSmoothing: 0.05 });
        loss.backward();
        return loss.detach();
      });
      await parallel.synchronize();
      optimizer.step();
      schedule.step();
      if (++run.step % Math.ceil(totalSteps / 20) !== 0) continue;
      await allReduce(loss, { op: 'mean' });
      say(`step ${run.step} of ${totalSteps}: loss ${(await loss.item()).toFixed(3)}`);
    }
    if (rank() === 0) await save(checkpoint, run);
  }
  const accuracy = await evaluate(model, testDigits);
  say(`test accuracy ${(100 * accuracy).toFixed(2)} % in ${Math.round((performance.now() - start) / 1000)} s`);
}

await init();
await train(readOptions(process.argv.slice(2)));
