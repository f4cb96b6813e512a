// A WGSL program: its text from its parts, its pipeline, and the bind groups made for it.

import type { Block } from './pool.ts';
import type { Faults } from './faults.ts';
import { ArgumentError, DeviceError } from '../../../tensor/errors.ts';

/** What a number that a WGSL program is given may be. */
export type Word = 'u32' | 'i32' | 'f32';

/** What a program is made of. Its text is put together once for each `key`. */
export interface ProgramSource {
  /** The op it is part of: what errors and captures call it. */
  readonly name: string;
  /** Buffers in the order in which they are given: WGSL name, element type (`f32`, `vec4f`, `i32` ...), and whether it is written. */
  readonly buffers: readonly (readonly [name: string, type: string, access?: 'write'])[];
  /** Numbers given with each dispatch, in `params`. Each buffer `x` adds `params.xOffset` before them, in elements of the tensor. */
  readonly params?: readonly (readonly [name: string, type: Word])[];
  readonly workgroupSize: readonly [number, number?, number?];
  /** Lines in front: `enable subgroups;`. f16 is enabled where a buffer has it. */
  readonly enable?: string;
  /** Declarations beside the entry. */
  readonly declarations?: string;
  /**
   * Statements of the entry. In scope: `params`, the buffers, and the built-in values `group` (workgroup_id), `local`
   * (local_invocation_id), `lane` (local_invocation_index), `global` (global_invocation_id), `groups` (num_workgroups).
   */
  readonly body: string;
}

