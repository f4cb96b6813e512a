import { programText } from '../../kernels/runtime/webgpu/program.ts';
import { WebgpuRuntime } from '../../kernels/runtime/webgpu/runtime.ts';

const held = new WeakMap<WebgpuRuntime, Map<string, string>>();

/** From now on a key that names two different programs is an error: the second would be computed by the first. */
export function holdKeys(): void {
  const { value: program } = Object.getOwnPropertyDescriptor(WebgpuRuntime.prototype, 'program') as {
    value: WebgpuRuntime['program'];
  };
  WebgpuRuntime.prototype.program = function (key, source) {
    const texts = held.get(this) ?? new Map<string, string>();
    held.set(this, texts);
    const text = programText(source());
    if ((texts.get(key) ?? text) !== text) throw new Error(`two programs have the key '${key}'`);
    texts.set(key, text);
    return program.call(this, key, source);
  };
}
