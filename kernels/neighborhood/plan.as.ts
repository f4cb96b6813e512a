/**
 * The plan of a launch: an i32 array that plan.ts writes and the fused kernels read. This file is read by both
 * compilers, so that the two agree. Positions count numbers; `...Bytes`, strides and places in scratch count bytes.
 *
 * Words: an item computes a *tile* of tokens, its *owners* (queries for the output and dQ, keys for dK and dV), of one
 * dilation group of one head. What they see (keys by their windows, queries by their inverse windows) is their *box*.
 * It is copied to scratch in *chunks*. Ranks below three have leading axes of length 1: *slabs* along axis 0, *lines*
 * along axis 1, *columns* along axis 2.
 */

export const heads = 0;
/** Head dims in elements, and padded to four elements in bytes. */
export const dim = 1;
export const dimValue = 2;
export const dimBytes = 3;
export const dimValueBytes = 4;

/** An owner's record: row of the first operand, row of the second, sum, second sum, two numbers. */
export const ownerBytes = 5;
export const ownerSecond = 6;
export const ownerSum = 7;
export const ownerSecondSum = 8;
export const ownerStats = 9;
/** A row of the box: row of the first operand, row of the second, two numbers (for dK and dV). */
export const boxBytes = 10;
export const boxSecond = 11;
export const boxStats = 12;
/** Distances of the box's lines and slabs. */
export const lineBytes = 13;
export const slabBytes = 14;

/** Places in scratch: where a window's rows lie, arrays of scores and their size, chunk, tile, a record to spare. */
export const list = 16;
export const scores = 17;
export const scoreBytes = 18;
export const box = 19;
export const tile = 20;
export const spare = 21;
/** Columns that two neighbouring owners see together, at most. */
export const columns = 22;

/** Axis a has eight numbers from `axes + 8 a`. */
export const axes = 24;
export const axisLength = 0;
export const axisDilation = 1;
/** Position of a table in the plan, per token: start and end of its window in its group. */
export const axisWindows = 2;
/** Position of a table in the plan, per tile: its group, first and last position. */
export const axisTiles = 3;
export const axisTileCount = 4;
/** Positions per chunk. */
export const axisChunk = 5;

/** Operand o has five strides from `strides + 5 o`: of batch entries, tokens along the three axes, heads. */
export const strides = 48;
/** Operands: the owners' first and second, the box's first and second. */
export const ownerOperand = 0;
export const boxOperand = 2;

/** Nine f32 and an i32: the constants of 2ˣ. From here each is a load; in code V8 builds each of three instructions. */
export const powers = 68;

/** Where the tables begin. */
export const tables = 80;
