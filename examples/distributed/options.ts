import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** The flags of the command line, checked. */
export function readOptions(args: string[]) {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: { epochs: text, batch: text, lr: text, limit: text, checkpoint: text, resume: { type: 'boolean' } },
  });
  const number = (name: 'epochs' | 'batch' | 'lr' | 'limit', otherwise: number): number => {
    const value = Number(values[name] ?? otherwise);
    const isFit = name === 'lr' ? value > 0 : Number.isInteger(value) && value > 0;
    if (!isFit)
      throw new Error(
        `--${name} is '${values[name]}'; it must be ${name === 'lr' ? 'a number' : 'an integer'} above 0`,
      );
    return value;
  };
  return {
    epochs: number('epochs', 3),
    /** Of all ranks together. */
    batch: number('batch', 64),
    lr: number('lr', 3e-3),
    limit: number('limit', 60_000),
    /** Written by rank 0, read by all. */
    checkpoint: values.checkpoint ?? join(import.meta.dirname, 'out', 'digits.safetensors'),
    isResumed: values.resume ?? false,
  };
}
