import type { Tensor } from '../../../tensor/tensor.ts';
import type { Block } from './pool.ts';
import type { ProgramSource } from './program.ts';
import type { WebgpuRuntime } from './runtime.ts';

/** Most workgroups along one axis of a dispatch. */
const mostGroups = 65535;

/**
 * Runs a program once.
 *
 * @param key of the program: what `source` depends on, its name first
 * @param tensors one per buffer of the program; their places are given as `params.xOffset`
 * @param params one per parameter
 * @param groups workgroups along x, y, z; a single number may be larger than one axis takes, and goes over two: the
 *   workgroup's number is then `group.y * groups.x + group.x`, and may be too large
 */
export function launch(
  key: string,
  source: () => ProgramSource,
  tensors: readonly Tensor[],
  params: readonly number[],
  groups: number | readonly [number, number, number],
): void {
  const runtime = tensors[0]!.storage.runtime as WebgpuRuntime;
  const program = runtime.program(key, source);
  const blocks = tensors.map(({ storage }) => storage.handle as Block);
  const words = tensors.map(({ offset }) => offset).concat(params);
  if (typeof groups !== 'number') return runtime.dispatch(program, blocks, words, groups);
  if (groups === 0) return;
  const down = Math.ceil(groups / mostGroups);
  runtime.dispatch(program, blocks, words, [Math.ceil(groups / down), down, 1]);
}
