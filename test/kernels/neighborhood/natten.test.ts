import { describe, expect, test } from 'vitest';
import { ArgumentError, Generator, na1d, na2d, na3d, randn, scope } from '../../../index.ts';
import type { Tensor } from '../../../index.ts';
import { attention } from '../../../kernels/neighborhood/attention.ts';
import { mergeAttentions } from '../../../kernels/neighborhood/merge.ts';
import * as natten from '../../../kernels/neighborhood/natten/natten.ts';
import { na1dAv, na1dQk, na2dAv, na2dQk, na3dAv, na3dQk } from '../../../kernels/neighborhood/unfused.ts';

const generator = new Generator(4);
const make = (...shape: number[]): Tensor => randn(shape, { generator });
const tokens = [[9], [6, 7], [4, 5, 6]] as const;

function same(got: unknown, wanted: readonly Tensor[]): void {
  const list = [got].flat() as Tensor[];
  expect(list).toHaveLength(wanted.length);
  list.forEach((x, i) => {
    expect(x.shape).toEqual(wanted[i]!.shape);
    expect([...x.dataNow()!]).toEqual([...wanted[i]!.dataNow()!]);
  });
}

describe.each([
  [1, na1d, natten.na1d],
  [2, na2d, natten.na2d],
  [3, na3d, natten.na3d],
] as const)('fused, rank %i', (rank, own, theirs) => {
  test('arguments by position, by name, and both', () => {
    scope(() => {
      const [q, k, v] = [
        make(1, ...tokens[rank - 1]!, 2, 4),
        make(1, ...tokens[rank - 1]!, 2, 4),
        make(1, ...tokens[rank - 1]!, 2, 4),
      ];
      const [keys, values] = [make(1, 3, 2, 4), make(1, 3, 2, 4)];
      const additional = { additionalKeys: keys, additionalValues: values };
      same(theirs(q, k, v, 3), [own(q, k, v, { kernelSize: 3 })]);
      same(theirs(q, k, v, 2, 2, 1, true, 0), [own(q, k, v, { kernelSize: 2, stride: 2, isCausal: true, scale: 0 })]);
      const all = { kernelSize: 2, dilation: 2, ...additional };
      same(theirs(q, k, v, 2, 1, 2, false, null, keys, values), [own(q, k, v, all)]);
      const both = own(q, k, v, { ...all, returnLogsumexp: true });
      const named = { dilation: 2, additional_keys: keys, additional_values: values, return_lse: true } as const;
      same(theirs(q, k, v, 2, named), [both.output, both.logsumexp]);
      same(natten.neighborhood_attention_generic(q, k, v, 2, 1, named), [both.output, both.logsumexp]);
      const rpb = make(2, ...tokens[rank - 1]!.map(() => 3));
      same(theirs(q, k, v, 2, { rpb }), [own(q, k, v, { kernelSize: 2, rpb })]);
      const tile = tokens[rank - 1]!.map(() => 2);
      const cut = { queryTileSize: tile, keyTileSize: tile, backwardKeyTileSize: tile, numSplitsKey: tile };
      const expected = own(q, k, v, { kernelSize: 3, ...cut });
      const positional = [
        3,
        1,
        1,
        false,
        null,
        null,
        null,
        null,
        null,
        tile,
        tile,
        null,
        tile,
        tile,
        true,
        true,
        null,
        true,
      ];
      same(theirs(q, k, v, ...positional), [expected]);
      same(theirs(q, k, v, ...positional, false), [expected]);
      expect(theirs(q, k, v, ...positional, true)).toHaveLength(2);
    });
  });
});

const unfused = [
  {
    rank: 1,
    qk: na1dQk,
    av: na1dAv,
    qks: [natten.natten1dqk, natten.na1d_qk],
    biased: [natten.natten1dqkrpb, natten.na1d_qk_with_bias],
    avs: [natten.natten1dav, natten.na1d_av],
  },
  {
    rank: 2,
    qk: na2dQk,
    av: na2dAv,
    qks: [natten.natten2dqk, natten.na2d_qk],
    biased: [natten.natten2dqkrpb, natten.na2d_qk_with_bias],
    avs: [natten.natten2dav, natten.na2d_av],
  },
  {
    rank: 3,
    qk: na3dQk,
    av: na3dAv,
    qks: [natten.natten3dqk, natten.na3d_qk],
    biased: [natten.natten3dqkrpb, natten.na3d_qk_with_bias],
    avs: [natten.natten3dav, natten.na3d_av],
  },
];

