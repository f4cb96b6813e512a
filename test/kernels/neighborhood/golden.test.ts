import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Operands } from './attend.ts';
import { decodeSafetensors } from '../../../index.ts';
import { expectNear, fused, run } from './attend.ts';

interface GoldenCase {
  name: string;
  heads: number;
  heads_kv: number;
  head_dim: number;
  head_dim_value: number;
  kernel_size: number[];
  stride: number[];
  dilation: number[];
  is_causal: boolean[];
  scale: number;
  additional_tokens: number;
}

const file = (name: string): Buffer => readFileSync(new URL(`../../golden/${name}`, import.meta.url));
const { cases } = JSON.parse(file('fused.json').toString()) as { cases: GoldenCase[] };
const { tensors } = decodeSafetensors(file('fused.safetensors'));

/** What the attention takes so far: no additional tokens, equal heads, equal dims. */
const taken = cases.filter(
  (c) => c.additional_tokens === 0 && c.heads === c.heads_kv && c.head_dim === c.head_dim_value,
);

test("twelve of NATTEN's cases are plain", () => expect(taken.length).toBe(12));

// They were computed in float32 on a GPU, and are off by up to 1e-5 themselves.
test.each(taken.flatMap((c) => (['cpu', 'reference'] as const).map((device) => [c.name, device, c] as const)))(
  'NATTEN %s on %s',
  (name, device, c) => {
    const of = (part: string) => tensors.get(`${name}.${part}`)!;
    const operands: Operands = {
      query: of('query'),
      key: of('key'),
      value: of('value'),
      gradOutput: of('grad_output'),
    };
    const options = {
      kernelSize: c.kernel_size,
      stride: c.stride,
      dilation: c.dilation,
      isCausal: c.is_causal,
      scale: c.scale,
    };
    const want = {
      output: of('output'),
      logsumexp: of('logsumexp'),
      gradQuery: of('grad_query'),
      gradKey: of('grad_key'),
      gradValue: of('grad_value'),
    };
    expectNear(run(fused(options), operands, device), want, 2e-5, 2e-5);
  },
);
