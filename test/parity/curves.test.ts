// The networks that bench/ times learn as PyTorch's do, and its attention is PyTorch's dense attention under a mask.

import { expect, test } from 'vitest';
import type { Training } from '../../bench/models.ts';
import { scope } from '../../index.ts';
import { attention, cnn, mlp } from '../../bench/models.ts';
import { described, devices, readFixture } from './fixture.ts';

const fixture = readFixture('curves');

function losses({ model, step }: Training, count: number): number[] {
  const found = Array.from({ length: count }, () => scope(() => step().dataNow()![0]!));
  model.dispose();
  return found.map((loss) => Number(loss.toFixed(5)));
}

test('five steps of the CNN', () => {
  const want = described(fixture, 'cnn') as number[];
  expect(want).toEqual([2.31921, 2.2988, 2.28636, 2.27486, 2.2635]);
  expect(losses(cnn(), 5)).toEqual(want);
});

test.each(devices)('five steps of the MLP on $device', ({ device }) => {
  const want = described(fixture, 'mlp') as number[];
  expect(want).toEqual([2.31093, 2.27361, 2.23699, 2.20096, 2.16542]);
  expect(losses(mlp({ device }), 5)).toEqual(want);
});

test('the sum of squares of an attention, and its gradients', () => {
  const want = described(fixture, 'attention') as { loss: number; gradNorms: number[] };
  scope(() => {
    const { inputs, forward } = attention();
    const loss = forward();
    expect(loss.dataNow()![0]! / want.loss).toBeCloseTo(1, 5);
    loss.backward();
    inputs.forEach((x, i) => {
      const norm = Math.sqrt(Array.from(x.grad!.dataNow()!).reduce((sum, g) => sum + g * g, 0));
      expect(norm / want.gradNorms[i]!, `gradient ${i}`).toBeCloseTo(1, 5);
      x.dispose();
    });
  });
});
