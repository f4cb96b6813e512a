// What runs in the page: training steps on each device that starts there.

import type { DeviceName, Tensor } from '../../index.ts';
import { DigitNat } from '../../examples/digits/model.ts';
import { device, manualSeed, scope, tensor } from '../../index.ts';
import * as nn from '../../nn/index.ts';
import { classes } from '../job.ts';
import { made } from '../models.ts';

type Network = nn.Module & { forward(x: Tensor): Tensor };

/** The networks of models.ts, and the digits example's. */
const networks: Readonly<Record<string, () => Network>> = {
  'MLP step': () => new nn.Sequential(new nn.Flatten(), new nn.Linear(784, 256), new nn.ReLU(), new nn.Linear(256, 10)),
  'CNN step': () =>
    new nn.Sequential(
      new nn.Conv2d(1, 32, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(32, 64, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(3136, 10),
    ),
  'digits example': () => new DigitNat(),
};
export const titles = Object.keys(networks);

export const deviceNames = ['cpu', 'webgpu', 'webgl'] as const satisfies readonly DeviceName[];

/** What each device says of itself, or why it does not start. */
export type Started = Readonly<Record<string, { readonly is: string; readonly starts: boolean }>>;

export async function start(): Promise<Started> {
  const started: Record<string, Started[string]> = {};
  for (const name of deviceNames) {
    try {
      const { adapter, threads } = (await device(name)).info as { adapter?: string; threads?: number };
      started[name] = { is: adapter ?? `${threads} threads`, starts: true };
    } catch (error) {
      started[name] = { is: (error as Error).message, starts: false };
    }
  }
  return started;
}

/** A step on as many made-up images; the same numbers on every device. */
function startTraining(title: string, name: DeviceName, batch: number): () => Tensor {
  manualSeed(1);
  const model = networks[title]!();
  model.to(name);
  const image = made([batch, 1, 28, 28], 1, { device: name });
  const label = tensor(
    Int32Array.from({ length: batch }, (_, i) => (i * 7) % classes),
    { device: name },
  ).keep();
  const optimizer = new nn.optim.AdamW(model.parameters(), { lr: 1e-3 });
  return () =>
    scope(() => {
      optimizer.zeroGrad();
      const loss = nn.crossEntropy(model.forward(image), label);
      loss.backward();
      optimizer.step();
      return loss;
    });
}

export interface Measured {
  /** Milliseconds of the fastest step after the first, which compiles, with its loss read. */
  readonly fastest: number;
  /** Of the first three steps. */
  readonly losses: readonly number[];
}

/** As many steps as fit into `seconds`, at least two after the first. */
export async function measure(title: string, name: DeviceName, batch: number, seconds: number): Promise<Measured> {
  const step = startTraining(title, name, batch);
  const [losses, times]: number[][] = [[], []];
  let until = Infinity;
  while (losses!.length < 3 || performance.now() < until) {
    const started = performance.now();
    using loss = step();
    losses!.push(await loss.item());
    times!.push(performance.now() - started);
    if (losses!.length === 1) until = performance.now() + 1000 * seconds;
  }
  return { fastest: Math.min(...times!.slice(1)), losses: losses!.slice(0, 3) };
}
