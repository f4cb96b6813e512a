// What mpi.h defines and no library exports alike: Open MPI's handles are the addresses of its symbols, those of MPICH and its
// kin (Intel MPI, MVAPICH, Cray MPICH) are numbers that their common binary interface fixes.

/** A communicator, datatype, reduction ...; as the library takes it. */
export type Handle = number | bigint;

export type ElementType = 'float' | 'double' | 'int32_t' | 'uint8_t' | 'uint16_t';
export type Reduction = 'sum' | 'min' | 'max';

export interface Handles {
  /** The C type of a handle. */
  readonly type: 'uintptr_t' | 'int';
  readonly world: Handle;
  readonly types: Readonly<Record<ElementType, Handle>>;
  readonly reductions: Readonly<Record<Reduction, Handle>>;
  readonly errorsReturn: Handle;
  readonly noInfo: Handle;
  /** MPI_IN_PLACE and MPI_STATUS_IGNORE, as addresses. */
  readonly inPlace: bigint;
  readonly ignoreStatus: bigint | null;
  readonly commTypeShared: number;
}

/** @source mpi.h of Open MPI 4.1 */
export function openMpiHandles(symbol: (name: string) => Handle): Handles {
  const own = (name: string): Handle => symbol(`ompi_mpi_${name}`);
  return {
    type: 'uintptr_t',
    world: own('comm_world'),
    types: {
      float: own('float'),
      double: own('double'),
      int32_t: own('int32_t'),
      uint8_t: own('uint8_t'),
      uint16_t: own('uint16_t'),
    },
    reductions: { sum: own('op_sum'), min: own('op_min'), max: own('op_max') },
    errorsReturn: own('errors_return'),
    noInfo: own('info_null'),
    inPlace: 1n,
    ignoreStatus: null,
    commTypeShared: 0,
  };
}

/** @source mpi.h of MPICH 4.0; the MPICH ABI Compatibility Initiative */
export const mpichHandles: Handles = {
  type: 'int',
  world: 0x44000000,
  types: { float: 0x4c00040a, double: 0x4c00080b, int32_t: 0x4c000439, uint8_t: 0x4c00013b, uint16_t: 0x4c00023c },
  reductions: { sum: 0x58000003, min: 0x58000002, max: 0x58000001 },
  errorsReturn: 0x54000001,
  noInfo: 0x1c000000,
  inPlace: 0xffff_ffff_ffff_ffffn,
  ignoreStatus: 1n,
  commTypeShared: 1,
};
