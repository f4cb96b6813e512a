// Predicts the next frame of two flying digits with 3-D neighborhood attention. `npm run frames -- --help`

import { bceWithLogits, noGrad, scope, type Tensor } from 'vicinal';
import * as nn from 'vicinal/nn';
import { loadDigits } from '../digits/data.ts';
import { command, openRun, real, whole } from '../training/index.ts';
import { movingDigits } from './data.ts';
import { FramePredictor } from './model.ts';
import { drawFilms, frameOf, meanSquare, type Film } from './picture.ts';

const program = {
  about: 'Trains 3-D neighborhood attention to predict the next frame of Moving MNIST.',
  command: 'npm run frames --',
  folder: import.meta.dirname,
  flags: {
    epochs: whole(8, 'passes over the training films', { max: 1000 }),
    batch: whole(8, 'films per step', { max: 1000 }),
    lr: real(2e-3, 'highest learning rate', { min: 1e-8, max: 1 }),
    films: whole(2000, 'films to train on', { max: 1_000_000 }),
    length: whole(8, 'frames that are seen', { min: 3, max: 64 }),
  },
} as const;

/** The frames that are seen and, for each of them, the one after it. [B, 1, T + 1, Y, X] → twice [B, 1, T, Y, X]. */
const pairs = (frames: Tensor): [Tensor, Tensor] => [frames.at([], [], [0, -1]), frames.at([], [], [1]).div(255)];

await command(program, async (options) => {
  await using run = await openRun(options);
  const { epochs, batch, lr, films, length, seed } = run.settings;
  const [digits, testDigits] = await Promise.all([loadDigits('train'), loadDigits('test')]);
  const model = new FramePredictor();
  const training = movingDigits(digits, { size: films, length: length + 1, seed });
  const loader = new nn.data.DataLoader(training, { batchSize: batch, shuffle: true, dropLast: true });
  if (loader.length === 0) throw new Error(`--batch ${batch} is more than the ${films} films; use a smaller batch`);
  const totalSteps = epochs * loader.length;
  const optimizer = new nn.optim.AdamW(nn.optim.decayGroups(model, 0.01), { lr });
  const schedule = new nn.optim.CosineSchedule(optimizer, { totalSteps, warmupSteps: Math.ceil(totalSteps / 20) });
  await run.begin({ model, optimizer, loader, schedule }, { totalSteps, samplesPerStep: batch });

  while (!run.isOver) {
    for await (const { frames } of loader) {
      using loss = scope(() => {
        optimizer.zeroGrad();
        const [seen, next] = pairs(frames);
        const loss = bceWithLogits(model.forward(seen), next);
        loss.backward();
        optimizer.step();
        schedule.step();
        return loss;
      });
      run.logStep({ loss: await loss.item() });
      if (run.isInterrupted) break;
    }
    await run.save();
  }
  if (run.isInterrupted) return run.report(run.howToGoOn);

  // Films of digits that were not seen; of each only the frame after the last.
  const testing = movingDigits(testDigits, { size: Math.min(films, 200), length: length + 1, seed: seed + 1 });
  const shown: Film[] = [];
  let [error, errorOfCopy] = [0, 0];
  for await (const { frames } of new nn.data.DataLoader(testing)) {
    using predicted = noGrad(() => scope(() => model.forward(pairs(frames)[0]).sigmoid().at(0, 0, -1)));
    const [pixels, guess] = [Float32Array.from(await frames.data(), (byte) => byte / 255), await predicted.data()];
    const film = { frames: pixels, guess: guess as Float32Array };
    const [last, truth] = [frameOf(film, -2), frameOf(film, -1)];
    error += meanSquare(film.guess, truth) / testing.size;
    errorOfCopy += meanSquare(last, truth) / testing.size;
    if (shown.length < 4) shown.push(film);
  }
  await run.write('films.png', await drawFilms(shown));
  const result = `test error (mean square of a pixel) ${error.toFixed(4)}, copying the last frame ${errorOfCopy.toFixed(4)}`;
  await run.report(`${result}, in ${run.seconds} s`, ['films.png']);
});
