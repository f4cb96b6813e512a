// Lines that lie side by side, walked as rows of a copy.

import type { LineKernel } from './lines.webgpu.ts';
import type { Pass } from './passes.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { copy } from '../layout/copy.webgpu.ts';
import { temporaryTensor } from '../runtime/temporary.ts';

/** Calls `walk` with copies of the lines' tensors in which each line is a row, and copies what it wrote back. */
export function walkTurned(kernel: LineKernel, pass: Pass, walk: (kernel: LineKernel, rows: Pass) => void): void {
  const { outer, n, inner } = pass;
  const shape = [outer, inner, n];
  const made: Tensor[] = [];
  const view = (x: Tensor): Tensor => {
    x.storage.retain();
    const layout = { shape, strides: [n * inner, 1, inner], offset: x.offset };
    made.push(new Tensor(x.storage, x.dtype, layout, null));
    return made.at(-1)!;
  };
  const rows = (x: Tensor): Tensor => {
    made.push(temporaryTensor(x, x.dtype, shape));
    return made.at(-1)!;
  };
  const each = (tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
    Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, rows(x)]));
  try {
    const [streams, writes] = [each(kernel.streams), each(kernel.writes ?? {})];
    for (const [name, x] of Object.entries(kernel.streams)) copy(view(x), streams[name]!);
    walk({ ...kernel, streams, writes }, { outer: outer * inner, n, inner: 1 });
    for (const [name, x] of Object.entries(kernel.writes ?? {})) copy(writes[name]!, view(x));
  } finally {
    for (const tensor of made) tensor.dispose();
  }
}
