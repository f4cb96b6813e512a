import type { Dtype, Shape } from '../index.ts';
import { ArgumentError, tensor, Tensor } from '../index.ts';
import { checkOptions, kindOf } from '../tensor/options.ts';
import { checkNonNegative } from '../tensor/range.ts';
import { formatShape, sameShape } from '../tensor/shape.ts';
import { beyondTolerance, indexAt, tolerancesOf, worstOf, type Tolerances } from './closeness.ts';

/** What a tensor is compared with: another one, of any device, or its values as `tensor` takes them. */
export type Expected = Tensor | number | boolean | readonly unknown[];

export interface CloseOptions {
  /** Allowed besides `atol`, relative to |expected|. Default: PyTorch's for the coarser dtype, float32 1.3e-6. */
  rtol?: number;
  /** Default: PyTorch's for the coarser dtype, float32 1e-5. */
  atol?: number;
  /** NaN is close to NaN. Default false. */
  equalNan?: boolean;
}

/** What {@link tensorMatchers} add to `expect(tensor)`. Those that read elements are awaited. */
export interface TensorMatchers {
  toHaveShape(shape: Shape): void;
  toHaveDtype(dtype: Dtype): void;
  /** Shape, dtype and every element, by `Object.is`: NaN equals NaN, −0 is not 0. Numbers are taken in the tensor's dtype. */
  toEqualTensor(expected: Expected): Promise<void>;
  /** |received − expected| ≤ atol + rtol · |expected| for every element, in shapes that are equal; dtypes may differ. */
  toBeCloseToTensor(expected: Expected, options?: CloseOptions): Promise<void>;
  /** No element is NaN or infinite. */
  toBeFiniteTensor(): Promise<void>;
}

/** What a matcher tells the test runner. */
export interface MatcherResult {
  pass: boolean;
  message: () => string;
}

/**
 * Matchers for `expect.extend` of vitest and jest. A failure says how many elements differ and shows the worst place with
 * both values. TypeScript learns of them by three lines:
 *
 *     declare module 'vitest' {
 *       interface Matchers extends TensorMatchers {}
 *     }
 *
 * @throws ArgumentError for what is no tensor and for negative tolerances
 * @example
 * expect.extend(tensorMatchers);
 * expect(zeros([2, 3])).toHaveShape([2, 3]);
 * await expect(tensor([0.1, 0.2]).mul(3)).toBeCloseToTensor([0.3, 0.6]);
 */
export const tensorMatchers = {
  toHaveShape(received: unknown, shape: Shape): MatcherResult {
    const x = tensorOf('toHaveShape', received);
    return verdict(sameShape(x.shape, shape), 'toHaveShape', x, `shape ${formatShape(shape)}`);
  },

  toHaveDtype(received: unknown, dtype: Dtype): MatcherResult {
    const x = tensorOf('toHaveDtype', received);
    return verdict(x.dtype === dtype, 'toHaveDtype', x, `dtype ${dtype}`);
  },

  async toEqualTensor(received: unknown, expected: Expected): Promise<MatcherResult> {
    const name = 'toEqualTensor';
    const x = tensorOf(name, received);
    const dtype = expected instanceof Tensor ? expected.dtype : x.dtype;
    if (dtype !== x.dtype) return verdict(false, name, x, String(expected));
    return compare(name, x, expected, 'equal', (got, want) => (Object.is(got, want) ? 0 : distanceOf(got, want)));
  },

  async toBeCloseToTensor(received: unknown, expected: Expected, options: CloseOptions = {}): Promise<MatcherResult> {
    const name = 'toBeCloseToTensor';
    const x = tensorOf(name, received);
    const given = checkOptions(name, options, ['rtol', 'atol', 'equalNan']);
    const dtype = expected instanceof Tensor ? expected.dtype : x.dtype;
    const allowed: Tolerances = { ...tolerancesOf(x.dtype, dtype), equalNan: false, ...given };
    checkNonNegative(name, { rtol: allowed.rtol, atol: allowed.atol });
    const bound = `within ${allowed.atol} + ${allowed.rtol} · |expected|`;
    return compare(name, x, expected, bound, (got, want) => beyondTolerance(got, want, allowed));
  },

  async toBeFiniteTensor(received: unknown): Promise<MatcherResult> {
    const x = tensorOf('toBeFiniteTensor', received);
    const data = await x.data();
    const worst = worstOf(data, data, (value) => (Number.isFinite(value) ? 0 : 1));
    const found = worst && `${countOf(worst.count, x.size)} not; the first is ${placeOf(x, worst.place, data)}`;
    return verdict(!worst, 'toBeFiniteTensor', x, 'finite elements only', found ?? '');
  },
};

function tensorOf(op: string, received: unknown): Tensor {
  if (!(received instanceof Tensor))
    throw new ArgumentError(`received must be a tensor, got ${kindOf(received)}`, { op, received });
  received.assertLive(op);
  return received;
}

async function compare(
  name: string,
  x: Tensor,
  expected: Expected,
  bound: string,
  beyond: (got: number, want: number) => number,
): Promise<MatcherResult> {
  const values = x.data(); // asked for before anything is awaited: the tensors may be freed by then
  using made = expected instanceof Tensor ? null : tensor(expected, { dtype: x.dtype, device: x.device });
  const wanted = made ?? (expected as Tensor);
  wanted.assertLive(name);
  if (!sameShape(x.shape, wanted.shape)) return verdict(false, name, x, `shape ${formatShape(wanted.shape)}`);
  const described = made ? bound : `${bound} to ${String(wanted)}`;
  const [got, want] = await Promise.all([values, wanted.data()]);
  const worst = worstOf(got, want, beyond);
  if (!worst) return verdict(true, name, x, described);
  const { count, place } = worst;
  const [a, b] = [got[place]!, want[place]!];
  const found = `${countOf(count, want.length)} not; worst is ${placeOf(x, place, got)} instead of ${b}`;
  return verdict(false, name, x, described, `${found}, ${Math.abs(a - b)} apart`);
}

/** Above 0, so that of two different elements the further apart is the worse: −0 and 0 are, a little. */
function distanceOf(a: number, b: number): number {
  const distance = Math.abs(a - b);
  return Number.isNaN(distance) ? Infinity : Math.max(distance, Number.MIN_VALUE);
}

function countOf(count: number, all: number): string {
  return `${count} of ${all} ${all === 1 ? 'element' : 'elements'} ${count === 1 ? 'is' : 'are'}`;
}

function placeOf({ shape }: Tensor, place: number, data: ArrayLike<number>): string {
  return `${Object.is(data[place], -0) ? '-0' : data[place]} at ${formatShape(indexAt(place, shape))}`;
}

function verdict(pass: boolean, name: string, x: Tensor, wanted: string, found = ''): MatcherResult {
  const lines = [`${name}: expected ${pass ? 'not ' : ''}${wanted}`, `received ${String(x)}`, found];
  return { pass, message: () => lines.filter((line) => line !== '').join('\n') };
}
