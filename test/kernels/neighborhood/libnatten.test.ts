import { describe, expect, test } from 'vitest';
import type { DeviceName, Tensor } from '../../../index.ts';
import { Generator, GradError, grad, memory, ones, randn, scope, zeros } from '../../../index.ts';
import * as lib from '../../../kernels/neighborhood/natten/libnatten.ts';
import { na1dAv, na1dQk, na2dAv, na2dQk, na3dAv, na3dQk } from '../../../kernels/neighborhood/unfused.ts';
import { hostDevices } from '../../devices.ts';
import { fusedOfRank } from './ranks.ts';

const generator = new Generator(11);

interface Problem {
  readonly tokens: readonly number[];
  readonly kernelSize: readonly number[];
  readonly dilation: readonly number[];
  readonly isCausal: readonly boolean[];
  /** Forward's tiles, backward's tiles, splits. */
  readonly tiles: readonly [number[], number[], number[], number[], number[]];
}

const problems: Record<1 | 2 | 3, readonly Problem[]> = {
  1: [
    { tokens: [23], kernelSize: [5], dilation: [2], isCausal: [true], tiles: [[64], [64], [128], [64], [1]] },
    { tokens: [70], kernelSize: [13], dilation: [1], isCausal: [false], tiles: [[32], [128], [64], [64], [2]] },
  ],
  2: [
    {
      tokens: [9, 12],
      kernelSize: [4, 3],
      dilation: [2, 3],
      isCausal: [false, true],
      tiles: [
        [1, 32],
        [64, 2],
        [64, 2],
        [1, 64],
        [5, 1],
      ],
    },
    {
      tokens: [10, 11],
      kernelSize: [3, 5],
      dilation: [1, 2],
      isCausal: [false, false],
      tiles: [
        [8, 8],
        [4, 16],
        [8, 8],
        [2, 32],
        [5, 1],
      ],
    },
  ],
  3: [
    {
      tokens: [4, 5, 6],
      kernelSize: [2, 3, 3],
      dilation: [2, 1, 2],
      isCausal: [true, false, false],
      tiles: [
        [4, 4, 4],
        [2, 4, 8],
        [4, 4, 4],
        [1, 4, 16],
        [2, 2, 1],
      ],
    },
  ],
};

const unfused = {
  1: {
    qk: na1dQk,
    av: na1dAv,
    qkForward: lib.na1dQkForward,
    qkBackward: lib.na1dQkBackward,
    avForward: lib.na1dAvForward,
    avBackward: lib.na1dAvBackward,
  },
  2: {
    qk: na2dQk,
    av: na2dAv,
    qkForward: lib.na2dQkForward,
    qkBackward: lib.na2dQkBackward,
    avForward: lib.na2dAvForward,
    avBackward: lib.na2dAvBackward,
  },
  3: {
    qk: na3dQk,
    av: na3dAv,
    qkForward: lib.na3dQkForward,
    qkBackward: lib.na3dQkBackward,
    avForward: lib.na3dAvForward,
    avBackward: lib.na3dAvBackward,
  },
};

const cases = hostDevices.flatMap((device) =>
  ([1, 2, 3] as const).flatMap((rank) =>
    problems[rank].map((problem): [DeviceName, 1 | 2 | 3, Problem] => [device, rank, problem]),
  ),
);

function near(got: Tensor, wanted: Tensor, tolerance = 2e-5): void {
  expect(got.shape).toEqual(wanted.shape);
  const [a, b] = [got.dataNow()!, wanted.dataNow()!];
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) expect(Math.abs(a[i]! - b[i]!)).toBeLessThanOrEqual(tolerance * (1 + Math.abs(b[i]!)));
  }
}

