// An op of one's own: tested, differentiated, trained with. `npm run custom-op -- --help`

import { device, gradientCheck, noGrad, ones, randn, scope, selfTest, tensor, type Tensor } from 'vicinal';
import * as nn from 'vicinal/nn';
import { command, openRun, real, whole } from '../training/index.ts';
import { drawFits } from './figure.ts';
import { snake } from './snake.ts';

const program = {
  about:
    'Defines the activation "snake" as an op with a kernel for each device, checks it, and learns a periodic function with it.',
  command: 'npm run custom-op --',
  folder: import.meta.dirname,
  flags: {
    epochs: whole(150, 'passes over the points', { max: 10_000 }),
    batch: whole(64, 'points per step', { max: 1000 }),
    lr: real(5e-3, 'highest learning rate', { min: 1e-8, max: 1 }),
    points: whole(1024, 'points of the function to train on', { max: 1_000_000 }),
  },
} as const;

class Snake extends nn.Module {
  alpha: nn.Parameter;

  constructor(features: number) {
    super();
    this.alpha = new nn.Parameter(ones([features]).mul(2));
  }

  forward(x: Tensor): Tensor {
    return snake(x, this.alpha);
  }
}

/** The same network twice, once with the op and once with a common activation. [B, 1] → [B, 1] each. */
class Both extends nn.Module {
  snake = mlp(() => new Snake(48));
  gelu = mlp(() => new nn.GELU());

  forward(x: Tensor): { snake: Tensor; gelu: Tensor } {
    return { snake: this.snake.forward(x), gelu: this.gelu.forward(x) };
  }
}

const mlp = (activation: () => Snake | nn.GELU): nn.Sequential =>
  new nn.Sequential(new nn.Linear(1, 48), activation(), new nn.Linear(48, 48), activation(), new nn.Linear(48, 1));

/** Learned between −4 and 4, asked for up to 8. */
const truth = (x: number): number => x / 4 + Math.sin(2 * x);

/** Holds the op to its reference form and its gradient to central differences. */
async function check(): Promise<void> {
  await gradientCheck((x, alpha) => snake(x, alpha.square().add(0.5)), [randn([5, 3]), randn([3])]);
  for (const name of ['cpu', 'webgpu'] as const) {
    const started = await device(name).catch((error: Error) => error);
    if (started instanceof Error) {
      console.log(`snake: not tested on '${name}': ${started.message}`);
      continue;
    }
    const { passed, failed } = await selfTest(started, { ops: [snake] });
    if (failed.length > 0) throw new Error(`snake on '${name}': ${failed[0]!.reason}`);
    console.log(`snake: ${passed} op agrees with its reference form on '${name}'`);
  }
  console.log('snake: its gradient agrees with central differences');
}

await command(program, async (options) => {
  await check();
  await using run = await openRun(options);
  const { epochs, batch, lr, points } = run.settings;
  const xs = Float32Array.from({ length: points }, (_, i) => (8 * (i + 0.5)) / points - 4);
  const shape = [points, 1];
  const dataset = new nn.data.TensorDataset({ x: { shape, data: xs }, y: { shape, data: xs.map(truth) } });
  const loader = new nn.data.DataLoader(dataset, { batchSize: batch, shuffle: true, dropLast: true });
  if (loader.length === 0) throw new Error(`--batch ${batch} is more than the ${points} points; use a smaller batch`);
  const model = new Both();
  const totalSteps = epochs * loader.length;
  const optimizer = new nn.optim.AdamW(model.parameters(), { lr, weightDecay: 0 });
  const schedule = new nn.optim.CosineSchedule(optimizer, { totalSteps, warmupSteps: Math.ceil(totalSteps / 20) });
  await run.begin({ model, optimizer, loader, schedule }, { totalSteps, samplesPerStep: batch });

  while (!run.isOver) {
    for await (const { x, y } of loader) {
      const losses = scope(() => {
        optimizer.zeroGrad();
        const fits = model.forward(x);
        const losses = { snake: nn.mseLoss(fits.snake, y), gelu: nn.mseLoss(fits.gelu, y) };
        losses.snake.add(losses.gelu).backward(); // the networks share nothing: each gets its own gradient
        optimizer.step();
        schedule.step();
        return losses;
      });
      using ofSnake = losses.snake,
        ofGelu = losses.gelu;
      run.logStep({ snake: await ofSnake.item(), gelu: await ofGelu.item() });
      if (run.isInterrupted) break;
    }
    await run.save();
  }
  if (run.isInterrupted) return run.report(run.howToGoOn);

  const asked = Float32Array.from({ length: 401 }, (_, i) => -8 + i / 25);
  const fits = noGrad(() => scope(() => model.forward(tensor(asked, { shape: [401, 1] }))));
  using bySnake = fits.snake,
    byGelu = fits.gelu;
  const curves = { truth: asked.map(truth), snake: await bySnake.data(), gelu: await byGelu.data() };
  await run.write('fit.svg', drawFits(asked, curves));
  const errorOf = (fit: ArrayLike<number>): string => {
    const outside = Array.from(asked, (x, i) => (Math.abs(x) > 4 ? (fit[i]! - truth(x)) ** 2 : 0));
    return Math.sqrt(
      outside.reduce((sum, square) => sum + square, 0) / outside.filter((square) => square > 0).length,
    ).toFixed(3);
  };
  const result = `error (RMS) outside of the training's range: snake ${errorOf(curves.snake)}, gelu ${errorOf(curves.gelu)}`;
  await run.report(`${result}, in ${run.seconds} s`, ['fit.svg']);
});
