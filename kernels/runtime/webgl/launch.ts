import type { Tensor } from '../../../tensor/tensor.ts';
import type { GlslSource, Inputs } from './glsl.ts';
import type { GpuTexture } from './gpuJs.ts';
import type { Block, WebglRuntime } from './runtime.ts';
import { sourceOf, vectorSourceOf } from './glsl.ts';
import { Vectors } from './vectors.ts';

/** What computes a tensor, or vectors, from others. */
export interface Program {
  /** Of all that `code` depends on, its name first. */
  readonly key: string;
  readonly inputs: Readonly<Record<string, Tensor | Vectors>>;
  readonly numbers?: Readonly<Record<string, number>>;
  /** GLSL, asked at the first use of the key. An input `x` is read as `x(i)`, a float or a vector; a number as `params.name`. */
  readonly code: () => string;
}

/** Computes the elements of `out`, which is contiguous and may be one of the inputs, from `float element(int i)`. */
export function launch(program: Program, out: Tensor): void {
  if (out.size === 0) return;
  const runtime = out.storage.runtime as WebglRuntime;
  const source = (): GlslSource => sourceOf(...textOf(program));
  const texture = runtime.run(program.key, source, out.size, argumentsOf(program));
  runtime.put(out.storage.handle as Block, out.offset, out.size, texture);
}

/** Computes `parts` vectors for each of so many elements, from `void compute(int i)`, which sets `parts[0]`, `parts[1]` ... */
export function launchVectors(program: Program, runtime: WebglRuntime, elements: number, parts: number): Vectors {
  const source = (): GlslSource => vectorSourceOf(...textOf(program), parts);
  return new Vectors(runtime, runtime.runAll(`${program.key} by ${parts}`, source, elements, argumentsOf(program)));
}

function textOf({ inputs, numbers = {}, code }: Program): [Inputs, string[], string] {
  const kinds = Object.entries(inputs).map(([name, x]) => [name, x instanceof Vectors ? x.textures.length : 'floats']);
  return [Object.fromEntries(kinds) as Inputs, Object.keys(numbers), code()];
}

function argumentsOf({ inputs, numbers = {} }: Program): (GpuTexture | number)[] {
  const args = Object.values(inputs).flatMap((x): readonly (GpuTexture | number)[] => {
    if (x instanceof Vectors) return x.textures;
    return [(x.storage.runtime as WebglRuntime).textureOf(x.storage.handle as Block), x.offset];
  });
  return [...args, ...Object.values(numbers)];
}
