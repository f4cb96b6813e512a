import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { launch, pointer } from '../runtime/cpu/launch.ts';

interface LineAttrs {
  axis?: number;
}

/** Lines that the strip kernels walk side by side, as in softmax.as.ts, and the two floats of scratch memory for each. */
const stripLines = 1024;
const stripScratch = stripLines * 2 * 4;

/** Launches `<name>Rows` when the lines along `axis` are contiguous, else `<name>Strips`. `work` is per element. */
function launchLines(name: string, tensors: readonly Tensor[], axis: number, work: number): void {
  const { shape } = tensors[0]!;
  const at = axis < 0 ? axis + shape.length : axis;
  const n = shape[at] ?? 1;
  const outer = sizeOf(shape.slice(0, Math.max(at, 0)));
  const inner = sizeOf(shape.slice(at + 1));
  const pointers = tensors.map(pointer);
  if (inner === 1) return launch(`${name}Rows`, [...pointers, n], outer, { work: n * work });
  launch(`${name}Strips`, [...pointers, n, inner], outer * Math.ceil(inner / stripLines), {
    work: n * Math.min(inner, stripLines) * work,
    scratch: stripScratch,
  });
}

/** softmax or logSoftmax. */
export function forwardCpu(name: string): Kernel<['x'], LineAttrs> {
  return ({ x }, { axis }, [y]) => launchLines(name, [x, y!], axis, 1.5);
}

/** Their backward. */
export function backwardCpu(name: string): Kernel<['y', 'g'], LineAttrs> {
  return ({ y, g }, { axis }, [dx]) => launchLines(name, [y, g, dx!], axis, 1);
}
