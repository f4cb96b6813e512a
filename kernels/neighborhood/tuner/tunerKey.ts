import type { NaAttrs } from '../fused.ts';
import type { Operands } from '../packed.ts';
import type { Axis } from '../window.ts';
import { getMemoryUsagePreference, isKvParallelismEnabled } from './context.ts';
import { builtin } from './tunerCache.ts';

/** All that the fastest cut may depend on, as text: the problem, the operands, and the machine with its threads. */
export function tuningKey(
  pass: 'forward' | 'backward',
  { query, key, value, rpb, additionalKeys }: Operands,
  { dropout }: NaAttrs,
  axes: readonly Axis[],
  isThorough: boolean,
): string {
  const [batch, heads, dim] = [query.shape[0]!, query.shape.at(-2)!, query.shape.at(-1)!];
  const list = (name: keyof Axis): string => axes.map((axis) => Number(axis[name])).join('x');
  const parts: Record<string, string | number> = {
    on: machineOf(query),
    dtype: query.dtype,
    tokens: list('length'),
    batch,
    heads,
    headsKv: key.shape.at(-2)!,
    dim,
    dimValue: value.shape.at(-1)!,
    kernelSize: list('kernelSize'),
    stride: list('stride'),
    dilation: list('dilation'),
    isCausal: list('isCausal'),
    rpb: Number(rpb !== undefined),
    additional: additionalKeys?.shape[1] ?? 0,
    dropout: Number((dropout ?? 0) > 0),
  };
  if (pass === 'backward') {
    parts['splits'] = isKvParallelismEnabled()
      ? `${getMemoryUsagePreference()}${isThorough ? ' thorough' : ''}`
      : 'off';
  }
  return `${pass} ${Object.entries(parts)
    .map(([name, part]) => `${name}=${part}`)
    .join(' ')}`;
}

/** The device, and in Node the processor: the cache folder of a user may be seen from several machines. */
function machineOf({ device: { name, info } }: Operands['query']): string {
  processor ??= builtin('node:os')?.cpus()[0]?.model.trim() ?? globalThis.navigator?.userAgent ?? '';
  const facts = ['simd', 'sharedMemory', 'threads', 'adapter'].filter((fact) => info[fact] !== undefined);
  return JSON.stringify([name, processor, ...facts.map((fact) => `${fact} ${String(info[fact])}`)]);
}

let processor: string | undefined;
