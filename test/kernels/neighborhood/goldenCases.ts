// What NATTEN computed: its problems with their operands and results, in test/golden.

import type { DeviceName, Tensor } from '../../../index.ts';
import type { NaProblem } from '../../../kernels/neighborhood/problem.ts';
import type { Host, Operands, Results } from './attend.ts';
import { decodeSafetensors, grad, scope } from '../../../index.ts';
import { na1dAv, na1dQk, na2dAv, na2dQk, na3dAv, na3dQk } from '../../../kernels/neighborhood/unfused.ts';
import { readGolden, readGoldenJson } from '../../golden/read.ts';
import { expectClose, upload } from './attend.ts';

interface FusedCase {
  name: string;
  kernel_size: number[];
  stride: number[];
  dilation: number[];
  is_causal: boolean[];
  scale: number;
  additional_tokens: number;
}

export interface Golden {
  readonly name: string;
  readonly attrs: NaProblem & { scale: number };
  readonly operands: Operands;
  readonly want: Partial<Results>;
}

/** NATTEN 0.21, computed in float32 on a GPU: off by up to 1e-5 itself. */
export async function fusedGolden(): Promise<Golden[]> {
  const { cases } = (await readGoldenJson('fused.json')) as { cases: FusedCase[] };
  const { tensors } = decodeSafetensors(await readGolden('fused.safetensors'));
  return cases.map(({ name, kernel_size, stride, dilation, is_causal, scale, additional_tokens }) => {
    const of = (part: string): Host => tensors.get(`${name}.${part}`)!;
    const hasMore = additional_tokens > 0;
    return {
      name,
      attrs: { kernelSize: kernel_size, stride, dilation, isCausal: is_causal, scale },
      operands: {
        query: of('query'),
        key: of('key'),
        value: of('value'),
        gradOutput: of('grad_output'),
        ...(hasMore && { additionalKeys: of('additional_keys'), additionalValues: of('additional_values') }),
      },
      want: {
        output: of('output'),
        logsumexp: of('logsumexp'),
        gradQuery: of('grad_query'),
        gradKey: of('grad_key'),
        gradValue: of('grad_value'),
        ...(hasMore && {
          gradAdditionalKeys: of('grad_additional_keys'),
          gradAdditionalValues: of('grad_additional_values'),
        }),
      },
    };
  });
}

interface UnfusedCase {
  name: string;
  rank: 1 | 2 | 3;
  kernel_size: number[];
  dilation: number[];
  is_causal: boolean[];
  has_rpb: boolean;
}

export interface GoldenParts {
  readonly name: string;
  /** Holds the dots of queries and keys, with their gradients, to NATTEN's. */
  readonly expectDots: (device: DeviceName, tolerance: number) => Promise<void>;
  /** Holds the sums of values, with their gradients, to NATTEN's. */
  readonly expectSums: (device: DeviceName, tolerance: number) => Promise<void>;
}

const qk = { 1: na1dQk, 2: na2dQk, 3: na3dQk };
const av = { 1: na1dAv, 2: na2dAv, 3: na3dAv };

/** Compares results, whatever device they are on, with what they should be. */
async function expectAll(
  results: readonly (readonly [
    name: string,
    got: { shape: readonly number[]; data: Promise<ArrayLike<number>> },
    want: Host,
  ])[],
  tolerance: number,
): Promise<void> {
  for (const [name, { shape, data }, want] of results)
    expectClose(name, { shape, data: await data }, want, tolerance, tolerance);
}

const read = (x: Tensor) => ({ shape: x.shape, data: x.data() });

/** NATTEN 0.17.5, computed in float64 and rounded to float32. */
export async function unfusedGolden(): Promise<GoldenParts[]> {
  const { cases } = (await readGoldenJson('unfused.json')) as { cases: UnfusedCase[] };
  const { tensors } = decodeSafetensors(await readGolden('unfused.safetensors'));
  return cases.map(({ name, rank, kernel_size, dilation, is_causal, has_rpb }) => {
    const of = (part: string): Host => tensors.get(`${name}.${part}`)!;
    const options = { kernelSize: kernel_size, dilation, isCausal: is_causal };
    return {
      name,
      expectDots(device, tolerance) {
        const results = scope(() => {
          const inputs = ['query', 'key', ...(has_rpb ? ['rpb'] : [])].map((part) => upload(of(part), device, true));
          const [query, key, rpb] = inputs as [Tensor, Tensor, Tensor | undefined];
          const attn = qk[rank](query, key, { ...options, ...(rpb && { rpb }) });
          const isMasked = of('masked').data;
          const want = Array.from(of('attn').data, (x, i) => (isMasked[i] ? -Infinity : x));
          const found = grad(attn, inputs, { gradOutput: upload(of('grad_attn'), device) });
          const names = ['grad_query', 'grad_key', 'grad_rpb'];
          return [
            ['attn', read(attn), { ...of('attn'), data: want }] as const,
            ...found.map((g, i) => [names[i]!, read(g), of(names[i]!)] as const),
          ];
        });
        return expectAll(results, tolerance);
      },
      expectSums(device, tolerance) {
        const results = scope(() => {
          const inputs = ['weights', 'value'].map((part) => upload(of(part), device, true)) as [Tensor, Tensor];
          const output = av[rank](...inputs, options);
          const found = grad(output, inputs, { gradOutput: upload(of('av_grad_output'), device) });
          const names = ['av_grad_weights', 'av_grad_value'];
          return [
            ['output', read(output), of('av_output')] as const,
            ...found.map((g, i) => [names[i]!, read(g), of(names[i]!)] as const),
          ];
        });
        return expectAll(results, tolerance);
      },
    };
  });
}
