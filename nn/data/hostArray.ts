import type { TypedArray } from '../../index.ts';
import type { Dtype } from '../../tensor/dtype.ts';

/** Host values in row-major order, such as an image. */
export interface HostArray {
  readonly shape: readonly number[];
  readonly data: TypedArray;
  /** Default: the array's own; a `Uint8Array` may also be bool. */
  readonly dtype?: Dtype;
}
