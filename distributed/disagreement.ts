import type { DistributedError } from './error.ts';

/** Milliseconds that the others give rank 0 to say it first, and with it the job its end. */
export const headStart = 1000;

/** Throws what every rank has found out alike, so that one of them says it: rank 0. */
export async function disagree(rank: number, error: DistributedError): Promise<never> {
  if (rank > 0) await new Promise((resolve) => setTimeout(resolve, headStart));
  throw error;
}
