import fc from 'fast-check';
import type { Device, Dtype } from '../index.ts';
import { isFloat } from '../tensor/dtype.ts';

/**
 * The dtypes of a device. float16 is among them where the device has it.
 *
 * @param device - a started one: `await device('webgpu')`
 * @param options - `real` for the floating-point ones or the others alone
 * @example
 * const cpu = await device('cpu');
 * fc.assert(fc.property(dtypes(cpu), shapes(), (dtype, shape) => zeros(shape, { dtype }).dtype === dtype));
 */
export function dtypes(device: Device, { real }: { real?: boolean } = {}): fc.Arbitrary<Dtype> {
  return fc.constantFrom(...device.dtypes.filter((dtype) => real === undefined || isFloat(dtype) === real));
}
