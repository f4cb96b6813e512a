// Kernels that are loaded with their device: a page that never asks for it never downloads them.

import type { DeviceName } from '../tensor/runtime.ts';
import type { AnyKernel, AnyOpDefinition, Kernel, Op } from './types.ts';

/** One line of a device's table. */
export interface OpKernel {
  readonly definition: AnyOpDefinition;
  readonly kernel: AnyKernel;
}

/** What computes `op` on the device whose table this is a line of. */
export function kernelOf<I extends readonly string[], A extends object, O extends readonly string[]>(
  op: Op<I, A, O>,
  kernel: Kernel<I, A>,
): OpKernel {
  return { definition: op.definition, kernel: kernel as AnyKernel };
}

/**
 * Gives the ops of a table their kernels for a device, and those that share their declaration's `kernels` with them.
 *
 * @throws Error when an op has one already
 */
export function supplyKernels(device: DeviceName, table: readonly OpKernel[]): void {
  for (const { definition, kernel } of table) {
    const { name, kernels } = definition;
    if (kernels[device]) throw new Error(`${name} has two kernels for '${device}'; one of the tables must go without`);
    kernels[device] = kernel;
  }
}
