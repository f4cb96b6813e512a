// Runs the attention with all its gradients, and compares what it gives.

import { expect } from 'vitest';
import type { DeviceName, NaOptions, Tensor } from '../../../index.ts';
import type { NaAttrs } from '../../../kernels/neighborhood/fused.ts';
import { grad, neighborhoodAttention, scope, tensor } from '../../../index.ts';
import { neighborhoodAttentionForward } from '../../../kernels/neighborhood/fused.ts';
import { Generator } from '../../../tensor/philox.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { expectClose as expectCloseArrays } from '../../close.ts';

export interface Host {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

type Optional = 'rpb' | 'additionalKeys' | 'additionalValues';
export type Operands = Record<'query' | 'key' | 'value' | 'gradOutput', Host> &
  Partial<Record<Optional | 'gradLogsumexp', Host>>;

/** Of what was not given there are no gradients: their shape is [0]. */
export type Results = Record<
  | 'output'
  | 'logsumexp'
  | 'gradQuery'
  | 'gradKey'
  | 'gradValue'
  | 'gradRpb'
  | 'gradAdditionalKeys'
  | 'gradAdditionalValues',
  Host
>;

/** What an operand's gradient is called. */
const gradients = {
  query: 'gradQuery',
  key: 'gradKey',
  value: 'gradValue',
  rpb: 'gradRpb',
  additionalKeys: 'gradAdditionalKeys',
  additionalValues: 'gradAdditionalValues',
} as const;

/** What may differ from plain attention with one shape for query, key and value. */
export interface Drawn {
  headsKv?: number;
  dimValue?: number;
  /** rpb's entries along each token axis, 2K − 1. */
  rpb?: readonly number[] | undefined;
  /** How many additional tokens. */
  additional?: number | undefined;
}

/** Normal numbers; also for the gradient of logsumexp. `shape` is the query's, [B, *X, N, D]. */
export function drawOperands(
  shape: readonly number[],
  seed = 1,
  deviation = 1,
  { headsKv = shape.at(-2)!, dimValue = shape.at(-1)!, rpb, additional }: Drawn = {},
) {
  const generator = new Generator(seed);
  const draw = (of: readonly number[], times = 1): Host => ({
    shape: of,
    data: generator.normal(sizeOf(of)).map((x) => x * times),
  });
  const [batch, heads, dim] = [shape[0]!, shape.at(-2)!, shape.at(-1)!];
  const rows = shape.slice(0, -1);
  const tokens = shape.slice(0, -2);
  return {
    query: draw(shape, deviation),
    key: draw([...tokens, headsKv, dim], deviation),
    value: draw([...tokens, headsKv, dimValue]),
    gradOutput: draw([...rows, dimValue]),
    gradLogsumexp: draw(rows),
    ...(rpb && { rpb: draw([heads, ...rpb]) }),
    ...(additional !== undefined && {
      additionalKeys: draw([batch, additional, headsKv, dim], deviation),
      additionalValues: draw([batch, additional, headsKv, dimValue]),
    }),
  };
}

/** rpb's entries along each axis. */
export function biasShape(kernelSize: readonly number[]): number[] {
  return kernelSize.map((k) => 2 * k - 1);
}

export type More = Partial<Record<Optional, Tensor>>;

/** An attention with its logsumexp: the fused one, or another way to compute the same. */
export type Attend = (query: Tensor, key: Tensor, value: Tensor, more?: More) => { output: Tensor; logsumexp: Tensor };

/** The fused op itself, so that its seed and tiles can be given. */
export function fused(attrs: NaAttrs): Attend {
  return (query, key, value, { rpb, additionalKeys, additionalValues } = {}) => {
    const inputs = [query, key, value, rpb, additionalKeys, additionalValues] as const;
    const [output, logsumexp] = neighborhoodAttentionForward(...inputs, attrs);
    return { output, logsumexp };
  };
}

export const implementations = ['fused', 'unfused', 'dense'] as const;
export type Implementation = (typeof implementations)[number];

/** The function that users call, with its implementation forced. */
export function implemented(implementation: Implementation | 'auto', options: NaOptions): Attend {
  return (query, key, value, more) =>
    neighborhoodAttention(query, key, value, { ...options, ...more, implementation, returnLogsumexp: true });
}

export function upload({ shape, data }: Host, device: DeviceName, requiresGrad = false): Tensor {
  const values = device === 'reference' ? Float64Array.from(data) : Float32Array.from(data);
  return tensor(values, { shape, device, requiresGrad });
}

/** All of them on the cpu, by their names. */
export function uploadAll<T extends object>(hosts: T, requiresGrad = false): { [K in keyof T]: Tensor } {
  const made = Object.entries<Host>(hosts as Record<string, Host>).map(([name, host]) => [
    name,
    upload(host, 'cpu', requiresGrad),
  ]);
  return Object.fromEntries(made) as { [K in keyof T]: Tensor };
}

/** Calls `read` with every result. */
function collect<T>(attend: Attend, operands: Operands, device: DeviceName, read: (x: Tensor) => T): Map<string, T> {
  return scope(() => {
    const given = (Object.keys(gradients) as (keyof typeof gradients)[]).flatMap((name) => {
      const host = operands[name];
      return host ? [{ name, x: upload(host, device, true) }] : [];
    });
    const { query, key, value, ...more } = Object.fromEntries(given.map(({ name, x }) => [name, x])) as More &
      Record<'query' | 'key' | 'value', Tensor>;
    const { output, logsumexp } = attend(query, key, value, more);
    let loss = output.mul(upload(operands.gradOutput, device)).sum();
    if (operands.gradLogsumexp) loss = loss.add(logsumexp.mul(upload(operands.gradLogsumexp, device)).sum());
    const found = grad(
      loss,
      given.map(({ x }) => x),
    );
    return new Map([
      ['output', read(output)],
      ['logsumexp', read(logsumexp)],
      ...given.map(({ name }, i): [string, T] => [gradients[name], read(found[i]!)]),
    ]);
  });
}

function asResults(read: ReadonlyMap<string, Host>): Results {
  const none: Host = { shape: [0], data: [] };
  const missing = Object.values(gradients).map((name) => [name, none] as const);
  return Object.fromEntries([...missing, ...read]) as Results;
}

export function run(attend: Attend, operands: Operands, device: DeviceName = 'cpu'): Results {
  return asResults(collect(attend, operands, device, (x) => ({ shape: x.shape, data: x.dataNow()! })));
}

/** `run` on a device that must be waited for. */
export async function runLater(attend: Attend, operands: Operands, device: DeviceName): Promise<Results> {
  const reading = collect(attend, operands, device, async (x): Promise<Host> => {
    const { shape } = x;
    return { shape, data: await x.data() };
  });
  const read = [...reading].map(async ([name, host]) => [name, await host] as const);
  return asResults(new Map(await Promise.all(read)));
}

/** |got − want| <= absolute + relative · |want|, element by element; NaN fails. */
export function expectNear(got: Results, want: Partial<Results>, absolute: number, relative = 0): void {
  for (const name of Object.keys(want) as (keyof Results)[])
    expectClose(name, got[name], want[name]!, absolute, relative);
}

/** `expectNear` of one array. */
export function expectClose(name: string, got: Host, want: Host, absolute: number, relative = 0): void {
  expect(got.shape, `shape of ${name}`).toEqual([...want.shape]);
  expectCloseArrays(name, got.data, want.data, { atol: absolute, rtol: relative });
}

/** Whether two arrays are equal bit for bit. */
export function hasSameBits(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return a.length === b.length && Array.from(a).every((x, i) => Object.is(x, b[i]));
}

/** Equal bit for bit. */
export function expectSame(got: Results, want: Results): void {
  for (const name of Object.keys(want) as (keyof Results)[]) {
    const differing = Array.from(got[name].data).findIndex((x, i) => !Object.is(x, want[name].data[i]));
    expect(differing, `first place where ${name} differs`).toBe(-1);
  }
}
