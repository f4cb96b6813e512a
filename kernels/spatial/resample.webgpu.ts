import type { Kernel } from '../../autograd/types.ts';
import type { ProgramSource } from '../runtime/webgpu/program.ts';
import type { ResampleAttrs } from './resample.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { withTemporary } from '../runtime/temporary.ts';
import { storedType } from '../runtime/webgpu/types.ts';
import { aroundAxis, packBand } from './band.ts';

const lanes = 256;

/** x [outer, length, inner] → y [outer, rows, inner], a lane for each element; band [rows, width]: first column, count, weights. */
function source(type: string): ProgramSource {
  return {
    name: 'resample',
    buffers: [
      ['x', type],
      ['band', 'i32'],
      ['y', type, 'write'],
    ],
    params: ['count', 'extent', 'rows', 'inner', 'width'].map((word) => [word, 'u32'] as const),
    workgroupSize: [lanes],
    body: `  let i = (group.y * groups.x + group.x) * ${lanes}u + lane;
  if (i >= params.count) { return; }
  let k = i % params.inner;
  let line = i / params.inner;
  let entry = params.bandOffset + line % params.rows * params.width;
  let first = line / params.rows * params.extent + u32(band[entry]);
  let taps = u32(band[entry + 1u]);
  var total = 0.0;
  for (var t = 0u; t < taps; t++) {
    total += bitcast<f32>(band[entry + 2u + t]) * f32(x[params.xOffset + (first + t) * params.inner + k]);
  }
  y[params.yOffset + i] = ${type}(total);`,
  };
}

export const resampleWebgpu: Kernel<['x'], ResampleAttrs> = ({ x }, { axis, band }, [y]) => {
  const { inner } = aroundAxis(x.shape, axis);
  const { words, width } = packBand(band);
  const type = storedType(x.dtype);
  withTemporary(x, 'int32', [words.length], (table) => {
    const { runtime, handle } = table.storage;
    runtime.write(handle, 'int32', 0, words);
    const numbers = [y!.size, band.length, band.starts.length, inner, width];
    launch(`resample ${type}`, () => source(type), [x, table, y!], numbers, Math.ceil(y!.size / lanes));
  });
};
