import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes longest, the longest first: a GPU in software, and processes of examples. */
const slow = [
  'gpu/digits.test.ts',
  'training/examples.test.ts',
  'test/ops.test.ts',
  'kernels/conv.test.ts',
  'browser/playgroundDevices.test.ts',
  'gpu/matmul.test.ts',
  'kernels/order.test.ts',
  'mpi/training.test.ts',
  'browser/digits.test.ts',
  'test/digits.test.ts',
];

/**
 * Begins with the slow files, so that at the end no core waits for one. Where vitest has timed no file yet, as in a fresh clone, it
 * goes by their sizes, which say little.
 */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification): number => {
      const found = slow.findIndex((name) => moduleId.endsWith(name));
      return 100 * project.config.sequence.groupOrder + (found < 0 ? slow.length : found);
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}
