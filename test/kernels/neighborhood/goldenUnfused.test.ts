import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { DeviceName, Tensor } from '../../../index.ts';
import type { Host } from './attend.ts';
import { decodeSafetensors, grad, scope } from '../../../index.ts';
import { na1dAv, na1dQk, na2dAv, na2dQk, na3dAv, na3dQk } from '../../../kernels/neighborhood/unfused.ts';
import { expectClose, upload } from './attend.ts';

interface GoldenCase {
  name: string;
  rank: 1 | 2 | 3;
  kernel_size: number[];
  dilation: number[];
  is_causal: boolean[];
  has_rpb: boolean;
}

const file = (name: string): Buffer => readFileSync(new URL(`../../golden/${name}`, import.meta.url));
const { cases } = JSON.parse(file('unfused.json').toString()) as { cases: GoldenCase[] };
const { tensors } = decodeSafetensors(file('unfused.safetensors'));

const qk = { 1: na1dQk, 2: na2dQk, 3: na3dQk };
const av = { 1: na1dAv, 2: na2dAv, 3: na3dAv };
const read = (x: Tensor): Host => ({ shape: x.shape, data: x.dataNow()! });

test('21 cases', () => expect(cases.length).toBe(21));

/** They were computed in float64 and rounded to float32. */
const runs: [device: DeviceName, tolerance: number][] = [
  ['reference', 1e-6],
  ['cpu', 2e-5],
];
describe.each(runs)('NATTEN 0.17.5 on %s', (device, tolerance) => {
  const each = cases.map((c) => [c.name, c] as const);

  test.each(each)('%s: dots of queries and keys, with their gradients', (name, c) => {
    const of = (part: string): Host => tensors.get(`${name}.${part}`)!;
    scope(() => {
      const inputs = ['query', 'key', ...(c.has_rpb ? ['rpb'] : [])].map((part) => upload(of(part), device, true));
      const [query, key, rpb] = inputs as [Tensor, Tensor, Tensor | undefined];
      const attn = qk[c.rank](query, key, { ...optionsOf(c), ...(rpb && { rpb }) });
      const isMasked = of('masked').data;
      const want = Array.from(of('attn').data, (x, i) => (isMasked[i] ? -Infinity : x));
      expectClose('attn', read(attn), { ...of('attn'), data: want }, tolerance, tolerance);
      const found = grad(attn, inputs, { gradOutput: upload(of('grad_attn'), device) });
      const names = ['grad_query', 'grad_key', 'grad_rpb'];
      found.forEach((g, i) => expectClose(names[i]!, read(g), of(names[i]!), tolerance, tolerance));
    });
  });

  test.each(each)('%s: sums of values, with their gradients', (name, c) => {
    const of = (part: string): Host => tensors.get(`${name}.${part}`)!;
    scope(() => {
      const [weights, value] = ['weights', 'value'].map((part) => upload(of(part), device, true)) as [Tensor, Tensor];
      const output = av[c.rank](weights, value, optionsOf(c));
      expectClose('output', read(output), of('av_output'), tolerance, tolerance);
      const found = grad(output, [weights, value], { gradOutput: upload(of('av_grad_output'), device) });
      ['av_grad_weights', 'av_grad_value'].forEach((part, i) =>
        expectClose(part, read(found[i]!), of(part), tolerance, tolerance),
      );
    });
  });
});

function optionsOf({ kernel_size, dilation, is_causal }: GoldenCase) {
  return { kernelSize: kernel_size, dilation, isCausal: is_causal };
}
