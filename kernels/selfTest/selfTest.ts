import type { AnyOpDefinition } from '../../autograd/types.ts';
import type { Device, DeviceName } from '../../tensor/runtime.ts';
import { checkOptions } from '../../tensor/options.ts';
import { resolveDevice } from '../../tensor/runtime.ts';

export interface SelfTestOptions {
  /** Own ops to test instead of the library's. */
  ops?: readonly { readonly definition: AnyOpDefinition }[];
  /** Called after each op with its number, from 1, and how many there are. */
  onProgress?(done: number, total: number): void;
}

export interface SelfTestReport {
  /** How many ops gave what their reference form gives. */
  readonly passed: number;
  /** The others, with the first sample that differs and by how much, or the error. */
  readonly failed: { op: string; reason: string }[];
}

/**
 * Tries a device: every op on the samples of its declaration, with contiguous and with strided operands, compared with the
 * op's reference form in float64 within the op's tolerance; in half precision too where the device has it. Takes seconds on
 * a GPU, and tens of seconds on a software driver.
 *
 * @throws DeviceError when a device is named that was not started.
 * @example
 * const { passed, failed } = await selfTest(await device('cpu'), { ops: [softmax, matmul] });
 * passed; // 2
 * for (const { op, reason } of failed) console.warn(op, reason);
 */
export async function selfTest(device: Device | DeviceName, options: SelfTestOptions = {}): Promise<SelfTestReport> {
  checkOptions('selfTest', options, ['ops', 'onProgress']);
  const runtime = resolveDevice(device);
  const { testOps } = await import('./testOps.ts'); // most pages never ask
  return testOps(runtime, options);
}
