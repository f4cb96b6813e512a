#!/usr/bin/env node
// The command `vicinal`.

import { VicinalError } from '../tensor/errors.ts';
import { profileCommand, profileUsage } from './profile.ts';
import { selfTestCommand, selfTestUsage } from './selfTest.ts';

const usage = `Usage: vicinal <command> [options]

Commands:
  profile    time the kernels of neighborhood attention on a problem
  self-test  compare every op of a device with its reference form

${profileUsage}
${selfTestUsage}`;

/** Each gives the process's exit code. */
const commands: Readonly<Record<string, (argv: readonly string[], print: (text: string) => void) => Promise<number>>> =
  {
    profile: async (argv, print) => {
      await profileCommand(argv, print);
      return 0;
    },
    'self-test': selfTestCommand,
  };

/** Errors of what was asked for are one line; any other is a fault of ours and keeps its stack. */
function isUsersError(error: unknown): error is Error {
  return error instanceof VicinalError || String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(usage);
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    process.stderr.write(`vicinal: there is no command '${name}'; use ${Object.keys(commands).join(' or ')}\n`);
    return 2;
  }
  try {
    return await command(args, (text) => process.stdout.write(`${text}\n`));
  } catch (error) {
    if (!isUsersError(error)) throw error;
    // Errors of the library begin with what refused.
    const text = error instanceof VicinalError ? error.message : `${name}: ${error.message}`;
    process.stderr.write(`vicinal ${text}\n`);
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
