// Where WebGL2 comes from: a page's canvas, driven by gpu.js, an optional peer.

import { DeviceError } from '../../../tensor/errors.ts';

/** What a gpu.js kernel gives with `pipeline`: elements row by row, R32F or, of vectors, RGBA32F. */
export interface GpuTexture {
  readonly texture: WebGLTexture;
  /** [width, height]. */
  readonly size: ArrayLike<number>;
  readonly internalFormat: number;
}

/** The texture of a kernel's element, and those of the parts beside it. */
export interface MappedTextures {
  readonly result: GpuTexture;
  readonly [part: number]: GpuTexture;
}

export interface GpuKernel {
  (...args: (GpuTexture | Float32Array | number)[]): GpuTexture | MappedTextures;
  setOutput(output: readonly [number]): void;
  destroy(): void;
}

export interface GpuJs {
  createKernel(source: string, settings: Record<string, unknown>): GpuKernel;
  createKernelMap(parts: readonly string[], source: string, settings: Record<string, unknown>): GpuKernel;
  destroy(): Promise<void>;
}

export interface OpenWebgl {
  readonly gpu: GpuJs;
  readonly gl: WebGL2RenderingContext;
  readonly canvas: EventTarget;
  readonly info: Record<string, unknown>;
}

type Constructor = new (settings: Record<string, unknown>) => GpuJs;

/** Of every kernel: a texture of its own for each result, which is there before the GPU has filled it. */
export const settings = {
  pipeline: true,
  immutable: true,
  asyncMode: false,
  precision: 'single',
  tactic: 'precision',
  dynamicOutput: true,
  dynamicArguments: true,
} as const;

const refuse = (reason: string): never => {
  throw new DeviceError(reason, { op: 'device' });
};

/** @throws DeviceError without WebGL2, floating point render targets, or gpu.js of version 2 */
export async function openWebgl(load: () => Promise<unknown> = importGpuJs): Promise<OpenWebgl> {
  const canvas = makeCanvas();
  const gl = canvas?.getContext('webgl2', { alpha: false, depth: false, antialias: false });
  if (!canvas || !gl) return refuse(`WebGL2 is not to be had here; ${advice()}`);
  if (!gl.getExtension('EXT_color_buffer_float'))
    return refuse('this WebGL2 cannot render to floating point textures (EXT_color_buffer_float); use the cpu device');
  const gpu = new (await loadGpuJs(load))({ mode: 'webgl2', canvas, context: gl });
  checkVersion(gpu);
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  const adapter = String(gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  const largestTexture = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
  return { gpu, gl, canvas, info: { adapter, mode: 'webgl2', largestTexture } };
}

/** What a page's canvas and a worker's have in common. */
interface Canvas extends EventTarget {
  getContext(kind: 'webgl2', attributes: WebGLContextAttributes): WebGL2RenderingContext | null;
}

function makeCanvas(): Canvas | null {
  if (typeof document !== 'undefined') return document.createElement('canvas');
  return typeof OffscreenCanvas === 'undefined' ? null : new OffscreenCanvas(1, 1);
}

function advice(): string {
  return typeof document === 'undefined' && typeof OffscreenCanvas === 'undefined'
    ? 'the webgl device runs in pages and their workers; in Node use cpu or webgpu'
    : 'this browser or its driver has none: use the cpu device';
}

/** Caught at once, so that bundlers take the package for optional and go on where it is not installed. */
const importGpuJs = (): Promise<unknown> => import('gpu.js').catch((error: unknown) => Promise.reject(error));

async function loadGpuJs(load: () => Promise<unknown>): Promise<Constructor> {
  let found: Record<string, unknown>;
  try {
    found = (await load()) as Record<string, unknown>;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return refuse(
      `the package gpu.js could not be loaded (${reason}); the webgl device needs it: npm install gpu.js@2`,
    );
  }
  // A namespace, a CommonJS module's exports, or the constructor itself: bundlers differ.
  const exports = (found['default'] ?? found) as Record<string, unknown>;
  return (found['GPU'] ?? exports['GPU'] ?? exports) as Constructor;
}

/** From version 3 on every call of a kernel is to give a promise. */
function checkVersion(gpu: GpuJs): void {
  const kernel = gpu.createKernel('function () { return 1; }', { ...settings, output: [1] });
  const result = kernel() as Partial<GpuTexture> | Promise<unknown>;
  if (!('texture' in result))
    refuse('this gpu.js is not of version 2: its kernels give no textures at once; npm install gpu.js@2');
  kernel.destroy();
}
