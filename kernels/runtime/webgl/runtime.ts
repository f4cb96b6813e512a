import type { Dtype, TypedArray } from '../../../tensor/dtype.ts';
import type { Runtime } from '../../../tensor/runtime.ts';
import type { GlslSource } from './glsl.ts';
import type { GpuJs, GpuKernel, GpuTexture, MappedTextures, OpenWebgl } from './gpuJs.ts';
import { allocateArray } from '../../../tensor/dtype.ts';
import { DeviceError, DtypeError } from '../../../tensor/errors.ts';
import { assertRunning, forgetDevice } from '../../../tensor/runtime.ts';
import { countOf } from '../../../tensor/storage.ts';
import { compile } from './compile.ts';
import { sourceOf } from './glsl.ts';
import { readTexture } from './readTexture.ts';

/** The buffer behind a tensor: a texture that each write replaces by another. */
export interface Block {
  readonly length: number;
  texture: GpuTexture | null;
}

/** Integers and bools are floats on this device, exact up to here; so are the places of elements. */
export const mostExact = 2 ** 24;

/** The WebGL device: tensors are textures of float32, row by row; gpu.js compiles and runs the kernels. */
export class WebglRuntime implements Runtime {
  readonly name = 'webgl';
  readonly dtypes: readonly Dtype[] = ['float32', 'int32', 'bool'];
  readonly floatDtype = 'float32';
  readonly info: Readonly<Record<string, unknown>>;
  readonly gl: WebGL2RenderingContext;
  ended: string | null = null;
  readonly #gpu: GpuJs;
  readonly #most: number;
  readonly #kernels = new Map<string, { readonly kernel: GpuKernel; length: number }>();
  #reserved = 0;

  constructor({ gpu, gl, canvas, info }: OpenWebgl) {
    this.#gpu = gpu;
    this.gl = gl;
    this.info = info;
    this.#most = Math.min(mostExact, (info['largestTexture'] as number) ** 2);
    canvas.addEventListener('webglcontextlost', () => this.#noteLoss());
  }

  allocate(dtype: Dtype, length: number): Block {
    this.#noteLoss();
    assertRunning(this, 'allocate');
    if (!this.dtypes.includes(dtype)) {
      const message = `the webgl device has no ${dtype}; use ${this.dtypes.join(', ')}`;
      throw new DtypeError(message, { op: 'allocate', dtype });
    }
    if (length > this.#most) {
      const message = `a tensor of ${length} elements is too large for webgl, which takes ${this.#most}; use cpu or webgpu`;
      throw new DeviceError(message, { op: 'allocate', length });
    }
    return { length, texture: null };
  }

  free(handle: unknown): void {
    this.#replace(handle as Block, null);
  }

  write(handle: unknown, dtype: Dtype, offset: number, data: TypedArray): void {
    assertRunning(this, 'write');
    if (data.length === 0) return;
    if (dtype === 'int32') checkExact(data);
    const block = handle as Block;
    const values = data instanceof Float32Array ? data : Float32Array.from(data);
    this.put(block, offset, data.length, this.run('write', writeSource, data.length, [values]));
  }

  fill(handle: unknown, _dtype: Dtype, length: number, value: number): void {
    assertRunning(this, 'fill');
    if (length === 0) return;
    this.put(handle as Block, 0, length, this.run('fill', fillSource, length, [value]));
  }

  async read(handle: unknown, dtype: Dtype, offset: number, length: number): Promise<TypedArray> {
    this.#noteLoss();
    assertRunning(this, 'read');
    const result = allocateArray(dtype, length);
    if (length === 0) return result;
    const values = await readTexture(this.gl, this.textureOf(handle as Block), offset, length);
    this.#noteLoss();
    assertRunning(this, 'read');
    if (!values) throw new DeviceError('the read failed: the GPU did not get to it', { op: 'read' });
    if (this.gl.getError() === this.gl.OUT_OF_MEMORY)
      throw new DeviceError(`the GPU has no more memory; ${this.#reserved} bytes are in use`, { op: 'webgl' });
    if (dtype !== 'int32') {
      result.set(values);
      return result;
    }
    for (let i = 0; i < length; i++) result[i] = Math.min(Math.max(values[i]!, -(2 ** 31)), 2 ** 31 - 1);
    return result;
  }

  reserved(): number {
    return this.#reserved;
  }

  /** What is in a block; of one that nobody wrote, zeros. */
  textureOf(block: Block): GpuTexture {
    return (block.texture ??= this.run('fill', fillSource, Math.max(1, block.length), [0]));
  }

  /** Runs a kernel for so many elements; `source` is asked at the first use of its key. */
  run(
    key: string,
    source: () => GlslSource,
    length: number,
    args: readonly (GpuTexture | Float32Array | number)[],
  ): GpuTexture {
    return this.runAll(key, source, length, args)[0]!;
  }

  /** `run` of a kernel whose elements may have several parts: a texture for each of them. */
  runAll(
    key: string,
    source: () => GlslSource,
    length: number,
    args: readonly (GpuTexture | Float32Array | number)[],
  ): readonly GpuTexture[] {
    const { gl } = this;
    let entry = this.#kernels.get(key);
    if (!entry) this.#kernels.set(key, (entry = { kernel: compile(this.#gpu, source(), length), length }));
    if (entry.length !== length) entry.kernel.setOutput([length]);
    entry.length = length;
    const textures = texturesOf(entry.kernel(...args));
    textures.forEach((texture, k) => {
      // The kernel's framebuffer would keep the texture alive after it is deleted.
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0 + k, gl.TEXTURE_2D, null, 0);
      this.#reserved += this.#bytesOf(texture);
    });
    return textures;
  }

