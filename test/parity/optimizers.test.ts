// Steps of optimizers, clipped gradients and learning rates, against PyTorch's.

import { describe, expect, test } from 'vitest';
import type { DeviceName } from '../../index.ts';
import { scope } from '../../index.ts';
import * as nn from '../../nn/index.ts';
import type { Safetensors } from '../../tensor/io/safetensors.ts';
import { described, devices, expectClose, readFixture, upload } from './fixture.ts';

const { optim, withoutPrefix } = nn;
const fixture = readFixture('optimizers');
const adaptive = readFixture('adaptive');
type Name = 'SGD' | 'AdamW' | 'Adam' | 'RMSprop' | 'Adagrad';
const runs = [fixture, adaptive].flatMap((tensorsOf) =>
  (described(tensorsOf, 'runs') as { optimizer: Name; options: { lr: number } }[]).map((run, at) => ({
    ...run,
    at,
    of: tensorsOf.tensors,
    title: JSON.stringify(run.options),
  })),
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

/** Parameters as they are before the first step. */
function startsOf(tensors: Safetensors['tensors'], device: DeviceName): nn.Parameter[] {
  return [...withoutPrefix('start', tensors).values()].map((host) => new nn.Parameter(upload(host, device)));
}

describe.each(devices)('$device', ({ device, tolerance }) => {
  test.each(runs)('$optimizer $title', ({ optimizer: name, options, at, of }) => {
    scope(() => {
      const parameters = startsOf(of, device);
      const optimizer = new optim[name](parameters, options);
      for (let step = 0; step < steps; step++) {
        optimizer.zeroGrad();
        parameters.forEach((parameter, i) => {
          parameter.grad = upload(of.get(`grad.${step}.${i}`)!, device);
        });
        optimizer.step();
        parameters.forEach((parameter, i) => {
          expectClose(parameter, of.get(`run.${at}.${step}.${i}`)!, tolerance, `parameter ${i}, step ${step}`);
        });
      }
      parameters.forEach((parameter) => parameter.dispose());
    });
  });

  test.each([
    ['mean', {}],
    ['exponential', { decay: 0.9 }],
  ])('AveragedModel: %s', (kind, options) => {
    scope(() => {
      const layers = startsOf(adaptive.tensors, device).map((weight) => Object.assign(new nn.Identity(), { weight }));
      const averages = layers.map((layer) => new optim.AveragedModel(layer, options));
      layers.forEach((layer, i) => {
        for (let step = 0; step < steps; step++) {
          layer.loadStateDict({ weight: adaptive.tensors.get(`run.0.${step}.${i}`)! });
          averages[i]!.update();
        }
        averages[i]!.apply();
        expectClose(layer.weight, adaptive.tensors.get(`${kind}.${i}`)!, tolerance, `average ${i}`);
        averages[i]!.dispose();
        layer.dispose();
      });
    });
  });

  test.each((described(adaptive, 'clips') as number[]).map((value, at) => ({ value, at })))(
    'clipGradValue to $value',
    ({ value, at }) => {
      using parameter = new nn.Parameter([4, 5], { device });
      scope(() => {
        parameter.grad = upload(adaptive.tensors.get(`clip.${at}.in`)!, device);
        optim.clipGradValue([parameter], value);
        expectClose(parameter.grad, adaptive.tensors.get(`clip.${at}.out`)!, tolerance, 'gradient');
      });
    },
  );

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
