import { DeviceError } from '../../../tensor/errors.ts';
import { isCompiled } from './instance.ts';

const leastNode = 24;
let isOn = false;

/** Whether `enableRevectorize` was called. */
export function isRevectorized(): boolean {
  return isOn;
}

/**
 * Experimental. Lets V8 join pairs of the kernels' 128-bit instructions into 256-bit ones (AVX2), a pass of its compiler that
 * is off by default: matrix products and convolutions run at almost twice the speed. Only for Node 24 or newer on x64, and
 * only before the first tensor, as the kernels are compiled then. It sets `--experimental-wasm-revectorize` for the whole
 * process: WebAssembly of other packages that is compiled later is compiled so too. Results stay the same, bit for bit.
 * Where the processor has no AVX2, nothing changes. A second call does nothing. Call it first in a program: then
 * `(await device('cpu')).info` says `revectorized: true`.
 *
 * @throws DeviceError in a page, on an older Node or another processor, or when the kernels are compiled already
 */
export function enableRevectorize(): void {
  if (isOn) return;
  const op = 'enableRevectorize';
  const node = globalThis.process;
  const v8 = node?.getBuiltinModule?.('node:v8');
  if (!v8) throw new DeviceError(`only Node has this switch of V8; call it where process.versions.node is set`, { op });
  const { version, arch } = node;
  if (Number(version.slice(1).split('.')[0]) < leastNode || arch !== 'x64') {
    throw new DeviceError(`Node ${version} on ${arch} cannot do it; it needs Node ${leastNode} or newer on x64`, {
      op,
      version,
      arch,
    });
  }
  if (isCompiled()) {
    throw new DeviceError('the kernels are compiled already; call it before the first tensor or device', { op });
  }
  v8.setFlagsFromString('--experimental-wasm-revectorize');
  isOn = true;
}
