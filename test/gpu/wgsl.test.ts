// Programs of a user's own on the webgpu device.

import { describe, expect, test } from 'vitest';
import { snake } from '../../examples/custom-op/snake.ts';
import {
  ArgumentError,
  device,
  DeviceError,
  gradientCheck,
  randn,
  selfTest,
  tensor,
  wgsl,
  zeros,
} from '../../index.ts';

const gpu = await device('webgpu');

/** y = scale · x + z, where z is of another dtype. */
const fuse = wgsl({
  name: 'fuse',
  reads: ['x', 'z'],
  writes: ['y'],
  params: { count: 'u32', scale: 'f32' },
  workgroupSize: [32],
  body: 'if (item < params.count) { store_y(item, params.scale * load_x(item) + f32(load_z(item))); }',
});

describe('wgsl', () => {
  test.each(['int32', 'bool', 'float32'] as const)('reads %s beside float32, and counts from a view', async (dtype) => {
    using x = randn([77], { device: gpu });
    using z = tensor(
      Array.from({ length: 77 }, (_, i) => i % 2),
      { dtype, device: gpu },
    );
    using y = zeros([77], { device: gpu });
    const [late, lateZ, lateY] = [x, z, y].map((t) => t.at([7]));
    fuse({ x: late!, z: lateZ!, y: lateY! }, { count: 70, scale: 3 }, Math.ceil(70 / 32));
    const from = await x.data();
    const expected = Array.from(from, (v, i) => (i < 7 ? 0 : Math.fround(3 * v) + (i % 2)));
    expect(Array.from(await y.data())).toEqual(expected.map((v) => expect.closeTo(v, 5)));
  });

  test('goes over two axes of workgroups where one does not take them', async () => {
    const count = 65_536 * 2 + 5;
    const mark = wgsl({
      name: 'mark',
      reads: [],
      writes: ['y'],
      params: { count: 'u32' },
      workgroupSize: [1],
      body: 'if (item < params.count) { store_y(item, 1); }',
    });
    using y = zeros([count], { device: gpu });
    mark({ y }, { count }, count);
    expect(await y.sum().item()).toBe(count);
  });

  test('refuses what it cannot run, in a sentence', () => {
    using x = zeros([4], { device: gpu });
    using wide = zeros([4, 2], { device: gpu });
    using here = zeros([4], { device: 'cpu' });
    const run = (tensors: object, params: object) => () =>
      fuse({ x, z: x, y: x, ...tensors }, { count: 4, scale: 1, ...params }, 1);
    expect(run({ z: here }, {})).toThrow(DeviceError);
    expect(run({ z: here }, {})).toThrow("fuse: z lives on 'cpu'; a WGSL program takes tensors of 'webgpu'");
    expect(run({ z: undefined }, {})).toThrow("fuse: the program was given no tensor 'z'");
    expect(run({ z: wide.at([], 0) }, {})).toThrow(/^fuse: z .* has gaps; use contiguous\(\)$/);
    expect(run({}, { scale: undefined })).toThrow(
      "fuse: the program was given undefined as param 'scale'; it must be a number",
    );
    expect(() => wgsl({ name: 'x', body: '' } as never)).toThrow(ArgumentError);
    const idle = { name: 'idle', reads: ['x'], writes: [], workgroupSize: [1], body: '' } as const;
    expect(() => wgsl(idle)).toThrow('wgsl: writes is []; a program writes at least one tensor');
  });
});

describe('the example of an op of one’s own', () => {
  test.each(['cpu', 'webgpu'] as const)('agrees with its reference form on %s', async (name) => {
    expect(await selfTest(name, { ops: [snake] })).toEqual({ passed: 1, failed: [] });
  });

  test('has the gradients of central differences', () =>
    gradientCheck((x, alpha) => snake(x, alpha.square().add(0.5)), [randn([5, 3]), randn([3])]));

  test('refuses rates for another number of channels', () =>
    expect(() => snake(zeros([2, 3]), zeros([2]))).toThrow("alpha must have the size of x's last axis"));
});
