import { expect, test } from 'vitest';
import { ones } from '../../../index.ts';

test('a loop that awaits only reads lets timers run', async () => {
  using x = ones([2], { device: 'cpu' });
  const fired: number[] = [];
  const start = performance.now();
  setTimeout(() => fired.push(performance.now() - start), 1);
  while (fired.length === 0 && performance.now() < start + 2000) await x.data();
  expect(fired).toHaveLength(1);
  expect(fired[0]).toBeLessThan(1000);
});