test.each(unfused)('unfused, rank $rank, by all the names that it had', ({ rank, qk, av, qks, biased, avs }) => {
  scope(() => {
    const [q, k] = [make(1, 2, ...tokens[rank - 1]!, 4), make(1, 2, ...tokens[rank - 1]!, 4)];
    const extra = make(1, 2, 3, 4);
    const rpb = make(2, ...tokens[rank - 1]!.map(() => 3));
    const rules = { kernelSize: 2, dilation: 2 };
    const plain = qk(q, k, rules);
    for (const theirs of qks) {
      same(theirs(q, k, 2, 2), [plain]);
      same(theirs(q, k, 2, 2, extra, true), [qk(q, k, { ...rules, isCausal: true, additionalKeys: extra })]);
      same(theirs(q, k, 2, 2, null, false, rpb), [qk(q, k, { ...rules, rpb })]);
      same(theirs(q, k, 2), [qk(q, k, { kernelSize: 2 })]);
    }
    for (const theirs of biased) {
      same(theirs(q, k, rpb, 2, 2), [qk(q, k, { ...rules, rpb })]);
      same(theirs(q, k, null, 2), [qk(q, k, { kernelSize: 2 })]);
    }
    const attn = qk(q, k, { ...rules, additionalKeys: extra }).softmax();
    for (const theirs of avs) {
      same(theirs(attn, k, 2, 2, extra), [av(attn, k, { ...rules, additionalValues: extra })]);
      same(theirs(plain, k, 2, 2, null, true), [av(plain, k, { ...rules, isCausal: true })]);
    }
  });
});

test('attention and merging', () => {
  scope(() => {
    const [q, k] = [make(1, 5, 2, 4), make(1, 7, 2, 4)];
    same(natten.attention(q, k, k), [attention(q, k, k)]);
    same(natten.attention(q, k, k, true, 0.1), [attention(q, k, k, { isCausal: true, scale: 0.1 })]);
    const packed = { cumulativeLengthsQuery: [0, 2, 5], cumulativeLengthsKey: [0, 3, 7] };
    const wanted = attention(q, k, k, { ...packed, returnLogsumexp: true });
    const ends = {
      cumulative_seqlen_Q: [0, 2, 5],
      cumulative_seqlen_KV: [0, 3, 7],
      max_seqlen_Q: 3,
      return_lse: true,
    } as const;
    same(natten.attention(q, k, k, ends), [wanted.output, wanted.logsumexp]);
    same(natten.attention(q, k, k, false, null, [2, 3], [3, 4]), [wanted.output]);
    const merged = mergeAttentions([wanted.output, wanted.output], [wanted.logsumexp, wanted.logsumexp]);
    const [o, l] = [wanted.output, wanted.logsumexp];
    same(natten.merge_attentions([o, o], [l, l]), [merged.output, merged.logsumexp]);
    same(natten.merge_attentions([o, o], [l, l], false, true), [merged.output, merged.logsumexp]);
  });
});

test('refuses what NATTEN has and we have not, and what neither has', () => {
  scope(() => {
    const q = make(1, 9, 2, 4);
    const call =
      (...rest: readonly unknown[]) =>
      (): unknown =>
        natten.na1d(q, q, q, ...rest);
    expect(call(3, { backend: 'cutlass-fna' })).toThrow('na1d: backend chooses between the GPU kernels of NATTEN');
    expect(call(3, { window: 3 })).toThrow("has no argument 'window'; use kernel_size, stride");
    expect(call(3, { kernel_size: 3 })).toThrow('kernel_size is given by position and by name; give it once');
    expect(call(3, { stride: 4 })).toThrow('na1d: stride 4 is larger than kernelSize 3');
    expect(call(...Array<number>(20).fill(1))).toThrow('takes 19 arguments after its tensors');
    expect(call()).toThrow(ArgumentError);
    expect(() => natten.na2d(q, q, q, 3)).toThrow('query [1, 9, 2, 4] has rank 4');
    expect(() => natten.attention(q, q, q, { seqlens_Q: 9 as never })).toThrow('seqlens_Q must be an array of lengths');
    expect(() => natten.merge_attentions([], [])).toThrow('give at least one');
  });
});
