import { expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { concat, device, tensor } from '../../index.ts';

await device('webgpu');

type Name = 'webgpu' | 'reference';
const counted = (name: Name, shape: number[]): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => i),
    { shape, device: name },
  );
};

const cases: [string, (name: Name) => Tensor][] = [
  ['a matrix turned', (name) => counted(name, [70, 45]).permute(1, 0)],
  ['many matrices turned', (name) => counted(name, [3, 40, 64]).permute(0, 2, 1)],
  ['channels last', (name) => counted(name, [2, 16, 9, 7]).permute(0, 2, 3, 1)],
  ['all axes turned', (name) => counted(name, [13, 6, 5, 33]).permute(3, 2, 1, 0)],
  ['a part of a matrix turned', (name) => counted(name, [50, 41]).slice({ axis: 1, start: 3, end: 39 }).permute(1, 0)],
  ['every second row turned', (name) => counted(name, [50, 40]).slice({ axis: 0, step: 2 }).permute(1, 0)],
  ['turned and mirrored', (name) => counted(name, [32, 20]).flip({ axis: 0 }).permute(1, 0)],
  ['axes between', (name) => counted(name, [20, 3, 2, 17]).permute(3, 1, 2, 0)],
  ['heads', (name) => counted(name, [2, 24, 3, 16]).permute(0, 2, 1, 3)],
  ['short axes', (name) => counted(name, [3, 700]).permute(1, 0)],
];

test.each(cases)('%s is packed', async (_name, body) => {
  const [got, want] = (['webgpu', 'reference'] as const).map((name) => body(name).contiguous());
  expect(await got!.data()).toEqual(Float32Array.from(await want!.data()));
});

test('turned matrices are joined', async () => {
  const [got, want] = (['webgpu', 'reference'] as const).map((name) => {
    const x = counted(name, [30, 33]).permute(1, 0);
    return concat([x, x.mul(2)], { axis: 1 });
  });
  expect(await got!.data()).toEqual(Float32Array.from(await want!.data()));
});

const joins: [string, number, (name: Name) => Tensor[]][] = [
  ['three by fours', -2, (name) => [8, 4, 12].map((n) => counted(name, [5, n, 4]))],
  ['three of odd widths', 1, (name) => [3, 1, 2].map((n) => counted(name, [7, n, 5]))],
  [
    'parts that begin off the fours',
    0,
    (name) => [1, 3].map((start) => counted(name, [12]).slice({ axis: 0, start, end: 8 + start })),
  ],
  ['nothing among them', 0, (name) => [2, 0, 3].map((n) => counted(name, [n, 4]))],
  ['ten', 1, (name) => Array.from({ length: 10 }, (_, i) => counted(name, [3, i + 1]))],
];

test.each(joins)('%s are joined', async (_name, axis, body) => {
  const [got, want] = (['webgpu', 'reference'] as const).map((name) => concat(body(name), { axis }));
  expect(await got!.data()).toEqual(Float32Array.from(await want!.data()));
});
