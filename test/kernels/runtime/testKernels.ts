import { compileKernels, readSources } from '../../../scripts/build-kernels.mjs';

/** The bytes of AssemblyScript that only a test needs, compiled as the package's kernels are. */
export function compileTestKernels(source: string): Promise<Uint8Array<ArrayBuffer>> {
  const path = 'test/kernels/runtime/test.as.ts';
  return compileKernels(readSources().set(path, source), [path]);
}
