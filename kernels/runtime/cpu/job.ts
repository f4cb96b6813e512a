/**
 * The job slot: the first 64 KiB of the shared memory, which kernels never touch. One job at a time is written there by
 * the launching thread and worked off by all. Words that several threads write are a cache line apart.
 */

/** Positions in an Int32Array over the memory. */
export const slot = {
  /** Rises with every job; workers sleep on it. */
  generation: 0,
  /** 1 while the job may be joined. */
  open: 16,
  /** Workers that look at the slot now. It is not rewritten unless this is 0. */
  active: 32,
  /** The first chunk that nobody took. */
  next: 48,
  /** Chunks that are done; the launching thread sleeps on it. */
  done: 64,
  /** Threads allowed to take part; workers with a higher index sleep on it; −1 ends them. */
  limit: 80,
  /** 0, or 1 after a chunk failed. */
  failed: 96,
  /** Bytes of the failure's message. */
  messageLength: 97,

  kernel: 112,
  chunks: 113,
  grain: 114,
  items: 115,
  /** How many numbers the kernel takes before `begin`. */
  count: 116,
  /** Scratch of thread i is at base + i · stride; there is none when the stride is 0. */
  scratchBase: 117,
  scratchStride: 118,
} as const;

export const controlLength = 128;
/** Byte offsets. */
export const argsOffset = 1024;
export const messageOffset = 4096;

export const mostArgs = 64;
export const mostMessage = 1024;
