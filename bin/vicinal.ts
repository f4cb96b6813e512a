#!/usr/bin/env node
// The command `vicinal`.

import { VicinalError } from '../tensor/errors.ts';
import { profileCommand, profileUsage } from './profile.ts';

const usage = `Usage: vicinal <command> [options]

Commands:
  profile    time the kernels of neighborhood attention on a problem

${profileUsage}`;

/** Errors of what was asked for are one line; any other is a fault of ours and keeps its stack. */
function isUsersError(error: unknown): error is Error {
  return error instanceof VicinalError || String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');
}

async function main([command, ...args]: readonly string[]): Promise<number> {
  if (command === undefined || command === 'help' || command === '--help' || command === '-h') {
    process.stdout.write(usage);
    return command === undefined ? 2 : 0;
  }
  if (command !== 'profile') {
    process.stderr.write(`vicinal: there is no command '${command}'; use profile\n`);
    return 2;
  }
  try {
    await profileCommand(args, (text) => process.stdout.write(`${text}\n`));
    return 0;
  } catch (error) {
    if (!isUsersError(error)) throw error;
    // Errors of the library begin with what refused.
    const text = error instanceof VicinalError ? error.message : `profile: ${error.message}`;
    process.stderr.write(`vicinal ${text}\n`);
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
