// `vicinal self-test`: whether a device computes what it should.

import { parseArgs } from 'node:util';
import type { DeviceName } from '../index.ts';
import { ArgumentError, device, selfTest } from '../index.ts';
import { ops } from '../kernels/selfTest/samples.ts';

export const selfTestUsage = `Usage: vicinal self-test [--device webgpu] [--ops matmul,softmax]

Compares every op with its reference form in float64, on the samples of its declaration. Ends with 1 when one differs.
      --device           cpu (default), webgpu, reference, or auto for the best that starts
      --ops              names of the ops to compare, with commas between; default all
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
      ops: { type: 'string' },
      unsafe: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    print(selfTestUsage.trimEnd());
    return 0;
  }
  const chosen = values.ops?.split(',').map(opCalled);
  const tested = await device(values.device as DeviceName | 'auto', { unsafe: values.unsafe });
  const { adapter, threads } = tested.info as { adapter?: string; threads?: number };
  const where = adapter ?? (threads === undefined ? '' : `${threads} thread${threads === 1 ? '' : 's'}`);
  print(`Testing ${tested.name}${where && ` (${where})`}`);
  const { passed, failed } = await selfTest(tested, chosen ? { ops: chosen } : {});
  for (const { op, reason } of failed) print(`${op}: ${reason}`);
  print(`${passed} ops agree with their reference forms, ${failed.length} do not`);
  return failed.length > 0 ? 1 : 0;
}

function opCalled(name: string): (typeof ops)[number] {
  const found = ops.find(({ definition }) => definition.name === name);
  if (!found) throw new ArgumentError(`there is no op '${name}'`, { op: 'self-test', name });
  return found;
}
