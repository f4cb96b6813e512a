import type { Device, DeviceName, Shape } from '../index.ts';
import { ArgumentError, DtypeError, noGrad, scope, Tensor } from '../index.ts';
import { emptyTensor } from '../tensor/create.ts';
import { allocateArray, isFloat } from '../tensor/dtype.ts';
import { resolveDevice } from '../tensor/runtime.ts';
import { Variable } from '../tensor/variable.ts';
import { checkOptions } from '../tensor/options.ts';

/** A tensor whose values are taken, or the shape of one that begins with zeros. */
export type ParameterSource = Tensor | Shape;

/** Elements of its own for a Parameter or Buffer: a copy of the tensor given, or zeros. */
function elementsOf(op: string, source: ParameterSource, device: Device | DeviceName | undefined): Tensor {
  if (source instanceof Tensor) {
    source.assertLive(op);
    return scope(() => noGrad(() => source.to(device ?? source.device).contiguous()));
  }
  const runtime = resolveDevice(device);
  const result = emptyTensor(op, runtime, source, runtime.floatDtype);
  runtime.fill(result.storage.handle, result.dtype, result.size, 0);
  return result;
}

/**
 * A trained tensor of a Module: a leaf that collects `.grad`, found by walking the module's fields.
 *
 * @param source - a tensor, whose values are copied, or a shape, for zeros that an initializer then overwrites
 * @example
 * const weight = nn.init.truncNormal(new nn.Parameter([4, 3]), { std: 0.02 });
 * weight.requiresGrad; // true
 */
export class Parameter extends Tensor {
  constructor(source: ParameterSource, options: { requiresGrad?: boolean; device?: Device | DeviceName } = {}) {
    const { requiresGrad = true, device } = checkOptions('Parameter', options, ['requiresGrad', 'device']);
    using elements = elementsOf('Parameter', source, device);
    if (requiresGrad && !isFloat(elements.dtype)) {
      throw new DtypeError(`only floating point tensors can require a gradient, got ${elements.dtype}`, {
        op: 'Parameter',
        dtype: elements.dtype,
      });
    }
    elements.storage.retain();
    super(elements.storage, elements.dtype, elements, requiresGrad ? new Variable(null, 0) : null);
    this.keep();
  }

  override get requiresGrad(): boolean {
    return super.requiresGrad;
  }

  /** False freezes this parameter: its gradient is freed, and no other is collected. */
  override set requiresGrad(value: boolean) {
    if (value !== super.requiresGrad) this.become(this, value ? new Variable(null, 0) : null);
  }
}

/**
 * A tensor of a Module that is saved with it but not trained, such as a running mean.
 *
 * @example
 * new nn.Buffer(zeros([3])).requiresGrad; // false
 */
export class Buffer extends Tensor {
  /** Part of the state dict. */
  readonly persistent: boolean;

  constructor(source: ParameterSource, options: { persistent?: boolean; device?: Device | DeviceName } = {}) {
    const { persistent = true, device } = checkOptions('Buffer', options, ['persistent', 'device']);
    using elements = elementsOf('Buffer', source, device);
    elements.storage.retain();
    super(elements.storage, elements.dtype, elements);
    this.keep();
    this.persistent = persistent;
  }
}

/** Writes `values` (row-major) over the elements of `target`; backward through a save of the old ones is refused. */
export function overwrite(op: string, target: Tensor, values: ArrayLike<number>): void {
  target.assertLive(op);
  if (!target.isContiguous) {
    throw new ArgumentError(`${String(target)} is a view with gaps; only contiguous tensors are overwritten`, { op });
  }
  const { storage, dtype, offset } = target;
  const elements = allocateArray(dtype, values.length);
  elements.set(values);
  storage.runtime.write(storage.handle, dtype, offset, elements);
  storage.written(op);
}
