import { expect, test } from 'vitest';
import { ones } from '../../../index.ts';

test('a loop that awaits only reads lets timers run', async () => {
  using x = ones([2], { device: 'cpu' });
  let fired = false;
  setTimeout(() => (fired = true), 1);
  const end = performance.now() + 2000;
  while (!fired && performance.now() < end) await x.data();
  expect(fired).toBe(true);
});
