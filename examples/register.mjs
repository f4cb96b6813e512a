// node --import ./examples/register.mjs examples/NAME/train.ts: TypeScript in this very process, on the built package.
// The command `tsx` would start another and kill it when it does not answer Ctrl-C within 60 ms, as in a training step.

import { join } from 'node:path';

process.env.TSX_TSCONFIG_PATH ??= join(import.meta.dirname, 'tsconfig.json');
await import('tsx');
