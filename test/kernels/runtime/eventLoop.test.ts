import { expect, test } from 'vitest';
import { ones } from '../../../index.ts';

test('a loop that awaits only reads lets timers run', async () => {
  using x = ones([2], { device: 'cpu' });
  const fired: true[] = [];
  setTimeout(() => fired.push(true), 1);
  const end = performance.now() + 5000;
  while (fired.length === 0 && performance.now() < end) await x.data();
  expect(fired).toHaveLength(1);
});
