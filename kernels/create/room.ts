import type { Dtype } from '../../tensor/dtype.ts';
import { byteSize } from '../../tensor/dtype.ts';
import { DeviceError } from '../../tensor/errors.ts';

/** All the memory that WebAssembly can address, and as much as an array of the host holds everywhere. */
const limit = 2 ** 32;

/**
 * Called before memory is taken for `count` elements, on the host or on a device.
 *
 * @throws DeviceError that names `op` when no array holds so many
 */
export function checkRoom(op: string, count: number, dtype: Dtype): void {
  const bytes = count * byteSize[dtype];
  if (bytes <= limit) return;
  const most = limit / byteSize[dtype];
  throw new DeviceError(
    `${count} elements of ${dtype} need ${(bytes / 2 ** 30).toFixed(1)} GiB; an array holds 4 GiB, so at most ${most}`,
    { op, count, most },
  );
}
