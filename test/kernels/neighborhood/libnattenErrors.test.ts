import { describe, expect, test } from 'vitest';
import { ArgumentError, DeviceError, DtypeError, ShapeError, zeros } from '../../../index.ts';
import * as lib from '../../../kernels/neighborhood/natten/libnatten.ts';

describe('refuses', () => {
  const x = zeros([1, 9, 10, 2, 4]).keep();
  const lse = zeros([1, 9, 10, 2]).keep();
  const first = zeros([1, 2, 9, 10, 4]).keep();
  const attn = zeros([1, 2, 9, 10, 9]).keep();

  type Forward = Parameters<typeof lib.na2dForward>;
  const forward = (change: Record<number, unknown>): void => {
    const fine: Forward = [x, x, x, x, null, lse, [3, 3], [2, 2], [true, false], 0.5, [8, 8], [8, 8]];
    lib.na2dForward(...(fine.map((value, i) => (i in change ? change[i] : value)) as Forward));
  };

  test.each<[title: string, change: Record<number, unknown>, type: unknown, reason: string]>([
    [
      'another rank',
      { 1: lse },
      ShapeError,
      'na2dForward: query [1, 9, 10, 2] has rank 4; it must be [B, X, Y, N, D], of rank 5',
    ],
    [
      'another key',
      { 2: zeros([1, 9, 10, 1, 4]) },
      ShapeError,
      'key [1, 9, 10, 1, 4] does not fit query [1, 9, 10, 2, 4]; it must be [B, X, Y, N, D] [1, 9, 10, 2, 4]',
    ],
    ['another value', { 3: zeros([1, 9, 10, 2, 5]) }, ShapeError, 'value [1, 9, 10, 2, 5] does not fit query'],
    ['another output', { 0: zeros([1, 9, 11, 2, 4]) }, ShapeError, 'output [1, 9, 11, 2, 4] does not fit query'],
    [
      'a logsumexp of another shape',
      { 5: zeros([1, 2, 9, 10]) },
      ShapeError,
      'logsumexp [1, 2, 9, 10] does not fit query [1, 9, 10, 2, 4]; it must be [B, X, Y, N] [1, 9, 10, 2]',
    ],
    [
      'a bias of other heads',
      { 4: zeros([3, 5, 5]) },
      ShapeError,
      'relPosBias [3, 5, 5] does not fit query [1, 9, 10, 2, 4]; it must be [N, 2 K0 - 1, 2 K1 - 1] [2, 5, 5]',
    ],
    ['a dtype that is none', { 1: x.cast('int32') }, DtypeError, 'query is int32; it must be of floating point'],
    ['mixed dtypes', { 2: x.cast('int32') }, DtypeError, 'key is int32, with query float32; it must be float32'],
    ['mixed devices', { 3: x.to('reference') }, DeviceError, "value is on 'reference' and query on 'cpu'"],
    ['what is no tensor', { 3: null }, ArgumentError, 'value must be a tensor, got null'],
    [
      'an output with gaps',
      { 0: zeros([1, 10, 9, 2, 4]).permute(0, 2, 1, 3, 4) },
      ArgumentError,
      'output is written in place and has gaps between its elements',
    ],
    [
      'a kernel size per tensor',
      { 6: 3 },
      ShapeError,
      'kernelSize must be an array of 2 integers >= 1, one per token axis, got 3',
    ],
    [
      'a dilation for three axes',
      { 7: [1, 1, 1] },
      ShapeError,
      'dilation must be an array of 2 integers >= 1, one per token axis, got [1, 1, 1]',
    ],
    [
      'causal for one axis',
      { 8: [true] },
      ShapeError,
      'isCausal must be an array of 2 of true or false, one per token axis, got [true]',
    ],
    ['causal 0 and 1', { 8: [0, 1] }, ShapeError, 'one per token axis, got [0, 1]'],
    [
      'a window that does not fit',
      { 6: [5, 3] },
      ShapeError,
      'kernelSize 5 times dilation 2 spans 10 tokens, but axis X of query [1, 9, 10, 2, 4] has 9',
    ],
    ['no scale', { 9: null }, ArgumentError, 'attnScale must be a finite number, got null'],
    [
      'tiles that no kernel has',
      { 10: [8, 16] },
      ShapeError,
      'no forward kernel matches queryTileSize [8, 16] with keyTileSize [8, 8]',
    ],
    [
      'tiles of the wrong rank',
      { 11: [64] },
      ShapeError,
      'keyTileSize must be an array of 2 integers >= 1, one per token axis, got [64]',
    ],
  ])('%s', (_title, change, type, reason) => {
    expect(() => forward({})).not.toThrow();
    expect(() => forward(change)).toThrow(type);
    expect(() => forward(change)).toThrow(reason);
  });

  type Backward = Parameters<typeof lib.na2dBackward>;
  const backward = (change: Record<number, unknown>): void => {
    const tensors = [x, x, x, x, x, x, x, x, lse] as const;
    const fine: Backward = [...tensors, [3, 3], [1, 1], [true, false], 0.5, [8, 8], [4, 16], [3, 1], false];
    lib.na2dBackward(...(fine.map((value, i) => (i in change ? change[i] : value)) as Backward));
  };

  test.each<[title: string, change: Record<number, unknown>, reason: string]>([
    ['another gradient', { 1: zeros([1, 9, 10, 2, 3]) }, 'na2dBackward: gradKey [1, 9, 10, 2, 3] does not fit query'],
    ['another gradOutput', { 7: zeros([2, 9, 10, 2, 4]) }, 'gradOutput [2, 9, 10, 2, 4] does not fit query'],
    ['no logsumexp', { 8: null }, 'logsumexp must be a tensor, got null'],
    ['a gradient with gaps', { 2: zeros([1, 10, 9, 2, 4]).permute(0, 2, 1, 3, 4) }, 'gradValue is written in place'],
    [
      'tiles of forward only',
      { 13: [4, 8], 14: [8, 16] },
      'use shapes whose products are 64 with 64, 128 with 64, 128 with 128',
    ],
    [
      'too many splits',
      { 15: [4, 1] },
      'numSplitsKey [4, 1] has 4 along axis X, which has ceil(ceil(9 / 1) / 4) = 3 key tiles; use at most [3, 1]',
    ],
    ['splits of the wrong rank', { 15: [1] }, 'numSplitsKey must be an array of 2 integers >= 1'],
    ['no way to delta', { 16: null }, 'computeDeltaWithOps must be true or false, got null'],
  ])('in backward %s', (_title, change, reason) => {
    expect(() => backward({})).not.toThrow();
    expect(() => backward(change)).toThrow(reason);
  });

  test('what does not fit in unfused calls and delta', () => {
    const told = [
      [3, 3],
      [2, 2],
      [true, false],
    ] as const;
    const fails = (body: () => void, reason: string): void => expect(body).toThrow(reason);
    fails(
      () => lib.na2dQkForward(zeros([1, 2, 9, 10, 8]), first, first, null, ...told),
      'na2dQkForward: attn [1, 2, 9, 10, 8] does not fit query [1, 2, 9, 10, 4]; it must be [B, N, X, Y, product of kernelSize] [1, 2, 9, 10, 9]',
    );
    fails(() => lib.na2dQkForward(attn, first, first, zeros([2, 5, 6]), ...told), 'relPosBias [2, 5, 6]');
    fails(() => lib.na2dQkForward(attn, lse, first, null, ...told), 'query [1, 9, 10, 2] has rank 4');
    fails(() => lib.na2dQkBackward(first, first, zeros([2, 5]), attn, first, first, ...told), 'gradRelPosBias [2, 5]');
    fails(
      () => lib.na2dQkBackward(first, x, null, attn, first, first, ...told),
      'gradKey [1, 9, 10, 2, 4] does not fit query',
    );
    fails(
      () => lib.na2dAvForward(first, first, first, ...told),
      'attn [1, 2, 9, 10, 4] does not fit value [1, 2, 9, 10, 4]',
    );
    fails(
      () => lib.na2dAvBackward(attn, first, x, attn, first, ...told),
      'gradOutput [1, 9, 10, 2, 4] does not fit value',
    );
    fails(() => lib.na2dAvForward(first, attn, first, [3], [2, 2], [true, false]), 'kernelSize must be an array of 2');
    fails(
      () => lib.computeDelta(x, first, lse),
      'computeDelta: gradOutput [1, 2, 9, 10, 4] does not fit output [1, 9, 10, 2, 4]',
    );
    fails(
      () => lib.computeDelta(x, x, x),
      "delta [1, 9, 10, 2, 4] does not fit output [1, 9, 10, 2, 4]; it must be output's shape without its last axis",
    );
  });
});
