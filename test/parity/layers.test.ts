// Layers with PyTorch's parameters: outputs, gradients, and the state that training leaves.

import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import type { HostTensor } from '../../tensor/io/elements.ts';
import { scope } from '../../index.ts';
import * as nn from '../../nn/index.ts';
import { described, devices, expectClose, readFixture, upload } from './fixture.ts';

interface Case {
  readonly layer: string;
  readonly args: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly passes: number;
}
type Layer = nn.Module & { forward(x: Tensor): Tensor };

const classes = nn as unknown as Record<string, new (...args: unknown[]) => Layer>;
const fixture = readFixture('layers');
const cases = (described(fixture, 'cases') as Case[]).map((one, i) => ({
  ...one,
  i,
  title: JSON.stringify(one.options),
}));

describe.each(devices)('$device', ({ device, tolerance }) => {
  test.each(cases)('$layer $args $title', ({ layer, args, options, passes, i }) => {
    const of = (part: string): Map<string, HostTensor> => nn.withoutPrefix(`${i}.${part}`, fixture.tensors);
    using module = new classes[layer]!(...args, options).to(device);
    expect([...module.stateDict().keys()], 'keys, in order').toEqual([...of('before').keys()]);
    module.loadStateDict(of('before'));
    scope(() => {
      for (let pass = 0; pass < passes; pass++) {
        const { x, output, weight, grad } = Object.fromEntries(of(String(pass)));
        module.zeroGrad();
        const input = upload(x!, device, true);
        const result = module.forward(input);
        expectClose(result, output!, tolerance, `output ${pass}`);
        result.backward(upload(weight!, device));
        if (grad) expectClose(input.grad, grad, tolerance, 'gradient of x');
        const parameters = module.namedParameters();
        for (const [name, host] of of(`${pass}.grads`))
          expectClose(parameters.get(name)!.grad, host, tolerance, `gradient of ${name}`);
      }
      const after = module.stateDict();
      for (const [name, host] of of('after')) expectClose(after.get(name), host, tolerance, `${name} after training`);
      const { x, output } = Object.fromEntries(of('eval'));
      if (x) expectClose(module.eval().forward(upload(x, device)), output!, tolerance, 'output in evaluation mode');
    });
  });
});
