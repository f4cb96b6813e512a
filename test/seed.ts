// Properties draw the same cases in every run, so that a change is what makes a test fail. `FAST_CHECK_SEED=7` draws others.

import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['FAST_CHECK_SEED'] ?? 1) });
