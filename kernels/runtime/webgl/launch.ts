import type { Tensor } from '../../../tensor/tensor.ts';
import type { Block, WebglRuntime } from './runtime.ts';
import { sourceOf } from './glsl.ts';

/** What computes a tensor from others. */
export interface Program {
  /** Of all that `code` depends on, its name first. */
  readonly key: string;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly numbers?: Readonly<Record<string, number>>;
  /** GLSL that defines `float element(int i)`, element i of `out`; asked at the first use of the key. */
  readonly code: () => string;
}

/** Computes the elements of `out`, which is contiguous, and may be one of the inputs. */
export function launch({ key, inputs, numbers = {}, code }: Program, out: Tensor): void {
  if (out.size === 0) return;
  const runtime = out.storage.runtime as WebglRuntime;
  const names = Object.keys(inputs);
  const args = Object.values(inputs).flatMap(({ storage, offset }) => [
    runtime.textureOf(storage.handle as Block),
    offset,
  ]);
  const source = (): ReturnType<typeof sourceOf> => sourceOf(names, Object.keys(numbers), code());
  const texture = runtime.run(key, source, out.size, [...args, ...Object.values(numbers)]);
  runtime.put(out.storage.handle as Block, out.offset, out.size, texture);
}
