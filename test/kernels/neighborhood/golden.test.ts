import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Operands } from './attend.ts';
import { decodeSafetensors } from '../../../index.ts';
import { devices } from '../../devices.ts';
import { expectNear, fused, run } from './attend.ts';

interface GoldenCase {
  name: string;
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

test('43 cases', () => expect(cases.length).toBe(43));

// They were computed in float32 on a GPU, and are off by up to 1e-5 themselves.
describe.each(devices)('NATTEN 0.21 on %s', (device) => {
  test.each(cases.map((c) => [c.name, c] as const))('%s', (name, c) => {
    const of = (part: string) => tensors.get(`${name}.${part}`)!;
    const hasMore = c.additional_tokens > 0;
    const operands: Operands = {
      query: of('query'),
      key: of('key'),
      value: of('value'),
      gradOutput: of('grad_output'),
      ...(hasMore && { additionalKeys: of('additional_keys'), additionalValues: of('additional_values') }),
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
      ...(hasMore && {
        gradAdditionalKeys: of('grad_additional_keys'),
        gradAdditionalValues: of('grad_additional_values'),
      }),
    };
    expectNear(run(fused(options), operands, device), want, 2e-5, 2e-5);
  });
});
