// Names of parameters in Hugging Face's NAT and DiNAT, and in the authors' checkpoints, which are ours.

import type { HostTensor } from '../../tensor/io/elements.ts';
import type { StateSource } from '../stateDict.ts';
import type { TypedArray } from '../../index.ts';
import { ArgumentError, FormatError } from '../../index.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { valuesOf } from '../stateDict.ts';

/** Theirs without their prefix, ours; `#` stands for a number, and what follows a name is the same in both. */
const names: readonly (readonly [theirs: string, ours: string])[] = [
  ['embeddings.patch_embeddings.projection.#', 'patch_embed.proj.#'],
  ['embeddings.norm', 'patch_embed.norm'],
  ['encoder.levels.#.layers.#.layernorm_before', 'levels.#.blocks.#.norm1'],
  ['encoder.levels.#.layers.#.layernorm_after', 'levels.#.blocks.#.norm2'],
  ['encoder.levels.#.layers.#.attention.self.rpb', 'levels.#.blocks.#.attn.rpb'],
  ['encoder.levels.#.layers.#.attention.output.dense', 'levels.#.blocks.#.attn.proj'],
  ['encoder.levels.#.layers.#.intermediate.dense', 'levels.#.blocks.#.mlp.fc1'],
  ['encoder.levels.#.layers.#.output.dense', 'levels.#.blocks.#.mlp.fc2'],
  ['encoder.levels.#.downsample', 'levels.#.downsample'],
  ['layernorm', 'norm'],
  ['classifier', 'head'],
];
/** What is one tensor of ours and several of theirs: rows of a map, or rows of one of theirs. */
const attention = /^encoder\.levels\.(\d+)\.layers\.(\d+)\.attention\.self\.(query|key|value)\.(weight|bias)$/;
const scales = /^encoder\.levels\.(\d+)\.layers\.(\d+)\.layer_scale_parameters$/;
const projections = ['query', 'key', 'value'] as const;

/** `from` where `key` begins with it, with `to` and the same numbers in its place; null elsewhere. */
function renamed(key: string, from: string, to: string): string | null {
  const pattern = new RegExp(`^${from.replaceAll('.', '\\.').replaceAll('#', '(\\d+)')}(?=\\.|$)`);
  const match = pattern.exec(key);
  if (!match) return null;
  let next = 1;
  return to.replaceAll('#', () => match[next++]!) + key.slice(match[0].length);
}

function hostTensors(op: string, state: StateSource): [string, HostTensor][] {
  const entries = state instanceof Map ? [...state] : Object.entries(state);
  return entries.map(([key, value]) => [
    key,
    { dtype: value.dtype, shape: value.shape, data: valuesOf(op, key, value) },
  ]);
}

/** Rows of all, one after another. */
function joined(parts: readonly HostTensor[]): HostTensor {
  const [first] = parts as [HostTensor];
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  const rows = parts.reduce((sum, { shape }) => sum + shape[0]!, 0);
  return { dtype: first.dtype, shape: [rows, ...first.shape.slice(1)], data };
}

/** `count` parts of equally many rows. */
function parted(whole: HostTensor, count: number): HostTensor[] {
  const shape = [whole.shape[0]! / count, ...whole.shape.slice(1)];
  const size = sizeOf(shape);
  return Array.from({ length: count }, (_, i) => ({
    dtype: whole.dtype,
    shape,
    data: (whole.data as Float32Array).slice(i * size, (i + 1) * size) as TypedArray,
  }));
}

/**
 * A state dict of Hugging Face's `NatForImageClassification` or `DinatForImageClassification` (or of the model in it) under the
 * names that `NAT` has: for `loadStateDict`.
 *
 * @param state - tensors by name, as `loadSafetensors` reads them
 * @throws FormatError that lists the names that no NAT has, or a query without its key and value
 * @source transformers: `models/nat`, `models/dinat`
 * @example
 * const model = new nn.models.NAT({ embedDim: 8, depths: [1], numHeads: [2], kernelSize: 3, numClasses: 5 });
 * const theirs = nn.models.natToHuggingFace(model.stateDict(), { family: 'dinat' });
 * model.loadStateDict(nn.models.natFromHuggingFace(theirs));
 */
