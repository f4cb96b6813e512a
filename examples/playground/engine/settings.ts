/** What a network and its training begin with. */
export interface Settings {
  /** Digits per step. */
  readonly batch: number;
  /** Learning rate. */
  readonly rate: number;
  readonly kernelSize: number;
  /** Channels of the first level; the second has twice as many. */
  readonly dim: number;
  readonly seed: number;
  /** Test digits of each test. */
  readonly tests: number;
}

export type Field = keyof Settings;

interface Rule {
  readonly label: string;
  readonly hint: string;
  readonly initial: number;
  readonly isLegal: (value: number) => boolean;
  /** What would be right, as the sentence about a wrong value goes on. */
  readonly wanted: string;
}

const isWhole = (least: number, most: number) => (value: number) =>
  Number.isInteger(value) && value >= least && value <= most;

export const rules: Readonly<Record<Field, Rule>> = {
  batch: {
    label: 'Batch',
    hint: 'digits per step',
    initial: 32,
    isLegal: isWhole(1, 256),
    wanted: 'it must be a whole number from 1 to 256',
  },
  rate: {
    label: 'Learning rate',
    hint: 'takes effect at once',
    initial: 0.002,
    isLegal: (value) => value > 0 && value <= 1,
    wanted: 'it must be above 0 and at most 1',
  },
  kernelSize: {
    label: 'Kernel size',
    hint: 'of 14 × 14, then 7 × 7 tokens',
    initial: 5,
    isLegal: isWhole(1, 7),
    wanted: 'it must be a whole number from 1 to 7, as the second level has 7 × 7 tokens',
  },
  dim: {
    label: 'Channels',
    hint: '16 for each head',
    initial: 32,
    isLegal: (value) => isWhole(16, 128)(value) && value % 16 === 0,
    wanted: 'it must be a multiple of 16 from 16 to 128, as each head takes 16',
  },
  seed: {
    label: 'Seed',
    hint: 'of weights, order and shifts',
    initial: 1,
    isLegal: isWhole(0, 2 ** 32 - 1),
    wanted: 'it must be a whole number from 0 to 4,294,967,295',
  },
  tests: {
    label: 'Test digits',
    hint: 'every 25 steps',
    initial: 200,
    isLegal: isWhole(1, 1000),
    wanted: 'it must be a whole number from 1 to 1,000',
  },
};

export const fields = Object.keys(rules) as Field[];

export const initialSettings = Object.fromEntries(
  fields.map((field) => [field, rules[field].initial]),
) as unknown as Settings;

/** The settings that were typed, or a sentence for each that is none. */
export function readSettings(
  typed: Readonly<Record<Field, string>>,
): { settings: Settings } | { faults: Partial<Record<Field, string>> } {
  const faults: Partial<Record<Field, string>> = {};
  const values = {} as Record<Field, number>;
  for (const field of fields) {
    const { label, isLegal, wanted } = rules[field];
    const text = typed[field].trim();
    values[field] = Number(text);
    if (text === '') faults[field] = `${label} is empty; ${wanted}.`;
    else if (!isLegal(values[field])) faults[field] = `${label} is ${text}; ${wanted}.`;
  }
  return Object.keys(faults).length > 0 ? { faults } : { settings: values };
}
