// Trains a small neighborhood-attention network on handwritten digits. `npm run digits -- --help`

import { noGrad, scope, type Tensor } from 'vicinal';
import * as nn from 'vicinal/nn';
import { command, loadWeights, openRun, real, startDevice, whole, type Options } from '../training/index.ts';
import { loadDigits, type Digits } from './data.ts';
import { DigitNat } from './model.ts';
import { predictFile } from './predict.ts';

const program = {
  about: 'Trains a small neighborhood-attention network on the 60,000 handwritten digits of MNIST.',
  command: 'npm run digits --',
  folder: import.meta.dirname,
  flags: {
    epochs: whole(3, 'passes over the training digits', { max: 1000 }),
    batch: whole(64, 'digits per step', { max: 60_000 }),
    lr: real(3e-3, 'highest learning rate', { min: 1e-8, max: 1 }),
    limit: whole(60_000, 'use the first N training and test digits only', { max: 60_000 }),
  },
  texts: { predict: ['IMAGE', "say which digit a picture shows, with the newest run's model, or that of --run"] },
} as const;
type DigitsOptions = Options<typeof program.flags, 'predict'>;

const accuracyOf = (logits: Tensor, label: Tensor): Tensor => logits.argmax({ axis: 1 }).eq(label).mean();

/** The share of `digits` that the model recognises. */
async function evaluate(model: DigitNat, digits: Digits): Promise<number> {
  model.eval();
  let hits = 0;
  for await (const { image, label } of new nn.data.DataLoader(digits, { batchSize: 250 })) {
    using accuracy = noGrad(() => scope(() => accuracyOf(model.forward(image), label)));
    hits += (await accuracy.item()) * label.size;
  }
  model.train();
  return hits / digits.size;
}

async function train(options: DigitsOptions): Promise<void> {
  await using run = await openRun(options);
  const { epochs, batch, lr, limit } = run.settings;
  const [digits, testDigits] = await Promise.all([loadDigits('train', limit), loadDigits('test', limit)]);
  const model = new DigitNat();
  const shift = nn.data.randomShift(1);
  const loader = new nn.data.DataLoader(digits, {
    batchSize: batch,
    shuffle: true,
    dropLast: true,
    transform: ({ image, label }, generator) => ({ image: shift(image, generator), label }),
  });
  if (loader.length === 0)
    throw new Error(`--batch ${batch} is more than the ${digits.size} digits to train on; use a smaller batch`);
  const totalSteps = epochs * loader.length;
  const optimizer = new nn.optim.AdamW(nn.optim.decayGroups(model, 0.05), { lr });
  const schedule = new nn.optim.CosineSchedule(optimizer, { totalSteps, warmupSteps: Math.ceil(totalSteps / 20) });
  await run.begin({ model, optimizer, loader, schedule }, { totalSteps, samplesPerStep: batch });

  while (!run.isOver) {
    for await (const { image, label } of loader) {
      const step = scope(() => {
        optimizer.zeroGrad();
        const logits = model.forward(image);
        const loss = nn.crossEntropy(logits, label, { labelSmoothing: 0.05 });
        loss.backward();
        optimizer.step();
        schedule.step();
        return { loss, accuracy: accuracyOf(logits, label) };
      });
      using loss = step.loss,
        accuracy = step.accuracy;
      run.logStep({ loss: await loss.item(), accuracy: await accuracy.item() });
      if (run.isInterrupted) break;
    }
    await run.save();
  }
  if (run.isInterrupted) return run.report(run.howToGoOn);
  const score = await evaluate(model, testDigits);
  await run.report(`test accuracy ${(100 * score).toFixed(2)} % in ${run.seconds} s`);
}

async function predict(options: DigitsOptions, image: string): Promise<void> {
  await startDevice(options);
  const model = new DigitNat();
  await loadWeights(model, options);
  const probabilities = await predictFile(model, image);
  const ranked = Array.from(probabilities, (p, digit) => ({ p, digit })).sort((a, b) => b.p - a.p);
  console.log(
    ranked
      .slice(0, 3)
      .map(({ p, digit }) => `${digit}: ${(100 * p).toFixed(1)} %`)
      .join('  '),
  );
}

await command(program, (options) =>
  options.texts.predict === undefined ? train(options) : predict(options, options.texts.predict),
);
