import type { Tensor } from '../../tensor/tensor.ts';
import { DeviceError, DtypeError } from '../../tensor/errors.ts';
import { isFloat } from '../../tensor/dtype.ts';
import { checkTensor } from '../../tensor/tensor.ts';

/**
 * Throws unless those that are given are tensors of one device and one real dtype. Ops would promote dtypes by themselves; what
 * attends to one another and is not alike is a mistake.
 */
export function checkAlike(op: string, operands: Readonly<Record<string, Tensor | undefined>>): void {
  const given = Object.entries(operands).filter(([, x]) => x !== undefined) as [string, Tensor][];
  for (const [name, x] of given) checkTensor(op, name, x);
  if (given.length === 0) return;
  const [firstName, first] = given[0]!;
  for (const [name, x] of given) {
    if (!isFloat(x.dtype))
      throw new DtypeError(`${name} is ${x.dtype}; attention is of reals: x.cast('float32')`, { op, [name]: x.dtype });
    if (x.device !== first.device) {
      const text = `${firstName} is on '${first.device.name}' and ${name} on '${x.device.name}'; move one with .to()`;
      throw new DeviceError(text, { op, [firstName]: first.device.name, [name]: x.device.name });
    }
    if (x.dtype !== first.dtype) {
      const text = `${firstName} is ${first.dtype} and ${name} ${x.dtype}; cast one with .cast()`;
      throw new DtypeError(text, { op, [firstName]: first.dtype, [name]: x.dtype });
    }
  }
}
