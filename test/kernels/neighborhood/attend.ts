// Runs the fused attention with its gradients, and compares what it gives.

import { expect } from 'vitest';
import type { DeviceName, NaOptions, Tensor } from '../../../index.ts';
import { grad, neighborhoodAttention, scope, tensor } from '../../../index.ts';
import { Generator } from '../../../tensor/philox.ts';
import { sizeOf } from '../../../tensor/shape.ts';

export interface Host {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}
export type Results = Record<'output' | 'logsumexp' | 'gradQuery' | 'gradKey' | 'gradValue', Host>;
export type Operands = Record<'query' | 'key' | 'value' | 'gradOutput', Host> & { gradLogsumexp?: Host };

/** Normal numbers; also for the gradient of logsumexp. */
export function drawOperands(shape: readonly number[], seed = 1, deviation = 1): Required<Operands> {
  const generator = new Generator(seed);
  const draw = (of: readonly number[], times = 1): Host => ({
    shape: of,
    data: generator.normal(sizeOf(of)).map((x) => x * times),
  });
  return {
    query: draw(shape, deviation),
    key: draw(shape, deviation),
    value: draw(shape),
    gradOutput: draw(shape),
    gradLogsumexp: draw(shape.slice(0, -1)),
  };
}

/** An attention with its logsumexp: the fused one, or another way to compute the same. */
export type Attend = (query: Tensor, key: Tensor, value: Tensor) => { output: Tensor; logsumexp: Tensor };

export function fused(options: NaOptions): Attend {
  return (query, key, value) => neighborhoodAttention(query, key, value, { ...options, returnLogsumexp: true });
}

export function run(attend: Attend, operands: Operands, device: DeviceName = 'cpu'): Results {
  return scope(() => {
    const upload = ({ shape, data }: Host, requiresGrad = false): Tensor =>
      tensor(Float32Array.from(data), { shape, device, dtype: 'float32', requiresGrad });
    const inputs = [operands.query, operands.key, operands.value].map((x) => upload(x, true)) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const { output, logsumexp } = attend(...inputs);
    let loss = output.mul(upload(operands.gradOutput)).sum();
    if (operands.gradLogsumexp) loss = loss.add(logsumexp.mul(upload(operands.gradLogsumexp)).sum());
    const [gradQuery, gradKey, gradValue] = grad(loss, inputs) as [Tensor, Tensor, Tensor];
    const read = (x: Tensor): Host => ({ shape: x.shape, data: x.dataNow()! });
    return {
      output: read(output),
      logsumexp: read(logsumexp),
      gradQuery: read(gradQuery),
      gradKey: read(gradKey),
      gradValue: read(gradValue),
    };
  });
}

/** |got − want| <= absolute + relative · |want|, element by element; NaN fails. */
export function expectNear(got: Results, want: Partial<Results>, absolute: number, relative = 0): void {
  for (const name of Object.keys(want) as (keyof Results)[]) {
    expect(got[name].shape, name).toEqual([...want[name]!.shape]);
    let worst = 0;
    for (let i = 0; i < want[name]!.data.length; i++) {
      const excess = Math.abs(got[name].data[i]! - want[name]!.data[i]!) - relative * Math.abs(want[name]!.data[i]!);
      worst = Number.isNaN(excess) ? Infinity : Math.max(worst, excess);
    }
    expect(worst, `largest error of ${name}`).toBeLessThanOrEqual(absolute);
  }
}

/** Equal bit for bit. */
export function expectSame(got: Results, want: Results): void {
  for (const name of Object.keys(want) as (keyof Results)[]) {
    const differing = Array.from(got[name].data).findIndex((x, i) => !Object.is(x, want[name].data[i]));
    expect(differing, `first place where ${name} differs`).toBe(-1);
  }
}
