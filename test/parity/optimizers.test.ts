// Steps of optimizers, clipped gradients and learning rates, against PyTorch's.

import { describe, expect, test } from 'vitest';
import type { DeviceName } from '../../index.ts';
import { scope } from '../../index.ts';
import * as nn from '../../nn/index.ts';
import { described, devices, expectClose, readFixture, upload } from './fixture.ts';

const { optim, withoutPrefix } = nn;
const fixture = readFixture('optimizers');
const runs = (described(fixture, 'runs') as { optimizer: 'SGD' | 'AdamW'; options: { lr: number } }[]).map(
  (run, at) => ({
    ...run,
    at,
    title: JSON.stringify(run.options),
  }),
);
const steps = described(fixture, 'steps') as number;
const clips = (described(fixture, 'clips') as { maxNorm: number; norm: number }[]).map((clip, at) => ({ ...clip, at }));
interface Schedule {
  readonly lr: number;
  readonly minimum: number;
  readonly warmup: number;
  readonly total: number;
  readonly rates: readonly number[];
}
const schedules = described(fixture, 'schedules') as Schedule[];

/** Parameters of the shapes and values under `prefix`. */
function parametersFrom(prefix: string, device: DeviceName): nn.Parameter[] {
  return [...withoutPrefix(prefix, fixture.tensors).values()].map((host) => new nn.Parameter(upload(host, device)));
}

describe.each(devices)('$device', ({ device, tolerance }) => {
  test.each(runs)('$optimizer $title', ({ optimizer: name, options, at }) => {
    scope(() => {
      const parameters = parametersFrom('start', device);
      const optimizer = new optim[name](parameters, options);
      for (let step = 0; step < steps; step++) {
        optimizer.zeroGrad();
        parameters.forEach((parameter, i) => {
          parameter.grad = upload(fixture.tensors.get(`grad.${step}.${i}`)!, device);
        });
        optimizer.step();
        parameters.forEach((parameter, i) => {
          expectClose(
            parameter,
            fixture.tensors.get(`run.${at}.${step}.${i}`)!,
            tolerance,
            `parameter ${i}, step ${step}`,
          );
        });
      }
      parameters.forEach((parameter) => parameter.dispose());
    });
  });

  test.each(clips)('clipGradNorm to $maxNorm', ({ maxNorm, norm, at }) => {
    scope(() => {
      const grads = [...withoutPrefix(`clip.${at}.in`, fixture.tensors).values()];
      const parameters = grads.map((host) => new nn.Parameter(host.shape, { device }));
      parameters.forEach((parameter, i) => (parameter.grad = upload(grads[i]!, device)));
      const found = optim.clipGradNorm(parameters, maxNorm);
      expectClose(found, { dtype: 'float64', shape: [], data: Float64Array.of(norm) }, tolerance, 'norm');
      parameters.forEach((parameter, i) => {
        expectClose(parameter.grad, fixture.tensors.get(`clip.${at}.out.${i}`)!, tolerance, `gradient ${i}`);
        parameter.dispose();
      });
    });
  });
});

test.each(schedules)('a warm-up of $warmup steps, then a cosine', ({ lr, minimum, warmup, total, rates }) => {
  using parameter = new nn.Parameter([1]);
  const optimizer = new optim.SGD([parameter], { lr });
  const schedule = new optim.CosineSchedule(optimizer, { totalSteps: total, warmupSteps: warmup, minLr: minimum });
  for (const want of rates) {
    expect(schedule.lastLr()[0]! / want).toBeCloseTo(1, 12);
    schedule.step();
  }
});
