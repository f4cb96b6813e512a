// What documented code says of its values: `expression; // value` and `expression; // SomeError: message`.

import { expect } from 'vitest';
import { Tensor } from '../index.ts';

/** A value as its comment writes it: tensors as nested arrays with four digits. */
async function shown(value: unknown): Promise<unknown> {
  if (value instanceof Tensor) return shown(await value.array());
  if (Array.isArray(value)) return Promise.all(value.map(shown));
  if (ArrayBuffer.isView(value)) return shown(Array.from(value as unknown as ArrayLike<number>));
  return typeof value === 'number' ? Number(value.toFixed(4)) : value;
}

const values = /^(?:\[(?:[-\d.,\s[\]einf]|true|false)*\]|-?\d[\d.e-]*|'[^']*'|true|false|null)$/;
const errors = /^\w+Error: /;

/** The code with its comments as checks: of a JavaScript literal for the value, of an error's name and message. */
export function withChecks(code: string): string {
  return code.replace(
    /^(?!\s*(?:const|let|using|import|export|return|for|if|\/\/|[}\])])\b)(\s*)(\S[^\n]*?);\s*\/\/ (.+)$/gm,
    (line, indent: string, expression: string, comment: string) => {
      const said = comment.trim();
      if (values.test(said)) return `${indent}await checkValue(${expression}, ${said});`;
      return errors.test(said) ? `${indent}await checkError(() => ${expression}, ${JSON.stringify(said)});` : line;
    },
  );
}

export async function checkValue(value: unknown, expected: unknown): Promise<void> {
  expect(await shown(await value)).toEqual(expected);
}

export async function checkError(body: () => unknown, expected: string): Promise<void> {
  const error: unknown = await Promise.resolve()
    .then(body)
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect(String(error)).toBe(expected);
}
