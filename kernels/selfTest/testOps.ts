import type { Device } from '../../tensor/runtime.ts';
import type { AnyOp } from './samples.ts';
import type { SelfTestOptions, SelfTestReport } from './selfTest.ts';
import { eventLoopTurn } from '../../tensor/eventLoop.ts';
import { faultOf } from './compare.ts';
import { ops } from './samples.ts';

/** The work of `selfTest`. */
export async function testOps(device: Device, options: SelfTestOptions): Promise<SelfTestReport> {
  const all =
    (options.ops as readonly AnyOp[] | undefined) ?? ops.filter(({ definition }) => definition.samples.length > 0);
  const failed: SelfTestReport['failed'] = [];
  for (const [i, op] of all.entries()) {
    await eventLoopTurn(); // a page lives on, and shows the progress
    const reason = await faultOf(op, device);
    if (reason !== null) failed.push({ op: op.definition.name, reason });
    options.onProgress?.(i + 1, all.length);
  }
  return { passed: all.length - failed.length, failed };
}
