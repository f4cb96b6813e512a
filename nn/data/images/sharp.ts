import { ArgumentError } from '../../../index.ts';

/** The part of sharp that is used here. */
export interface Sharp {
  rotate(): Sharp;
  toColourspace(name: string): Sharp;
  removeAlpha(): Sharp;
  ensureAlpha(): Sharp;
  raw(options?: { depth: string }): Sharp;
  toFormat(format: string, options?: { quality?: number }): Sharp;
  toBuffer(options: { resolveWithObject: true }): Promise<{
    data: Uint8Array;
    info: { width: number; height: number; channels: number };
  }>;
}

type MakeSharp = (bytes: Uint8Array, options?: { raw: { width: number; height: number; channels: number } }) => Sharp;

/** The npm package, in Node; undefined in pages, which decode by themselves. @throws ArgumentError where it is not installed */
export async function loadSharp(op: string): Promise<MakeSharp | undefined> {
  if (!globalThis.process?.getBuiltinModule) return undefined;
  const name = 'sharp'; // one that bundlers do not follow: pages never come here
  try {
    const { default: sharp } = (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as {
      default: MakeSharp;
    };
    return sharp;
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    throw new ArgumentError(`the npm package 'sharp' could not be loaded (${reason}); run npm install sharp`, { op });
  }
}
