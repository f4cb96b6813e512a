// A device that is lost in the middle of training says so, and another goes on from the checkpoint.

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StateDict, StateSource } from '../../nn/stateDict.ts';
import type { Training } from '../network.ts';
import type { WebgpuRuntime } from '../../kernels/runtime/webgpu/runtime.ts';
import { defaultGenerator, device, DeviceError, DisposedError, memory, tensor } from '../../index.ts';
import * as nn from '../../nn/index.ts';
import { startTraining, trainingStep } from '../network.ts';

let runtime: WebgpuRuntime;
beforeEach(async () => {
  runtime = (await device('webgpu')) as WebgpuRuntime;
});
afterEach(() => runtime.dispose());

const make = (values: number[]) => tensor(values, { device: 'webgpu' });

/** Trains on; the losses of the steps. */
async function losses(training: Training, steps: number): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < steps; i++) {
    using loss = trainingStep(training);
    found.push(await loss.item());
  }
  return found;
}

/** Elements of the host's, by path. */
async function readAll(state: StateDict): Promise<StateSource> {
  const entries = [...state].map(async ([path, x]) => {
    const { dtype, shape } = x;
    const data = x.data();
    x.dispose();
    return [path, { dtype, shape, data: await data }] as const;
  });
  return new Map(await Promise.all(entries));
}

/** All that a run consists of. */
async function checkpoint({ network, optimizer, generator }: Training) {
  const { settings, tensors } = optimizer.stateDict();
  const states = await Promise.all([readAll(network.stateDict()), readAll(new Map(tensors))]);
  return { states, settings, random: defaultGenerator.state(), pictures: generator.state() };
}

function resume(training: Training, { states, settings, random, pictures }: Awaited<ReturnType<typeof checkpoint>>) {
  training.network.loadStateDict(states[0]);
  training.optimizer.loadStateDict({ settings, tensors: states[1] });
  training.generator.setState(pictures);
  defaultGenerator.setState(random);
}

test('training goes on from the checkpoint with the losses of a run that was not interrupted', async () => {
  const training = startTraining('webgpu');
  await losses(training, 2);
  const saved = await checkpoint(training);
  const want = await losses(training, 3);

  const { tensors, bytes } = memory()['webgpu']!;
  runtime.device.destroy();
  const error = await losses(training, 1).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DisposedError);
  expect((error as Error).message).toMatch(
    /the webgpu device was lost \(it was destroyed\), and with it \d+ tensors of \d+ bytes; /,
  );
  expect((error as Error).message).toMatch("its tensors can no longer be used, await device('webgpu') starts another");
  expect(tensors * bytes).toBeGreaterThan(0);
  await expect(losses(training, 1)).rejects.toThrow(
    "device: 'webgpu' must be started first: await device('webgpu'); the last one was lost (it was destroyed), and with it",
  );

  const lost = runtime;
  runtime = (await device('webgpu')) as WebgpuRuntime;
  expect(runtime).not.toBe(lost);
  expect(memory()['webgpu']).toEqual({ tensors: 0, bytes: 0, peak: 0, reserved: 0 });
  const again = startTraining('webgpu');
  resume(again, saved);
  expect(await losses(again, 3)).toEqual(want);
});

test('a read that waits, a read after it, and ops say what was lost; freeing is silent', async () => {
  const x = make([1, 2, 3]);
  await x.data();
  const sum = x.add(1);
  runtime.device.destroy();
  const waiting = sum.data();
  await expect(waiting).rejects.toThrow(
    'the webgpu device was lost (it was destroyed), and with it 2 tensors of 24 bytes',
  );
  await expect(sum.data()).rejects.toThrow('data: the webgpu device was lost');
  await expect(x.array()).rejects.toThrow(DisposedError);
  expect(() => x.add(1)).toThrow('add: the webgpu device was lost');
  expect(() => x.reshape([3, 1])).toThrow('reshape: the webgpu device was lost');
  expect(() => x.to('cpu')).toThrow('to: the webgpu device was lost');
  expect(() => tensor([1], { device: runtime })).toThrow('allocate: the webgpu device was lost');
  expect(() => make([1])).toThrow("device: 'webgpu' must be started first: await device('webgpu')");
  await expect(runtime.finish()).rejects.toThrow('finish: the webgpu device was lost');
  expect(memory()['webgpu']).toBeUndefined();
  for (const each of [sum, x, x]) each.dispose();
  runtime.dispose();
});

test('a tensor of the lost device is refused beside one of the new, in either place', async () => {
  const old = make([1, 2]);
  runtime.device.destroy();
  await runtime.device.lost;
  runtime = (await device('webgpu')) as WebgpuRuntime;
  const x = make([3, 4]);
  expect(() => x.add(old)).toThrow('add: the webgpu device was lost (it was destroyed)');
  expect(() => old.add(x)).toThrow(DisposedError);
  const layer = new nn.Linear(2, 2);
  expect(() => layer.forward(x)).toThrow("tensors live on 'webgpu' and 'cpu'; move one with .to('webgpu')");
  expect(() => layer.forward(x)).toThrow(DeviceError);
  expect(Array.from(await x.add(x).data())).toEqual([6, 8]);
});

test('one that its owner ended says that', async () => {
  const x = make([1]);
  const waiting = x.add(1).data();
  runtime.dispose();
  await expect(waiting).rejects.toThrow('the webgpu device was ended by dispose(); its tensors can no longer be used');
  expect(() => x.add(1)).toThrow('add: the webgpu device was ended by dispose()');
  runtime = (await device('webgpu')) as WebgpuRuntime;
  expect(Array.from(await make([5]).data())).toEqual([5]);
});
