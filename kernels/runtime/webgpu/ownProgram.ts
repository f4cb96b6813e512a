// A program of a user's own: its text from the dtypes of the tensors that it is given.

import type { Dtype } from '../../../tensor/dtype.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import type { WgslSource } from '../wgsl.ts';
import type { ProgramSource } from './program.ts';
import { launch } from './launch.ts';
import { computedType, storedType } from './types.ts';

/** Runs it once. `id` is one for each source; `tensors` are those read, then those written; `words` the params in their order. */
export function launchOwn(
  source: WgslSource,
  id: number,
  tensors: readonly Tensor[],
  words: readonly number[],
  groups: number | readonly [number, number, number],
): void {
  const dtypes = tensors.map(({ dtype }) => dtype);
  launch(`${source.name} own ${id} ${dtypes.join(' ')}`, () => programOf(source, dtypes), tensors, words, groups);
}

function programOf(
  { name, reads, writes, params = {}, workgroupSize, declarations = '', body }: WgslSource,
  dtypes: readonly Dtype[],
): ProgramSource {
  const accessors = [...reads, ...writes].map((tensor, i) => {
    const [stored, computed] = [storedType(dtypes[i]!), computedType(dtypes[i]!)];
    const place = `${tensor}[params.${tensor}Offset + i]`;
    const load = `fn load_${tensor}(i: u32) -> ${computed} { return ${computed}(${place}); }`;
    const store = `fn store_${tensor}(i: u32, value: ${computed}) { ${place} = ${stored}(value); }`;
    return i < reads.length ? load : `${load}\n${store}`;
  });
  const size = workgroupSize.reduce<number>((product, n) => product * (n ?? 1), 1);
  return {
    name,
    buffers: [...reads, ...writes].map((tensor, i) => {
      const type = storedType(dtypes[i]!);
      return i < reads.length ? [tensor, type] : [tensor, type, 'write'];
    }),
    params: Object.entries(params),
    workgroupSize,
    declarations: `${accessors.join('\n')}\n${declarations}`,
    // A single number of groups may go over two axes: see `launch`.
    body: `let item = (group.y * groups.x + group.x) * ${size}u + lane;\n${body}`,
  };
}
