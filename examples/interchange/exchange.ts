import { noGrad, scope, tensor, type HostTensor, type TypedArray } from 'vicinal';
import * as nn from 'vicinal/nn';
import { loadDigits, type Digits } from '../digits/data.ts';
import type { Portable } from './model.ts';
import { runPython } from './python.ts';

/** The largest difference that float32 accounts for: logits are of order 10, sums of some hundred products. */
const tolerance = 1e-4;

/** What is compared of an exchange. */
export interface Exchange {
  /** Logits of test digits, computed here and by Python. */
  readonly ours: TypedArray;
  readonly theirs: TypedArray;
  readonly result: string;
}

/**
 * There and back: Python computes the logits of `weights.safetensors`, then fits a new head, and its weights are loaded here.
 *
 * @param file where a file of this name is to lie
 * @throws Error, one sentence, when logits differ, or Python cannot be run
 */
export async function exchange(model: Portable, file: (name: string) => string, python: string): Promise<Exchange> {
  const logitsOf = async ({ data, shape }: HostTensor): Promise<TypedArray> => {
    using logits = noGrad(() => scope(() => model.forward(tensor(data, { shape }))));
    return logits.data();
  };
  const inPython = async (command: 'logits' | 'refit', digits: object): Promise<Map<string, HostTensor>> => {
    await nn.saveSafetensors(file('digits.safetensors'), digits as Record<string, HostTensor>);
    await runPython(python, [command, ...['weights', 'digits', command].map((name) => file(`${name}.safetensors`))]);
    return (await nn.loadSafetensors(file(`${command}.safetensors`))).tensors;
  };
  const [test, others] = (await Promise.all([loadDigits('test', 200), loadDigits('train', 500)])).map(arraysOf);

  await nn.saveSafetensors(file('weights.safetensors'), model.stateDict());
  const [ours, theirs] = [await logitsOf(test!.image), (await inPython('logits', test!)).get('logits')!.data];

  const { logits: expected, ...weights } = Object.fromEntries(await inPython('refit', others!));
  model.loadStateDict(weights);
  const [there, back] = [
    largestDifference(ours, theirs),
    largestDifference(await logitsOf(others!.image), expected!.data),
  ];
  const differences = `logits differ from Python's by at most ${there.toExponential(1)}, back by ${back.toExponential(1)}`;
  if (!(there < tolerance && back < tolerance)) throw new Error(`${differences}; rounding explains ${tolerance}`);

  const [before, after] = [ours, await logitsOf(test!.image)].map((logits) => accuracyOf(logits, test!.label.data));
  return { ours, theirs, result: `${differences}; test accuracy ${before} %, with Python's head ${after} %` };
}

function largestDifference(a: TypedArray, b: TypedArray): number {
  return a.length === b.length ? Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!))) : NaN;
}

/** Of a hundred rows, those whose largest entry is at their label. */
function accuracyOf(logits: TypedArray, labels: TypedArray): string {
  const hits = labels.filter((label, i) => {
    const row = logits.subarray(10 * i, 10 * i + 10);
    return row.indexOf(Math.max(...row)) === label;
  });
  return ((100 * hits.length) / labels.length).toFixed(1);
}

/** All of a small dataset as two arrays. */
function arraysOf(digits: Digits): Record<'image' | 'label', HostTensor> {
  return nn.data.stack(Array.from({ length: digits.size }, (_, i) => digits.get(i)));
}