/** WGSL text of the whole program. */
export function programText(source: ProgramSource): string {
  const { buffers, params = [], workgroupSize, enable = '', declarations = '', body } = source;
  checkSource(source);
  const offsets = buffers.map(([name]) => `  ${name}Offset: u32,`);
  const fields = params.map(([name, type]) => `  ${name}: ${type},`);
  const bindings = buffers.map(
    ([name, type, access], i) =>
      `@group(0) @binding(${i + 1}) var<storage, ${access ? 'read_write' : 'read'}> ${name}: array<${type}>;`,
  );
  const needsHalf = buffers.some(([, type]) => /f16|vec\dh/.test(type));
  const builtins = [
    '@builtin(workgroup_id) group: vec3u',
    '@builtin(local_invocation_id) local: vec3u',
    '@builtin(local_invocation_index) lane: u32',
    '@builtin(global_invocation_id) global: vec3u',
    '@builtin(num_workgroups) groups: vec3u',
  ];
  return [
    needsHalf ? 'enable f16;' : '',
    enable,
    `struct Params {\n${[...offsets, ...fields].join('\n')}\n}`,
    '@group(0) @binding(0) var<uniform> params: Params;',
    ...bindings,
    declarations,
    `@compute @workgroup_size(${workgroupSize.join(', ')})\nfn main(${builtins.join(', ')}) {\n${body}\n}`,
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** What the text of every program declares itself. */
const taken = ['params', 'group', 'local', 'lane', 'global', 'groups', 'main'];

/** What one dispatch may be given: 256 bytes. */
const mostWords = 64;

/** WGSL would hide the buffer behind the other, or speak of lines that the kernel's author did not write. */
function checkSource({ name, buffers, params = [] }: ProgramSource): void {
  const names = buffers.map(([buffer]) => buffer);
  const wrong = names.find((buffer, i) => taken.includes(buffer) || names.indexOf(buffer) < i);
  if (wrong !== undefined) {
    const by = taken.includes(wrong) ? 'which every program declares itself' : 'as another is';
    throw new ArgumentError(`a buffer is called '${wrong}', ${by}; give it another name`, { op: name, buffer: wrong });
  }
  const words = buffers.length + params.length;
  if (words <= mostWords) return;
  const message = `has ${params.length} params beside the offsets of ${buffers.length} buffers; ${mostWords} is the most`;
  throw new ArgumentError(message, { op: name, words });
}

/** A bind group and what it binds. */
interface Bound {
  readonly blocks: readonly Block[];
  readonly group: GPUBindGroup;
  /** Another of the same hash. */
  readonly next: Bound | undefined;
}

export class Program {
  readonly name: string;
  readonly pipeline: GPUComputePipeline;
  /** Of all parameters, the buffers' offsets included. */
  readonly kinds: readonly Word[];
  readonly #layout: GPUBindGroupLayout;
  readonly #groups = new Map<number, Bound>();
  readonly #bytes: number;

  /** @param onFailure called when the device refused the text, which it says later */
  constructor(device: GPUDevice, source: ProgramSource, faults: Faults, onFailure: () => void) {
    const { name, buffers, params = [] } = source;
    this.name = name;
    this.kinds = [...buffers.map(() => 'u32' as const), ...params.map(([, type]) => type)];
    this.#bytes = 16 * Math.ceil(Math.max(1, this.kinds.length) / 4);
    const code = programText(source);
    const entry = (i: number, buffer: GPUBufferBindingLayout): GPUBindGroupLayoutEntry => ({
      binding: i,
      visibility: 0x4,
      buffer,
    });
    let module: GPUShaderModule | undefined;
    const make = (): GPUComputePipeline => {
      module = device.createShaderModule({ code, label: name });
      return device.createComputePipeline({
        label: name,
        layout: device.createPipelineLayout({ bindGroupLayouts: [this.#layout] }),
        compute: { module, entryPoint: 'main' },
      });
    };
    this.#layout = device.createBindGroupLayout({
      entries: [
        entry(0, { type: 'uniform', hasDynamicOffset: true, minBindingSize: this.#bytes }),
        ...buffers.map(([, , access], i) => entry(i + 1, { type: access ? 'storage' : 'read-only-storage' })),
      ],
    });
    this.pipeline = faults.watch(make, (message) => {
      onFailure();
      return explain(name, code, message, module);
    });
  }

  /** The bind group of these blocks, made at their first meeting. */
  group(device: GPUDevice, parameters: GPUBuffer, blocks: readonly Block[]): GPUBindGroup {
    let hash = 0;
    for (let i = 0; i < blocks.length; i++) hash = (Math.imul(hash, 0x9e3b) + blocks[i]!.id) & 0x3fffffff;
    const first = this.#groups.get(hash);
    for (let bound = first; bound; bound = bound.next) if (areSame(bound.blocks, blocks)) return bound.group;
    const entries: GPUBindGroupEntry[] = [{ binding: 0, resource: { buffer: parameters, size: this.#bytes } }];
    blocks.forEach(({ buffer }, i) => entries.push({ binding: i + 1, resource: { buffer } }));
    const group = device.createBindGroup({ layout: this.#layout, entries });
    this.#groups.set(hash, { blocks: [...blocks], group, next: first });
    return group;
  }

  /** Forgets the groups of blocks that are gone. */
  forget(ids: ReadonlySet<number>): void {
    for (const [hash, first] of this.#groups) {
      let kept: Bound | undefined;
      for (let bound: Bound | undefined = first; bound; bound = bound.next)
        if (!bound.blocks.some(({ id }) => ids.has(id))) kept = { ...bound, next: kept };
      if (kept) this.#groups.set(hash, kept);
      else this.#groups.delete(hash);
    }
  }
}

function areSame(one: readonly Block[], other: readonly Block[]): boolean {
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}

/** The compiler's own words with the line that it means. */
async function explain(
  name: string,
  code: string,
  message: string,
  module: GPUShaderModule | undefined,
): Promise<DeviceError> {
  const info = await module?.getCompilationInfo().catch(() => undefined);
  const first = info?.messages.find(({ type }) => type === 'error');
  const where = first
    ? `line ${first.lineNum}: ${first.message}\n  ${code.split('\n')[first.lineNum - 1]?.trim()}`
    : message;
  return new DeviceError(`the WGSL of '${name}' does not compile: ${where}`, { op: name, code });
}
