// Trains the network of the digits on pictures of garments, until its validation stops to improve. `npm run fashion -- --help`

import { noGrad, scope } from 'vicinal';
import * as nn from 'vicinal/nn';
import { DigitNat } from '../digits/model.ts';
import { command, EarlyStopping, openRun, real, whole } from '../training/index.ts';
import { drawConfusion } from './confusion.ts';
import { garments, loadGarments, part, type Garments } from './data.ts';

const program = {
  about: 'Trains a small neighborhood-attention network on Fashion-MNIST, with validation and early stopping.',
  command: 'npm run fashion --',
  folder: import.meta.dirname,
  flags: {
    epochs: whole(3, 'passes over the training pictures, if it does not stop before', { max: 1000 }),
    batch: whole(64, 'pictures per step', { max: 10_000 }),
    lr: real(3e-3, 'highest learning rate', { min: 1e-8, max: 1 }),
    patience: whole(1, 'epochs in a row without a better validation after which it stops', { max: 1000 }),
    limit: whole(55_000, 'train on the first N pictures only, and validate and test on as many', { max: 55_000 }),
  },
  texts: { data: ['FOLDER', "where Fashion-MNIST's four files are (/usr/share/datasets/fashion-mnist)"] },
} as const;

/** The predicted class of each picture. */
async function predict(model: DigitNat, data: Garments): Promise<number[]> {
  model.eval();
  const predicted: number[] = [];
  const loader = new nn.data.DataLoader(data, { batchSize: 250 });
  for await (const { image } of loader) {
    using classes = noGrad(() => scope(() => model.forward(image).argmax({ axis: 1 })));
    predicted.push(...(await classes.data()));
  }
  model.train();
  return predicted;
}

const labelsOf = (data: Garments): number[] => Array.from({ length: data.size }, (_, i) => data.get(i).label.data[0]!);

const shareOfHits = (predicted: readonly number[], labels: readonly number[]): number =>
  predicted.filter((label, i) => label === labels[i]).length / labels.length;

await command(program, async (options) => {
  const { data } = options.texts;
  const [all, test] = await Promise.all([loadGarments('train', data), loadGarments('test', data)]);
  await using run = await openRun(options);
  const { epochs, batch, lr, patience, limit } = run.settings;
  const held = Math.floor(all.size / 12); // for validation: 5,000
  const [training, validation] = [part(all, 0, Math.min(limit, all.size - held)), part(all, all.size - held, limit)];
  const testing = part(test, 0, limit);

  const model = new DigitNat();
  const flip = nn.data.randomHorizontalFlip();
  const loader = new nn.data.DataLoader(training, {
    batchSize: batch,
    shuffle: true,
    dropLast: true,
    // A shoe may point to either side.
    transform: ({ image, label }, generator) => ({ image: flip(image, generator), label }),
  });
  if (loader.length === 0)
    throw new Error(`--batch ${batch} is more than the ${training.size} pictures; use a smaller batch`);
  const totalSteps = epochs * loader.length;
  const optimizer = new nn.optim.AdamW(nn.optim.decayGroups(model, 0.05), { lr });
  const schedule = new nn.optim.CosineSchedule(optimizer, { totalSteps, warmupSteps: Math.ceil(totalSteps / 20) });
  const earlyStopping = new EarlyStopping({ patience, mode: 'max' });
  await run.begin({ model, optimizer, loader, schedule, earlyStopping }, { totalSteps, samplesPerStep: batch });

  const validationLabels = labelsOf(validation);
  while (!run.isOver) {
    for await (const { image, label } of loader) {
      using loss = scope(() => {
        optimizer.zeroGrad();
        const loss = nn.crossEntropy(model.forward(image), label, { labelSmoothing: 0.05 });
        loss.backward();
        optimizer.step();
        schedule.step();
        return loss;
      });
      run.logStep({ loss: await loss.item() });
      if (run.isInterrupted) break;
    }
    // Between epochs, and not where Ctrl-C left one: the validation of a resumed run comes when its epoch is whole.
    if (loader.state().batch === 0) {
      const accuracy = shareOfHits(await predict(model, validation), validationLabels);
      run.log({ 'validation accuracy': accuracy });
      if (earlyStopping.update(accuracy)) await run.saveBest();
    }
    await run.save();
  }
  if (run.isInterrupted) return run.report(run.howToGoOn);

  await run.loadBest();
  const [predicted, labels] = [await predict(model, testing), labelsOf(testing)];
  await run.write('confusion.svg', drawConfusion(garments, predicted, labels));
  const epochsDone = run.step / loader.length;
  const accuracy = (100 * shareOfHits(predicted, labels)).toFixed(2);
  await run.report(`test accuracy ${accuracy} % after ${epochsDone} epochs in ${run.seconds} s`, ['confusion.svg']);
});
