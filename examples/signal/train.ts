// Forecasts a chaotic signal with causal, dilated neighborhood attention. `npm run signal -- --help`

import { noGrad, scope } from 'vicinal';
import * as nn from 'vicinal/nn';
import { command, openRun, real, whole } from '../training/index.ts';
import { mackeyGlass, windows } from './data.ts';
import { drawForecasts, type Forecast } from './figure.ts';
import { LinearForecast } from './linear.ts';
import { Forecaster } from './model.ts';

const program = {
  about: 'Trains causal, dilated 1-D neighborhood attention to forecast the Mackey–Glass series.',
  command: 'npm run signal --',
  folder: import.meta.dirname,
  flags: {
    epochs: whole(20, 'passes over the training windows', { max: 1000 }),
    batch: whole(16, 'windows per step', { max: 1000 }),
    lr: real(3e-3, 'highest learning rate', { min: 1e-8, max: 1 }),
    horizon: whole(48, 'how many values ahead', { max: 500 }),
    length: whole(10_000, 'values of the signal to train on', { min: 1000, max: 1_000_000 }),
  },
} as const;
const context = 192;

/** What the model and the baselines make of each window of a signal that was not trained on, after its last value. */
async function forecastAll(
  model: Forecaster,
  dataset: ReturnType<typeof windows>,
  linear: LinearForecast,
): Promise<Forecast[]> {
  const forecasts: Forecast[] = [];
  model.eval();
  for await (const { past, future } of new nn.data.DataLoader(dataset)) {
    using learned = noGrad(() => scope(() => model.forward(past).at(0, -1)));
    const [before, after, attention] = await Promise.all([past.data(), future.at(0, -1).data(), learned.data()]);
    const lastValue = new Array<number>(after.length).fill(before.at(-1)!);
    forecasts.push({
      past: before,
      truth: after,
      guesses: { attention, linear: linear.forecast(before), 'last value': lastValue },
    });
  }
  return forecasts;
}

/** Root of the mean square of what a kind of guess is off. */
function errorOf(name: keyof Forecast['guesses'], forecasts: readonly Forecast[]): number {
  const squares = forecasts.flatMap(({ truth, guesses }) =>
    Array.from(truth, (value, i) => (value - guesses[name][i]!) ** 2),
  );
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}

await command(program, async (options) => {
  await using run = await openRun(options);
  const { epochs, batch, lr, horizon, length, seed } = run.settings;
  const [training, testing] = [mackeyGlass(length, seed), mackeyGlass(2000, seed + 1)];
  const model = new Forecaster({ horizon });
  const dataset = windows(training, { context, horizon, hop: 8 });
  const loader = new nn.data.DataLoader(dataset, { batchSize: batch, shuffle: true, dropLast: true });
  if (loader.length === 0)
    throw new Error(`--batch ${batch} is more than the ${dataset.size} windows; use a smaller batch`);
  const totalSteps = epochs * loader.length;
  const optimizer = new nn.optim.AdamW(nn.optim.decayGroups(model, 0.01), { lr });
  const schedule = new nn.optim.CosineSchedule(optimizer, { totalSteps, warmupSteps: Math.ceil(totalSteps / 20) });
  await run.begin({ model, optimizer, loader, schedule }, { totalSteps, samplesPerStep: batch });

  while (!run.isOver) {
    for await (const { past, future } of loader) {
      using loss = scope(() => {
        optimizer.zeroGrad();
        const loss = nn.mseLoss(model.forward(past), future); // all tokens at once: none sees its own future
        loss.backward();
        nn.optim.clipGradNorm(model.parameters(), 1);
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

  const linear = new LinearForecast(training, { order: 64, horizon });
  const forecasts = await forecastAll(model, windows(testing, { context, horizon, hop: 16 }), linear);
  await run.write('forecast.svg', drawForecasts(forecasts));
  const [learned, ofLinear, ofLast] = (['attention', 'linear', 'last value'] as const).map((name) =>
    errorOf(name, forecasts).toFixed(3),
  );
  const result = `test error (RMS over ${horizon} values) ${learned}, linear ${ofLinear}, last value ${ofLast}`;
  await run.report(`${result}, in ${run.seconds} s`, ['forecast.svg']);
});
