// `expect(tensor)` by the kit that users have, for the tests that import this.

import { expect } from 'vitest';
import { tensorMatchers, type TensorMatchers } from '../testing/matchers.ts';

declare module 'vitest' {
  interface Matchers extends TensorMatchers {}
}

expect.extend(tensorMatchers);
