// ONNX Runtime on WebAssembly, which infers and does not train: products only.

import onnxProto from 'onnx-proto';
import * as runtime from 'onnxruntime-web';
import type { Prepared } from '../case.ts';
import type { Product } from '../job.ts';
import { firstOf, productOperands } from '../job.ts';
import { serve } from '../serve.ts';

const { ModelProto } = onnxProto.onnx;
const float32 = 1;

interface Node {
  readonly opType: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute?: readonly object[];
}

/** A model of some nodes from a and b to c. */
function modelOf(nodes: readonly Node[], shapes: Readonly<Record<'a' | 'b' | 'c', readonly number[]>>): Uint8Array {
  const value = (name: 'a' | 'b' | 'c'): object => {
    const dim = shapes[name].map((dimValue) => ({ dimValue }));
    return { name, type: { tensorType: { elemType: float32, shape: { dim } } } };
  };
  const graph = { name: 'product', node: nodes, input: [value('a'), value('b')], output: [value('c')] };
  return ModelProto.encode(
    ModelProto.create({ irVersion: 7, opsetImport: [{ domain: '', version: 13 }], graph }),
  ).finish();
}

/** Gemm knows transposed operands, MatMul batches. */
function nodesOf({ batch, transposeA, transposeB }: Product): Node[] {
  if (batch === 1) {
    const flag = (name: string, value: boolean): object => ({ name, type: 2, i: Number(value) });
    const attribute = [flag('transA', transposeA), flag('transB', transposeB)];
    return [{ opType: 'Gemm', input: ['a', 'b'], output: ['c'], attribute }];
  }
  const turned = (name: string, isTransposed: boolean): Node[] => {
    const attribute = [{ name: 'perm', type: 7, ints: [0, 2, 1] }];
    return isTransposed ? [{ opType: 'Transpose', input: [name], output: [`${name}t`], attribute }] : [];
  };
  const input = [transposeA ? 'at' : 'a', transposeB ? 'bt' : 'b'];
  return [...turned('a', transposeA), ...turned('b', transposeB), { opType: 'MatMul', input, output: ['c'] }];
}

async function product(job: Product): Promise<Prepared> {
  const [a, b] = productOperands(job);
  const c = job.batch > 1 ? [job.batch, job.m, job.n] : [job.m, job.n];
  const model = modelOf(nodesOf(job), { a: a.shape, b: b.shape, c });
  const session = await runtime.InferenceSession.create(model, { executionProviders: ['wasm'] });
  const feeds = Object.fromEntries(
    Object.entries({ a, b }).map(([name, { values, shape }]) => [name, new runtime.Tensor('float32', values, shape)]),
  );
  const run = () => session.run(feeds);
  return { run, check: async () => firstOf((await run()).c.data) };
}

runtime.env.wasm.numThreads = 1;
await serve('onnxruntime-web', ({ job }) => (job?.kind === 'product' ? product(job) : 'it does not train'));
