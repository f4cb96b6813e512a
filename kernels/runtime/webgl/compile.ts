import type { GlslSource } from './glsl.ts';
import type { GpuJs, GpuKernel } from './gpuJs.ts';
import { settings } from './gpuJs.ts';

/** A kernel for so many elements; of more than one vector each, it gives a texture for each of them. */
export function compile(gpu: GpuJs, source: GlslSource, length: number): GpuKernel {
  const { parameters, text, value = 'element(this.thread.x)', parts } = source;
  const own = { ...settings, output: [length] };
  const head = `function (${parameters.join(', ')})`;
  if (parts === undefined) {
    const nativeFunctions = text === '' ? [] : [native('element', 'i', 'Number', text)];
    return gpu.createKernel(`${head} { return ${value}; }`, { ...own, nativeFunctions });
  }
  const vectors = 'Array(4)';
  const nativeFunctions = [native('element', 'i', vectors, text), native('part', 'k', vectors, ' ')];
  const all = { ...own, nativeFunctions, returnType: vectors };
  if (parts === 1) return gpu.createKernel(`${head} { return ${value}; }`, all);
  const others = Array.from({ length: parts - 1 }, (_, k) => k + 1);
  const calls = others.map((k) => `part${k}(part(${k}));`).join(' ');
  return gpu.createKernelMap(
    others.map((k) => `function part${k}(v) { return v; }`),
    `${head} { const first = ${value}; ${calls} return first; }`,
    all,
  );
}

/** A function that gpu.js need not translate; the text of the first defines all of them. */
const native = (name: string, argument: string, returnType: string, source: string): object => ({
  name,
  source,
  returnType,
  argumentTypes: { [argument]: 'Integer' },
});
