/**
 * The plan of a launch: an i32 array that plan.ts writes and the kernel reads. This file is read by both compilers, so
 * that the two agree. Positions count numbers; `...Bytes`, strides and places in scratch count bytes.
 *
 * Words: an item computes *tiles* of tokens, their *owners* (queries for the output and dQ, keys for dK and dV), of one
 * dilation group of one head. What they see (keys by their windows, queries by their inverse windows) is their *box*.
 * It is copied to scratch in *chunks*. Ranks below three have leading axes of length 1: *slabs* along axis 0, *lines*
 * along axis 1, *columns* along axis 2.
 */

/** What is computed; one of the seven. */
export const mode = 0;
export const forwardMode = 0;
export const backwardQueryMode = 1;
export const backwardKeyMode = 2;
/** Unfused: products of queries and keys to memory; weights from memory times values, summed by query; by key. */
export const dotsMode = 3;
export const sumMode = 4;
export const spreadMode = 5;
/** dQ, dK and dV at once: the owners are queries, and the rows of their boxes have sums of dK and dV. */
export const backwardMode = 6;

/** Heads of the owners and of the box. One divides the other. */
export const ownerHeads = 1;
export const boxHeads = 2;
/** An item is one split of one slice of one head's units; a unit is a tile of a batch entry. */
export const units = 3;
export const slices = 4;
/** Splits of this launch, the first of them, and how far apart their results lie. */
export const splits = 5;
export const firstSplit = 6;
export const splitBytes = 7;

/** Head dims of first and second operands in elements, and padded to four elements in bytes. */
export const dim = 8;
export const dimValue = 9;
export const dimBytes = 10;
export const dimValueBytes = 11;

/** Operands in an owner's record and in a row of the box: 0, 1 or 2. */
export const ownerOperands = 12;
export const boxOperands = 13;
/** An owner's record: row of the first operand, row of the second, sum, second sum, two numbers. */
export const ownerBytes = 14;
export const ownerSecond = 15;
export const ownerSum = 16;
export const ownerSecondSum = 17;
export const ownerStats = 18;
/** A row of the box: row of the first operand, row of the second, two numbers (in `backwardKeyMode`) or two sums. */
export const boxBytes = 19;
export const boxSecond = 20;
export const boxStats = 21;
/** Distances of the box's lines and slabs. */
export const lineBytes = 22;
export const slabBytes = 23;

/** Places in scratch: where a window's rows lie and their token numbers; chunk, tile, a record to spare. */
export const list = 24;
export const tokenList = 25;
export const box = 26;
export const tile = 27;
export const spare = 28;
/** Arrays of a number for each row, `scoreBytes` long: scores of two owners and their gradients, biases, keeps. */
export const scores = 29;
export const scoreBytes = 30;
export const biases = 31;
export const keeps = 32;
/** Columns that two neighbouring owners see together, at most. */
export const columns = 33;

/** f32: factors of the owners' and the box's first operand, and of the result. */
export const ownerFactor = 34;
export const boxFactor = 35;
export const resultFactor = 36;

/** Addresses of contiguous [B, X, Y, Z, N] tensors of queries. */
export const logsumexp = 37;
export const delta = 38;

/** Additional tokens, at most how many at a time, and how many tokens come before them. */
export const additional = 39;
export const additionalChunk = 40;
export const tokens = 41;

/** Address of biases [N, along axis 2, axis 0, axis 1], and of their gradients per slice and split; 0: none. */
export const bias = 42;
export const gradBias = 43;
export const biasBytes = 44;

/** Whether weights are dropped; seed, threshold, f32 factor of those kept, what is added to key numbers. */
export const hasDropout = 45;
export const seed = 46;
export const threshold = 47;
export const keepFactor = 48;
export const firstKey = 49;

/** Unfused: address of the weights, strides of batch entries and heads, slots of a query, f32 for masked ones. */
export const attn = 50;
export const attnBatch = 51;
export const attnHead = 52;
export const attnSlots = 53;
export const hasMasked = 54;
export const masked = 55;

/** Axis a has sixteen numbers from `axes + 16 a`. */
export const axes = 56;
/** Lengths of the owners' axis and of the box's. */
export const axisLength = 0;
export const axisBoxLength = 1;
export const axisDilation = 2;
/** Position of a table in the plan, per owner: start and end of its window in its group. */
export const axisWindows = 3;
/** Position of a table in the plan, per tile: its group, first and last position. */
export const axisTiles = 4;
export const axisTileCount = 5;
/** Positions per chunk, and in how many splits the chunks are dealt. */
export const axisChunk = 6;
export const axisSplits = 7;
/** An offset from owner to row, plus `axisBiasOrigin`, times `axisBias` bytes is the place of its bias. */
export const axisBiasOrigin = 8;
export const axisBias = 9;
/** A key's position times `axisSlot` bytes plus what the table at `axisSlots` has for the query: the weight's place. */
export const axisSlot = 10;
export const axisSlots = 11;

/** Operand o has its address and strides of batch entries, tokens along three axes, heads from `operands + 6 o`. */
export const operands = 104;
/** The owners' first and second, the box's, the additional tokens' (along axis 2), the results. */
export const ownerOperand = 0;
export const boxOperand = 2;
export const additionalOperand = 4;
export const resultOperand = 6;

/**
 * Nine f32, an i32, an f32: the constants of 2ˣ and the largest x. From here each is a load; in code V8 builds each of
 * three instructions.
 */
export const powers = 152;

/** Address of the sums of each unit's box, bytes of those of one box, and bytes of those of a row: dK, then dV. */
export const parts = 163;
export const partBytes = 164;
export const partRowBytes = 165;

/** Where the tables begin. */
export const tables = 166;
