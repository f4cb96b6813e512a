import type { Kernel } from '../../autograd/types.ts';
import type { ResampleAttrs } from './resample.ts';
import { engine } from '../runtime/cpu/instance.ts';
import { launch, pointer, temporary } from '../runtime/cpu/launch.ts';
import { aroundAxis, packBand } from './band.ts';

export const resampleCpu: Kernel<['x'], ResampleAttrs> = ({ x }, { axis, band }, [y]) => {
  const { outer, inner } = aroundAxis(x.shape, axis);
  const { words, width } = packBand(band);
  const rows = band.starts.length;
  temporary(words.byteLength, (table) => {
    new Int32Array(engine().memory.buffer, table, words.length).set(words);
    const args = [pointer(x), pointer(y!), table, width, band.length, rows];
    if (inner === 1) launch('resampleRows', args, outer, { work: rows * width });
    else launch('resampleLines', [...args, inner], outer * rows, { work: 4 + (inner * width) / 4 });
  });
};
