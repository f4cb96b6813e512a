// Mixed precision: which dtype an op's inputs are brought to while `autocast` is on, and the casts that it remembers.

import type { Dtype } from '../tensor/dtype.ts';
import type { Runtime } from '../tensor/runtime.ts';
import type { Storage } from '../tensor/storage.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { AnyOpDefinition } from './types.ts';
import { ArgumentError, DtypeError } from '../tensor/errors.ts';
import { isThenable, refuseAsync } from '../tensor/scope.ts';
import { isGradEnabled } from './tape.ts';

/** A parameter's elements as they were cast. */
interface Cast {
  readonly half: Tensor;
  readonly storage: Storage;
  readonly version: number;
}

/** The casts of parameters in the outermost body that runs; null where autocast is off. */
let casts: Map<Tensor, Cast> | null = null;

/**
 * Runs `body` in mixed precision: matrix products, convolutions and attention read and write float16 (their sums are
 * float32); softmax, exp, log, pow, norms, losses, sums and means run in float32; what has no rule takes its inputs as they
 * are. Parameters stay float32: each is cast once in a body, and its gradient comes back as float32. Scale the loss
 * (`nn.optim.GradScaler`), so that small gradients do not vanish in float16. Go backward after the body or in it, it is the
 * same: gradients are computed in the precision of the forward pass.
 *
 * The device must have float16; the reference device, which is float64 throughout, computes as it would without autocast,
 * so that it stays the measure of the others.
 *
 * @throws ArgumentError for another dtype or an async body; DtypeError from the first op that would need float16 where the
 *   device has none
 * @source PyTorch: `torch.autocast`, and its lists of ops
 * @example
 * const model = new nn.Linear(3, 2).to('reference');
 * const loss = autocast('float16', () => model.forward(ones([4, 3], { device: 'reference' })).square().mean());
 * loss.backward();
 */
export function autocast<T>(dtype: 'float16', body: () => T): T {
  if (dtype !== 'float16')
    throw new ArgumentError(`dtype must be 'float16', got ${String(dtype)}`, { op: 'autocast', dtype });
  if (casts) return synchronous(body());
  const own = (casts = new Map<Tensor, Cast>());
  try {
    return synchronous(body());
  } finally {
    casts = null;
    for (const { half } of own.values()) half.dispose();
  }
}

/** What the body does after its first `await` would no longer be in it. */
function synchronous<T>(result: T): T {
  return isThenable(result) ? refuseAsync('autocast', result) : result;
}

/** Runs `body` with autocast off: backward, whose precision forward has decided. */
export function withoutAutocast<T>(body: () => T): T {
  const before = casts;
  casts = null;
  try {
    return body();
  } finally {
    casts = before;
  }
}

/** What the inputs of a call become whose common dtype is `dtype`. */
export function autocastDtype(op: AnyOpDefinition, dtype: Dtype, runtime: Runtime): Dtype {
  if (!casts || !op.autocast || (dtype !== 'float32' && dtype !== 'float16')) return dtype;
  if (op.autocast === 'float16' && !runtime.dtypes.includes('float16')) throw noHalves(op.name, runtime);
  return op.autocast;
}

function noHalves(op: string, { name, dtypes }: Runtime): DtypeError {
  const advice =
    name === 'webgpu'
      ? "the adapter has no shader-f16, or hides it: NVIDIA's gives it to device('webgpu', { unsafe: true }) in Node"
      : "move the model and its inputs to a device that has it: await device('webgpu', { unsafe: true }) where the GPU can";
  const message = `autocast runs it in float16, which '${name}' does not store (it has ${dtypes.join(', ')}); ${advice}`;
  return new DtypeError(message, { op, dtype: 'float16', device: name });
}

/** x in float16 where x is a parameter in the body of `autocast`: cast once, freed at the body's end. Else null. */
export function rememberedCast(x: Tensor, dtype: Dtype): Tensor | null {
  if (!casts || dtype !== 'float16' || !x.requiresGrad || !x.isLeaf) return null;
  const { storage } = x;
  const found = casts.get(x);
  // One that was made under noGrad leads no gradient back; one of other elements is of the past.
  const isUsable =
    found?.storage === storage && found.version === storage.version && (found.half.requiresGrad || !isGradEnabled());
  if (isUsable) return found.half;
  found?.half.dispose();
  const half = x.cast(dtype).own();
  casts.set(x, { half, storage, version: storage.version });
  return half;
}
