// Properties draw the same cases in every run, so that a change is what makes a test fail. `FAST_CHECK_SEED=7` draws others.

import fc from 'fast-check';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of properties. A page has no environment to read it from. */
    seed: number;
  }
}

fc.configureGlobal({ seed: inject('seed') });
