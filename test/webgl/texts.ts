import { WebglRuntime } from '../../kernels/runtime/webgl/runtime.ts';
import { holdText } from '../gpu/texts.ts';

/** From now on a key that names two different programs of WebGL is an error. */
export function holdKeys(): void {
  const { value: run } = Object.getOwnPropertyDescriptor(WebglRuntime.prototype, 'runAll') as {
    value: WebglRuntime['runAll'];
  };
  WebglRuntime.prototype.runAll = function (key, source, ...rest) {
    holdText(this, key, JSON.stringify(source()));
    return run.call(this, key, source, ...rest);
  };
}
