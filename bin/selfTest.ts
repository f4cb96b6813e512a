// `vicinal self-test`: whether a device computes what it should.

import { parseArgs } from 'node:util';
import type { DeviceName } from '../index.ts';
import { device, selfTest } from '../index.ts';

export const selfTestUsage = `Usage: vicinal self-test [--device webgpu]

Compares every op with its reference form in float64, on the samples of its declaration. Ends with 1 when one differs.
      --device           cpu (default), webgpu, reference, or auto for the best that starts
      --unsafe           allow what the platform marks unsafe: float16 on NVIDIA's Vulkan driver
`;

/**
 * @param print gets whole lines
 * @returns the process's exit code
 */
export async function selfTestCommand(argv: readonly string[], print: (text: string) => void): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      device: { type: 'string', default: 'cpu' },
      unsafe: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    print(selfTestUsage.trimEnd());
    return 0;
  }
  const tested = await device(values.device as DeviceName | 'auto', { unsafe: values.unsafe });
  const { adapter, threads } = tested.info as { adapter?: string; threads?: number };
  const where = adapter ?? (threads === undefined ? '' : `${threads} thread${threads === 1 ? '' : 's'}`);
  print(`Testing ${tested.name}${where && ` (${where})`}`);
  const { passed, failed } = await selfTest(tested);
  for (const { op, reason } of failed) print(`${op}: ${reason}`);
  print(`${passed} ops agree with their reference forms, ${failed.length} do not`);
  return failed.length > 0 ? 1 : 0;
}
