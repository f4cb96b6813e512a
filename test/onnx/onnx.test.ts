// ONNX's own cases of single operators on float32, of Debian's package libonnx-testdata, for the operators we have.

import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { scope } from '../../index.ts';
import { expectClose, upload } from '../parity/fixture.ts';
import { Call } from './call.ts';
import { folder, readCases, type OnnxCase } from './model.ts';
import { NotHere } from './notHere.ts';
import { operators } from './operators.ts';

/** The expected results are float32 themselves. */
const devices = [
  { device: 'reference', tolerance: 3e-6 },
  { device: 'cpu', tolerance: 3e-6 },
] as const;

const cases = readCases();

/** The results, or why there are none. */
function run(
  { operator, attributes, inputs, outputs }: OnnxCase,
  device: 'cpu' | 'reference',
): (Tensor | null)[] | string {
  const operation = operators[operator];
  if (!operation) return `no operator ${operator}`;
  const given = inputs.map((host) => host && upload(host, device));
  try {
    const call = new Call(given, inputs, { ...attributes, outputs: outputs.length });
    return [operation(call)].flat();
  } catch (error) {
    if (error instanceof NotHere) return `${operator}: ${error.message}`;
    throw error;
  }
}

/** Why a case does not apply; null where it does, or where it throws, which its test says. */
function reasonOf(one: OnnxCase): string | null {
  return scope(() => {
    try {
      const got = run(one, 'cpu');
      return typeof got === 'string' ? got : null;
    } catch {
      return null;
    }
  });
}

if (!cases) test.skip(`${folder} is absent (Debian: libonnx-testdata); its cases are not run`);
else {
  const reasons = new Map<string, number>();
  const applies = cases.filter((one) => {
    const result = reasonOf(one);
    if (result) reasons.set(result, (reasons.get(result) ?? 0) + 1);
    return result === null;
  });

  describe.each(devices)('$device', ({ device, tolerance }) => {
    test.each(applies)('$name', (one) => {
      scope(() => {
        const results = run(one, device) as (Tensor | null)[];
        expect(results.length).toBeGreaterThanOrEqual(one.outputs.length);
        one.outputs.forEach((want, i) => {
          if (results[i]) expectClose(results[i], want, tolerance, `output ${i}`);
        });
      });
    });
  });

  test('most cases apply', () => {
    const lines = [...reasons].map(([reason, count]) => `  ${count} × ${reason}`);
    const others = cases.length - applies.length;
    console.warn(`ONNX: ${applies.length} of ${cases.length} cases ran; ${others} do not apply:\n${lines.join('\n')}`);
    expect(applies.length).toBeGreaterThan(others);
  });
}
