import type { GpuTexture } from './gpuJs.ts';
import type { WebglRuntime } from './runtime.ts';

/** Vectors of four floats, dealt out in turn to textures of their own; who made them frees them. */
export class Vectors {
  readonly textures: readonly GpuTexture[];
  readonly #runtime: WebglRuntime;

  constructor(runtime: WebglRuntime, textures: readonly GpuTexture[]) {
    this.#runtime = runtime;
    this.textures = textures;
  }

  [Symbol.dispose](): void {
    for (const texture of this.textures) this.#runtime.drop(texture);
  }
}
