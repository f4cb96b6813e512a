import { readOptions, usage, type Flags, type Options, type Program } from './flags.ts';

/** Runs a program with the command line's flags: `--help` prints them, and an error is one sentence and the exit code 1. */
export async function command<F extends Flags, T extends string>(
  program: Program<F, T>,
  main: (options: Options<F, T>) => Promise<void>,
): Promise<void> {
  try {
    const options = readOptions(program, process.argv.slice(2));
    if (options === 'help') console.log(usage(program));
    else await main(options);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
