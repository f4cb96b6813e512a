// Multi-head attention with PyTorch's parameters: outputs, weights and gradients.

import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import type { HostTensor } from '../../tensor/io/elements.ts';
import { scope } from '../../index.ts';
import * as nn from '../../nn/index.ts';
import { described, devices, expectClose, readFixture, upload } from './fixture.ts';

interface Case {
  readonly args: readonly [number, number];
  readonly options: nn.MultiheadAttentionOptions;
  readonly average: boolean;
  readonly isCausal: boolean;
}

const fixture = readFixture('multihead');
const cases = (described(fixture, 'cases') as Case[]).map((one, i) => ({
  ...one,
  i,
  title: JSON.stringify({ ...one.options, isCausal: one.isCausal }),
}));

describe.each(devices)('$device', ({ device, tolerance }) => {
  test.each(cases)('$i $args $title', ({ args, options, average, isCausal, i }) => {
    const of = (part: string): Map<string, HostTensor> => nn.withoutPrefix(`${i}.${part}`, fixture.tensors);
    using module = new nn.MultiheadAttention(...args, options).to(device);
    expect([...module.stateDict().keys()], 'keys, in order').toEqual([...of('state').keys()]);
    module.loadStateDict(of('state'));
    scope(() => {
      const inputs = new Map([...of('in')].map(([name, host]) => [name, upload(host, device, true)]));
      const masks = Object.fromEntries([...of('masks')].map(([name, host]) => [name, upload(host, device)]));
      const { output: want, weights: wantWeights, cotangent } = Object.fromEntries(of('out'));
      const call = { ...masks, isCausal };
      const given = [inputs.get('query')!, inputs.get('key'), inputs.get('value')] as const;

      const alone = module.forward(...given, call);
      const { output, weights } = module.forward(...given, { ...call, needWeights: true, averageAttnWeights: average });
      for (const result of [alone, output]) {
        expectClose(result, want!, tolerance, 'output');
        for (const x of [...inputs.values(), ...module.parameters()]) x.grad = null;
        result.backward(upload(cotangent!, device));
        expectGradients((name) => inputs.get(name), of('grad'));
        const parameters = module.namedParameters();
        expectGradients((name) => parameters.get(name), of('grads'));
      }
      expectClose(weights, wantWeights!, tolerance, 'weights');
    });

    function expectGradients(tensorOf: (name: string) => Tensor | undefined, wants: Map<string, HostTensor>): void {
      for (const [name, host] of wants) expectClose(tensorOf(name)!.grad, host, tolerance, `gradient of ${name}`);
    }
  });
});