  /** Puts a texture of `length` elements into a block, at an offset. */
  put(block: Block, offset: number, length: number, texture: GpuTexture): void {
    if (length === block.length) return this.#replace(block, texture);
    const args = [texture, 0, this.textureOf(block), 0, offset, length];
    const merged = this.run('put', putSource, block.length, args);
    this.drop(texture);
    this.#replace(block, merged);
  }

  /** Frees a texture that no block has. */
  drop(texture: GpuTexture): void {
    this.#reserved -= this.#bytesOf(texture);
    this.gl.deleteTexture(texture.texture);
  }

  dispose(): void {
    if (this.ended !== null) return;
    this.#end('was ended by dispose()');
    this.gl.getExtension('WEBGL_lose_context')?.loseContext();
  }

  #replace(block: Block, texture: GpuTexture | null): void {
    if (block.texture && this.ended === null) this.drop(block.texture);
    block.texture = texture;
  }

  #bytesOf({ size, internalFormat }: GpuTexture): number {
    return (internalFormat === this.gl.RGBA32F ? 16 : 4) * size[0]! * size[1]!;
  }

  /** The event that tells of it comes late. */
  #noteLoss(): void {
    if (this.ended !== null || !this.gl.isContextLost()) return;
    const { tensors, bytes } = countOf(this);
    this.#end(`was lost (its WebGL context), and with it ${tensors} tensors of ${bytes} bytes`);
  }

  #end(how: string): void {
    this.ended ??= how;
    forgetDevice(this);
  }
}

function texturesOf(given: GpuTexture | MappedTextures): GpuTexture[] {
  if (!('result' in given)) return [given];
  const { result, ...parts } = given;
  return [result, ...Object.values(parts)];
}

function checkExact(data: TypedArray): void {
  const wrong = data.find((value: number) => Math.abs(value) > mostExact);
  if (wrong === undefined) return;
  const message = `int32 ${wrong} has no place on webgl, whose integers are exact up to ${mostExact}; use cpu or webgpu`;
  throw new DtypeError(message, { op: 'write', value: wrong });
}

/** What the host wrote: gpu.js makes a texture of the array, and knows how to read it. */
const writeSource = (): GlslSource => ({ parameters: ['x'], text: '', value: 'x[this.thread.x]' });

const fillSource = (): GlslSource => sourceOf({}, ['value'], 'float element(int i) { return params.value; }');

const putSource = (): GlslSource =>
  sourceOf(
    { x: 'floats', rest: 'floats' },
    ['first', 'count'],
    `float element(int i) {
  int at = i - int(params.first);
  return at >= 0 && at < int(params.count) ? x(at) : rest(i);
}`,
  );
