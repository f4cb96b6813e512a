import { programText } from '../../kernels/runtime/webgpu/program.ts';
import { WebgpuRuntime } from '../../kernels/runtime/webgpu/runtime.ts';

const held = new WeakMap<object, Map<string, string>>();

/** @throws Error when the key named another text of this runtime before: the second would be computed by the first */
export function holdText(runtime: object, key: string, text: string): void {
  const texts = held.get(runtime) ?? new Map<string, string>();
  held.set(runtime, texts);
  if ((texts.get(key) ?? text) !== text) throw new Error(`two programs have the key '${key}'`);
  texts.set(key, text);
}

/** From now on a key that names two different programs of WebGPU is an error. */
export function holdKeys(): void {
  const { value: program } = Object.getOwnPropertyDescriptor(WebgpuRuntime.prototype, 'program') as {
    value: WebgpuRuntime['program'];
  };
  WebgpuRuntime.prototype.program = function (key, source) {
    holdText(this, key, programText(source()));
    return program.call(this, key, source);
  };
}
