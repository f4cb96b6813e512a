// Trains a small neighborhood-attention network on handwritten digits. `npm run digits -- --help`

import { device, manualSeed, noGrad, scope, setDefaultDevice, setThreads, type Tensor } from 'vicinal';
import * as nn from 'vicinal/nn';
import { drawLossCurve } from './chart.ts';
import { loadModel, resume, save, type Run } from './checkpoint.ts';
import { loadDigits } from './data.ts';
import { DigitNat } from './model.ts';
import { readOptions, type Options } from './options.ts';
import { prepareOutput } from './output.ts';
import { predictFile } from './predict.ts';
import { Progress } from './progress.ts';

/** One step of gradient descent: its loss, and the share of digits that were recognised. */
function trainStep(
  { model, optimizer, schedule }: Run,
  image: Tensor,
  label: Tensor,
): { loss: Tensor; accuracy: Tensor } {
  return scope(() => {
    optimizer.zeroGrad();
    const logits = model.forward(image);
    const loss = nn.crossEntropy(logits, label, { labelSmoothing: 0.05 });
    loss.backward();
    optimizer.step();
    schedule.step();
    return { loss, accuracy: accuracyOf(logits, label) };
  });
}

const accuracyOf = (logits: Tensor, label: Tensor): Tensor => logits.argmax({ axis: 1 }).eq(label).mean();

/** The share of `digits` that the model recognises. */
async function evaluate(model: DigitNat, digits: Awaited<ReturnType<typeof loadDigits>>): Promise<number> {
  model.eval();
  let hits = 0;
  for await (const { image, label } of new nn.data.DataLoader(digits, { batchSize: 250 })) {
    using accuracy = noGrad(() => scope(() => accuracyOf(model.forward(image), label)));
    hits += (await accuracy.item()) * label.size;
  }
  model.train();
  return hits / digits.size;
}

/** Everything is made on this device from here on. Says which it is. */
async function startDevice(options: Options): Promise<string> {
  if (options.threads) setThreads(options.threads);
  const started = await device(options.device);
  setDefaultDevice(started);
  const { threads, adapter } = started.info as { threads?: number; adapter?: string };
  return adapter ? `${started.name} on ${adapter}` : `${threads} thread${threads === 1 ? '' : 's'}`;
}

async function train(options: Options): Promise<void> {
  const start = performance.now();
  await prepareOutput('checkpoint', options.checkpoint);
  await prepareOutput('chart', options.chart);
  const where = await startDevice(options);
  manualSeed(options.seed);
  const model = new DigitNat();
  const [digits, testDigits] = await Promise.all([loadDigits('train', options.limit), loadDigits('test')]);

  const shift = nn.data.randomShift(1);
  const loader = new nn.data.DataLoader(digits, {
    batchSize: options.batch,
    shuffle: true,
    dropLast: true,
    transform: ({ image, label }, generator) => ({ image: shift(image, generator), label }),
  });
  if (loader.length === 0)
    throw new Error(`--batch ${options.batch} is more than the ${digits.size} digits to train on; use a smaller batch`);
  const totalSteps = options.epochs * loader.length;
  const optimizer = new nn.optim.AdamW(nn.optim.decayGroups(model, 0.05), { lr: options.lr });
  const schedule = new nn.optim.CosineSchedule(optimizer, { totalSteps, warmupSteps: Math.ceil(totalSteps / 20) });
  const { epochs, batch, lr, seed, limit } = options;
  const run: Run = { model, optimizer, schedule, loader, losses: [], settings: { epochs, batch, lr, seed, limit } };
  if (options.resume) await resume(options.checkpoint, run);
  console.log(`${model.toString()}\n${digits.size} digits, ${where}`);

  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort();
  process.once('SIGINT', stop);
  const progress = new Progress(totalSteps, run.losses.length);
  let accuracy = 0;
  while (run.losses.length < totalSteps && !interrupt.signal.aborted) {
    for await (const { image, label } of loader) {
      const step = trainStep(run, image, label);
      using loss = step.loss,
        hits = step.accuracy;
      run.losses.push(await loss.item());
      accuracy += ((await hits.item()) - accuracy) / Math.min(run.losses.length, 100);
      progress.update(run.losses.length, { loss: run.losses.at(-1)!, accuracy, batch });
      if (interrupt.signal.aborted) break;
    }
    await save(options.checkpoint, run);
  }
  process.off('SIGINT', stop); // all is saved: from here on Ctrl-C ends the program at once
  progress.end();
  await drawLossCurve(options.chart, run.losses);
  if (interrupt.signal.aborted)
    return console.log(`stopped after step ${run.losses.length} of ${totalSteps}; go on with --resume`);
  const score = await evaluate(model, testDigits);
  console.log(`test accuracy ${(100 * score).toFixed(2)} % in ${Math.round((performance.now() - start) / 1000)} s`);
}

async function predict(options: Options): Promise<void> {
  await startDevice(options);
  const model = new DigitNat();
  await loadModel(options.checkpoint, model);
  const probabilities = await predictFile(model, options.predict!);
  const ranked = Array.from(probabilities, (p, digit) => ({ p, digit })).sort((a, b) => b.p - a.p);
  console.log(
    ranked
      .slice(0, 3)
      .map(({ p, digit }) => `${digit}: ${(100 * p).toFixed(1)} %`)
      .join('  '),
  );
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options) await (options.predict === undefined ? train(options) : predict(options));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
