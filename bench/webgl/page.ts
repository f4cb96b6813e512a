// What runs in the page: training steps on each device that starts there.

import type { DeviceName, Tensor } from '../../index.ts';
import { DigitNat } from '../../examples/digits/model.ts';
import { device, scope, tensor } from '../../index.ts';
import * as nn from '../../nn/index.ts';
import { batch, labels } from '../job.ts';
import { made } from '../models.ts';

export interface PageReport {
  /** What each device says of itself, or why it does not start. */
  readonly devices: Record<string, string>;
  /** Milliseconds of the fastest step, its loss read, by step and device. */
  readonly steps: Record<string, Record<string, number>>;
}

/** The networks of models.ts, and the digits example's. */
const networks: Readonly<Record<string, () => nn.Module & { forward(x: Tensor): Tensor }>> = {
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

/** A step on 64 made-up images. */
function startTraining(model: nn.Module & { forward(x: Tensor): Tensor }, name: DeviceName): () => Tensor {
  model.to(name);
  const image = made([batch, 1, 28, 28], 1, { device: name });
  const label = tensor(labels(), { device: name }).keep();
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

/** The fastest of the steps that fit into `seconds`, at least three, after one that compiles. */
async function fastest(step: () => Tensor, seconds: number): Promise<number> {
  const once = async (): Promise<number> => {
    const started = performance.now();
    using loss = step();
    await loss.item();
    return performance.now() - started;
  };
  await once();
  let best = Infinity;
  const until = performance.now() + 1000 * seconds;
  for (let i = 0; i < 3 || performance.now() < until; i++) best = Math.min(best, await once());
  return best;
}

/** @param only the steps whose name matches */
export async function measure(seconds: number, only: string): Promise<PageReport> {
  const report: PageReport = { devices: {}, steps: {} };
  for (const name of ['cpu', 'webgpu', 'webgl'] as const) {
    try {
      const { info } = await device(name);
      const { adapter, threads } = info as { adapter?: string; threads?: number };
      report.devices[name] = adapter ?? `${threads} threads`;
    } catch (error) {
      report.devices[name] = (error as Error).message;
      continue;
    }
    for (const [title, make] of Object.entries(networks).filter(([title]) => new RegExp(only, 'i').test(title)))
      (report.steps[title] ??= {})[name] = await fastest(startTraining(make(), name), seconds);
  }
  return report;
}
