// How long the GPU works on what was asked of it.

import { expect, test } from 'vitest';
import { device, scope, zeros } from '../../index.ts';
import { GpuClock } from '../../kernels/runtime/webgpu/clock.ts';
import type { WebgpuRuntime } from '../../kernels/runtime/webgpu/runtime.ts';

const runtime = (await device('webgpu')) as WebgpuRuntime;

/** The same runtime, as if its adapter had no timestamps. */
const withoutTimestamps = (): WebgpuRuntime =>
  new Proxy(runtime, {
    get(target, name) {
      if (name === 'device') return { features: new Set() };
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });

test.each([
  ['timestamps', new GpuClock(runtime)],
  ['waiting', new GpuClock(withoutTimestamps())],
] as const)('more work takes longer, by %s', async (_title, clock) => {
  const x = zeros([1 << 14], { device: 'webgpu' });
  const work = (times: number) => (): void => {
    for (let i = 0; i < times; i++) scope(() => void x.add(1));
  };
  await clock.seconds(work(1)); // its program is built
  const one = await clock.seconds(work(1));
  const many = await clock.seconds(work(400)); // more dispatches than fit one pass
  expect(one).toBeGreaterThan(0);
  expect(many).toBeGreaterThan(5 * one);
  expect(many).toBeLessThan(60);
  x.dispose();
});

test('measurements take turns, and one that fails leaves the next alone', async () => {
  expect(runtime.device.features.has('timestamp-query')).toBe(true);
  const work = (): void => scope(() => void zeros([1 << 16], { device: 'webgpu' }).add(1));
  const failing = (): void => {
    work();
    throw new Error('no more');
  };
  const [first, second, third] = await Promise.allSettled([work, failing, work].map((body) => runtime.secondsOf(body)));
  expect([first, third].map((result) => result?.status)).toEqual(['fulfilled', 'fulfilled']);
  expect(second).toMatchObject({ status: 'rejected', reason: { message: 'no more' } });
  expect(runtime.commands.describePass).toBeUndefined();
  expect(await runtime.secondsOf(() => undefined)).toBe(0);
});
