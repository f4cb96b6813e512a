import { ArgumentError } from './errors.ts';

/**
 * The options given, each of them known: a misspelled one would otherwise be left at its default in silence.
 *
 * @param options - undefined for none
 * @param required - those of `known` that have no default
 */
export function checkOptions<O extends object>(
  op: string,
  options: O = {} as O,
  known: readonly (keyof O & string)[],
  required: readonly (keyof O & string)[] = [],
): O {
  if (!isOptions(options, known)) throw noOptions(op, options, known);
  for (const key in options) if (!known.includes(key)) throw unknownOption(op, key, known);
  for (const key of required) {
    if (options[key] === undefined) throw new ArgumentError(`needs the option '${key}'`, { op, option: key });
  }
  return options;
}

/** A plain object or an instance with an option among its fields: any other (a Generator) was meant as something else. */
function isOptions(value: unknown, known: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return kindOf(value) === 'Object' || known.some((key) => Object.hasOwn(value, key));
}

function noOptions(op: string, value: unknown, known: readonly string[]): ArgumentError {
  const wanted = `an object { ${known.join(', ')} }`;
  return new ArgumentError(`options must be ${wanted}, got ${kindOf(value)}`, { op, options: value });
}

/** What an argument of the wrong kind is called: an object by its class, all else as it prints. */
export function kindOf(value: unknown): string {
  return Object(value) === value ? ((value as object).constructor?.name ?? 'Object') : String(value);
}

function unknownOption(op: string, key: string, known: readonly string[]): ArgumentError {
  const letters = (name: string): string => name.replaceAll(/[_-]/g, '').toLowerCase();
  const meant = known.find((name) => letters(name) === letters(key));
  const got = `has no option '${key}'${meant === undefined ? '' : `, but '${meant}'`}`;
  return new ArgumentError(`${got}; use ${known.join(', ')}`, { op, option: key });
}