describe.each(cases)('on %s, rank %i, %j', (device, rank, { tokens, kernelSize, dilation, isCausal, tiles }) => {
  const make = (...shape: number[]): Tensor => randn(shape, { device, generator, requiresGrad: true });
  const empty = (x: Tensor): Tensor => zeros(x.shape, { device }).add(NaN);
  const rules = { kernelSize, dilation, isCausal };
  const [queryTile, keyTile, backwardQueryTile, backwardKeyTile, splits] = tiles;
  const scale = 0.3;

  test.each([false, true])('fused, with a bias: %s', (hasBias) => {
    scope(() => {
      const { own, forward } = fusedOfRank[rank];
      const [q, k, v] = [make(2, ...tokens, 3, 4), make(2, ...tokens, 3, 4), make(2, ...tokens, 3, 4)];
      const rpb = hasBias ? make(3, ...kernelSize.map((size) => 2 * size - 1)) : null;
      const options = { ...rules, scale, returnLogsumexp: true, implementation: 'fused' } as const;
      const wanted = own(q, k, v, { ...options, ...(rpb ? { rpb } : {}) });
      const [output, logsumexp] = [empty(wanted.output), empty(wanted.logsumexp)];
      const rest = [kernelSize, dilation, isCausal, scale, queryTile, keyTile] as const;
      forward(output, q, k, v, rpb, logsumexp, ...rest);
      near(output, wanted.output);
      near(logsumexp, wanted.logsumexp);
      const again = empty(wanted.output);
      forward(again, q, k, v, rpb, null, ...rest);
      near(again, output, 0);
    });
  });

  test.each([false, true])('fused backward, delta by ops: %s', (computeDeltaWithOps) => {
    scope(() => {
      const { own, backward } = fusedOfRank[rank];
      const [q, k, v] = [make(2, ...tokens, 3, 4), make(2, ...tokens, 3, 4), make(2, ...tokens, 3, 4)];
      const options = { ...rules, scale, returnLogsumexp: true, implementation: 'fused' } as const;
      const { output, logsumexp } = own(q, k, v, options);
      const gradOutput = make(...q.shape);
      const wanted = grad(output, [q, k, v], { gradOutput });
      const got = wanted.map(empty) as [Tensor, Tensor, Tensor];
      const told = [kernelSize, dilation, isCausal, scale, backwardQueryTile, backwardKeyTile, splits] as const;
      backward(...got, q, k, v, output, gradOutput, logsumexp, ...told, computeDeltaWithOps);
      got.forEach((x, i) => near(x, wanted[i]!));
    });
  });

  test('unfused', () => {
    scope(() => {
      const { qk, av, qkForward, qkBackward, avForward, avBackward } = unfused[rank];
      const [q, k, v] = [make(2, 3, ...tokens, 4), make(2, 3, ...tokens, 4), make(2, 3, ...tokens, 4)];
      const rpb = make(3, ...kernelSize.map((size) => 2 * size - 1));
      const told = [kernelSize, dilation, isCausal] as const;
      const attn = qk(q, k, { ...rules, rpb });
      const written = empty(attn);
      qkForward(written, q, k, rpb, ...told);
      near(written, attn);
      qkForward(written, q, k, null, ...told);
      near(written, qk(q, k, rules));

      const gradAttn = make(...attn.shape);
      const wanted = grad(attn, [q, k, rpb], { gradOutput: gradAttn });
      const [dq, dk, db] = wanted.map(empty) as [Tensor, Tensor, Tensor];
      qkBackward(dq, dk, db, gradAttn, q, k, ...told);
      [dq, dk, db].forEach((x, i) => near(x, wanted[i]!));
      const [alone] = [empty(dq)];
      qkBackward(alone, empty(dk), null, gradAttn, q, k, ...told);
      near(alone, dq, 0);

      const weights = make(...attn.shape);
      const output = av(weights, v, rules);
      const [o, dO] = [empty(output), make(...output.shape)];
      avForward(o, weights, v, ...told);
      near(o, output);
      const ofAv = grad(output, [weights, v], { gradOutput: dO });
      const [dw, dv] = ofAv.map(empty) as [Tensor, Tensor];
      avBackward(dw, dv, dO, weights, v, ...told);
      near(dw, ofAv[0]!);
      near(dv, ofAv[1]!);
    });
  });
});

describe('written in place', () => {
  const rest = [[3], [1], [false], 0.5, [64], [64]] as const;

  test('delta, into the elements of a view too', () => {
    scope(() => {
      const base = zeros([2, 9, 2]);
      lib.computeDelta(ones([9, 2, 4]).mul(2), ones([9, 2, 4]), base.select(0, 1));
      expect([...base.dataNow()!]).toEqual([...new Array<number>(18).fill(0), ...new Array<number>(18).fill(8)]);
    });
  });

  test('nothing is recorded or left, and saved tensors know that they were changed', () => {
    scope(() => {
      const q = randn([1, 9, 2, 4], { requiresGrad: true });
      const output = zeros([1, 9, 2, 4]);
      const saved = output.requireGrad();
      const square = saved.mul(saved);
      const before = memory()['cpu']!.tensors;
      lib.na1dForward(output, q, q, q, null, null, ...rest);
      expect(memory()['cpu']!.tensors).toBe(before);
      expect(output.requiresGrad).toBe(false);
      expect(() => square.sum().backward()).toThrow(GradError);
    });
  });

  test('an output may be an input', () => {
    scope(() => {
      const q = randn([1, 9, 2, 4]);
      const expected = zeros([1, 9, 2, 4]);
      lib.na1dForward(expected, q, q, q, null, null, ...rest);
      lib.na1dForward(q, q, q, q, null, null, ...rest);
      near(q, expected, 0);
    });
  });

  test('0 is a scale, and inputs may be views', () => {
    scope(() => {
      const heads = randn([1, 2, 9, 4]);
      const q = heads.permute(0, 2, 1, 3);
      const output = zeros([1, 9, 2, 4]);
      lib.na1dForward(output, q, q, q, null, null, [9], [1], [false], 0, [64], [64]);
      near(output, q.mean({ axis: 1, keepDims: true }).expand([1, 9, 2, 4]), 1e-6);
    });
  });
});
