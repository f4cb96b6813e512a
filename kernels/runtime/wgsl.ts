import type { Tensor } from '../../tensor/tensor.ts';
import type { Word } from './webgpu/program.ts';
import type { WebgpuRuntime } from './webgpu/runtime.ts';
import { ArgumentError, DeviceError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';

/** A WGSL program: what a kernel of one's own for the `webgpu` device runs. */
export interface WgslSource<T extends string = string, P extends string = string> {
  /** What errors call it. */
  readonly name: string;
  /** The tensors that are only read, by the names that the body has for them. */
  readonly reads: readonly T[];
  /** Those that are written. */
  readonly writes: readonly T[];
  /** Numbers given with each launch: `params.NAME`. */
  readonly params?: Readonly<Record<P, Word>>;
  /** Invocations of a workgroup along each axis. */
  readonly workgroupSize: readonly [number, number?, number?];
  /** Functions, constants and workgroup memory beside the entry. */
  readonly declarations?: string;
  /**
   * Statements of the entry. In scope: for each tensor x `load_x(i)`, and `store_x(i, value)` if it is written, with i in
   * elements, float16 as f32 and bool as u32; `params`; `item`, the number of this invocation of all, along the first axis;
   * `group` (workgroup_id), `local` (local_invocation_id), `lane` (local_invocation_index), `global` (global_invocation_id) and
   * `groups` (num_workgroups).
   */
  readonly body: string;
}

/** Runs the program once on tensors and numbers by name; `groups` workgroups, or so many along each of three axes. */
export type WgslLaunch<T extends string, P extends string> = (
  tensors: Readonly<Record<T, Tensor>>,
  params: Readonly<Record<P, number>>,
  groups: number | readonly [number, number, number],
) => void;

/** Programs so far. */
let programs = 0;

/**
 * A program for the `webgpu` kernel of an op of one's own. It is compiled at its first launch, once for each set of dtypes.
 *
 * @throws ArgumentError for an option that is unknown, and from a launch for a tensor that is missing or has gaps; DeviceError
 *   from a launch for a tensor on another device, and from the next read when the WGSL does not compile
 * @example
 * const program = wgsl({
 *   name: 'cube',
 *   reads: ['x'],
 *   writes: ['y'],
 *   params: { count: 'u32' },
 *   workgroupSize: [64],
 *   body: 'if (item < params.count) { let x = load_x(item); store_y(item, x * x * x); }',
 * });
 * const cube = defineOp({
 *   name: 'cube',
 *   inputs: ['x'],
 *   shape: ({ x }) => x,
 *   reference: ({ x }) => ({ shape: x.shape, data: x.data.map((v) => v ** 3) }),
 *   kernels: { webgpu: ({ x }, _attrs, [y]) => program({ x, y }, { count: x.size }, Math.ceil(x.size / 64)) },
 *   samples: [{ x: [5] }],
 * });
 * const report = await selfTest(await device('auto'), { ops: [cube] });
 */
export function wgsl<T extends string, P extends string = never>(source: WgslSource<T, P>): WgslLaunch<T, P> {
  const required = ['name', 'reads', 'writes', 'workgroupSize', 'body'] as const;
  checkOptions('wgsl', source, [...required, 'params', 'declarations'], required);
  if (source.writes.length === 0)
    throw new ArgumentError('writes is []; a program writes at least one tensor', { op: 'wgsl', writes: [] });
  const names = [...source.reads, ...source.writes];
  const paramNames = Object.keys(source.params ?? {}) as P[];
  const id = ++programs;
  return (tensors, params, groups) => {
    const given = names.map((name) => checkTensor(source.name, name, tensors[name]));
    const words = paramNames.map((name) => checkNumber(source.name, name, params[name]));
    // Asked of the runtime: the code of GPUs is loaded with the device.
    (given[0]!.storage.runtime as WebgpuRuntime).launchOwn(source, id, given, words, groups);
  };
}

function checkTensor(op: string, name: string, tensor: Tensor | undefined): Tensor {
  if (!tensor) throw new ArgumentError(`the program was given no tensor '${name}'`, { op, name });
  if (tensor.device.name !== 'webgpu') {
    const message = `${name} lives on '${tensor.device.name}'; a WGSL program takes tensors of 'webgpu'`;
    throw new DeviceError(message, { op, name, device: tensor.device.name });
  }
  if (!tensor.isContiguous)
    throw new ArgumentError(`${name} ${String(tensor)} has gaps; use contiguous()`, { op, name });
  return tensor;
}

function checkNumber(op: string, name: string, value: number | undefined): number {
  if (typeof value === 'number') return value;
  throw new ArgumentError(`the program was given ${String(value)} as param '${name}'; it must be a number`, {
    op,
    name,
  });
}