export function natFromHuggingFace(state: StateSource): Map<string, HostTensor> {
  const op = 'natFromHuggingFace';
  const found = new Map(hostTensors(op, state).map(([key, value]) => [key.replace(/^(nat|dinat)\./, ''), value]));
  const result = new Map<string, HostTensor>();
  const unknown: string[] = [];
  for (const [key, value] of found) {
    const map = attention.exec(key);
    const scale = scales.exec(key);
    if (map) {
      const [, level, block, projection, kind] = map;
      const at = key.replace(`.${projection}.`, '.#.');
      const parts = projections.map((name) => found.get(at.replace('#', name)));
      if (parts.includes(undefined)) throw new FormatError(`${key} lacks its query, key or value`, { op, key });
      result.set(`levels.${level}.blocks.${block}.attn.qkv.${kind}`, joined(parts as HostTensor[]));
    } else if (scale) {
      parted(value, 2).forEach((part, i) => {
        const gamma = { ...part, shape: part.shape.slice(1) };
        result.set(`levels.${scale[1]}.blocks.${scale[2]}.gamma${i + 1}`, gamma);
      });
    } else {
      const name = names.map(([theirs, ours]) => renamed(key, theirs, ours)).find((ours) => ours !== null);
      if (name === undefined) unknown.push(key);
      else result.set(name, value);
    }
  }
  if (unknown.length === 0) return result;
  throw new FormatError(`${unknown.length} names are of no NAT: ${unknown.slice(0, 8).join(', ')}`, { op, unknown });
}

/**
 * A state dict of `NAT` under the names of Hugging Face's classifier.
 *
 * @param options - `family`: 'nat' or 'dinat', the prefix of the names
 * @throws FormatError for a name that no NAT has
 */
export function natToHuggingFace(state: StateSource, options: { family: 'nat' | 'dinat' }): Map<string, HostTensor> {
  const op = 'natToHuggingFace';
  const { family } = options;
  if (family !== 'nat' && family !== 'dinat')
    throw new ArgumentError(`family must be 'nat' or 'dinat', got ${String(family)}`, { op, family });
  const found = new Map(hostTensors(op, state));
  const result = new Map<string, HostTensor>();
  for (const [key, value] of found) {
    const qkv = /^levels\.(\d+)\.blocks\.(\d+)\.attn\.qkv\.(weight|bias)$/.exec(key);
    const gamma = /^levels\.(\d+)\.blocks\.(\d+)\.gamma([12])$/.exec(key);
    const at = ([, level, block]: RegExpExecArray): string => `${family}.encoder.levels.${level}.layers.${block}`;
    if (qkv) {
      parted(value, 3).forEach((part, i) => result.set(`${at(qkv)}.attention.self.${projections[i]}.${qkv[3]}`, part));
    } else if (gamma) {
      const both = ['gamma1', 'gamma2'].map((name) => found.get(key.replace(/gamma[12]$/, name)));
      if (both.includes(undefined)) throw new FormatError(`${key} lacks the other gamma`, { op, key });
      const rows = (both as HostTensor[]).map((part) => ({ ...part, shape: [1, ...part.shape] }));
      result.set(`${at(gamma)}.layer_scale_parameters`, joined(rows));
    } else {
      const name = names.map(([theirs, ours]) => renamed(key, ours, theirs)).find((theirs) => theirs !== null);
      if (name === undefined) throw new FormatError(`${key} is of no NAT`, { op, key });
      result.set(name.startsWith('classifier') ? name : `${family}.${name}`, value);
    }
  }
  return result;
}
