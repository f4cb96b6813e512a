// The command line of the examples' training programs, and when they stop early.

import { describe, expect, test } from 'vitest';
import { readOptions, usage } from '../../examples/training/flags.ts';
import { EarlyStopping, real, whole } from '../../examples/training/index.ts';

const program = {
  about: 'Fits a line.',
  command: 'npm run line --',
  folder: import.meta.dirname,
  flags: { epochs: whole(4, 'passes', { max: 100 }), lr: real(0.1, 'rate', { min: 1e-8, max: 1 }) },
};

describe('flags', () => {
  test.each([
    ['--epochs 0', "--epochs is '0'; it must be an integer from 1 to 100"],
    ['--epochs 101', "--epochs is '101'; it must be an integer from 1 to 100"],
    ['--epochs 1.5', "--epochs is '1.5'; it must be an integer from 1 to 100"],
    ['--epochs=', "--epochs is ''; it must be an integer from 1 to 100"],
    ['--lr NaN', "--lr is 'NaN'; it must be a number from 1e-8 to 1"],
    ['--lr 1e300', "--lr is '1e300'; it must be a number from 1e-8 to 1"],
    ['--seed=-1', "--seed is '-1'; it must be an integer >= 0"],
    ['--threads 65', "--threads is '65'; it must be an integer from 1 to 64"],
    ['--epoch 1', "Unknown option '--epoch'; --help lists the flags"],
    ['some', "Unexpected argument 'some'; --help lists the flags"],
  ])('%s', (flags, message) => expect(() => readOptions(program, flags.split(' '))).toThrow(message));

  test('are listed with their presets', () => {
    expect(usage(program)).toMatch(
      /^Fits a line\.\n\n {2}npm run line -- \[flags\]\n\n {2}--epochs N +passes \(4\)\n {2}--lr X +rate \(0\.1\)$/m,
    );
  });
});

test('early stopping counts validations without a new best one', () => {
  const stopping = new EarlyStopping({ patience: 2, mode: 'max' });
  expect([0.5, 0.6, 0.6, 0.7, 0.1].map((value) => stopping.update(value))).toEqual([true, true, false, true, false]);
  expect([stopping.isOver, stopping.best]).toEqual([false, 0.7]);
  const resumed = new EarlyStopping({ patience: 2, mode: 'max' });
  resumed.loadStateDict(stopping.stateDict());
  expect(resumed.update(0.2)).toBe(false);
  expect(resumed.isOver).toBe(true);
});
