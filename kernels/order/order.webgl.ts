// Lines along the middle axis of x [outer, n, inner]: running sums, and elements in order.

import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { CumsumAttrs } from './cumsum.ts';
import type { SortAttrs, TopkAttrs } from './sort.ts';
import { normalizeAxis, sizeOf } from '../../tensor/shape.ts';
import { temporaryTensor } from '../runtime/temporary.ts';
import { launch } from '../runtime/webgl/launch.ts';

/** Sums that a pass of `cumsum` adds. */
const radix = 16;

/** Sums of 16 neighbours, then of 16 such sums, and so on until they reach the start of the line. */
export const cumsumWebgl: Kernel<['x'], CumsumAttrs> = ({ x }, { axis, reverse }, [y]) => {
  if (x.size === 0) return;
  const at = normalizeAxis('cumsum', axis, x.shape);
  const [n, inner] = [x.shape[at]!, sizeOf(x.shape.slice(at + 1))];
  const code = (): string => `float element(int i) {
  int k = i / ${inner} % ${n};
  int reach = int(params.reach);
  int before = ${reverse ? `${n - 1} - k` : 'k'};
  float s = 0.0;
  for (int j = min(${radix - 1}, before / reach); j >= 0; j--) s += x(i ${reverse ? '+' : '-'} j * reach * ${inner});
  return s;
}`;
  let from = x;
  for (let reach = 1; reach === 1 || reach < n; reach *= radix) {
    launch({ key: `cumsum ${n} ${inner} ${reverse}`, inputs: { x: from }, numbers: { reach }, code }, y!);
    from = y!;
  }
};

/** Lines of which the first `take` elements in order are wanted. */
interface Lines {
  readonly n: number;
  readonly inner: number;
  readonly take: number;
  readonly descending: boolean;
}

function sorted(x: Tensor, axis: number, descending: boolean, [values, places]: readonly Tensor[]): void {
  if (values!.size === 0) return;
  const at = normalizeAxis('sort', axis, x.shape);
  const [n, take, inner] = [x.shape[at]!, values!.shape[at]!, sizeOf(x.shape.slice(at + 1))];
  const order = mergeSort(x, { n, inner, take, descending });
  try {
    const placeAt = (): string => `float element(int i) {
  int line = i / ${take * inner} * ${inner} + i % ${inner};
  return order(line * ${take} + i / ${inner} % ${take});
}`;
    launch({ key: `sort indices ${take} ${inner}`, inputs: { order }, code: placeAt }, places!);
  } finally {
    order.dispose();
  }
  const valueAt = (): string => `float element(int i) {
  return x((i / ${take * inner} * ${n} + int(places(i))) * ${inner} + i % ${inner});
}`;
  launch({ key: `sort values ${n} ${take} ${inner}`, inputs: { x, places: places! }, code: valueAt }, values!);
}

/**
 * The places of each line's elements in order, [lines, take]. Runs of places, at first of one, are merged two by two until one is left;
 * of each no more than `take` are kept. An element of a longer run finds by halving how many of those before it are of the first of the
 * two. Equals stay in their order; NaN is above all.
 */
function mergeSort(x: Tensor, lines: Lines): Tensor {
  const { n, inner, take, descending } = lines;
  let order: Tensor | null = null;
  // A line has `given` places, in runs of `run`, the last of which may be shorter.
  let [given, run] = [n, 1];
  for (;;) {
    const merged = Math.min(2 * run, take);
    const pairs = Math.floor(given / (2 * run));
    const rest = given - pairs * 2 * run;
    const kept = pairs * merged + Math.min(rest, merged);
    const next = temporaryTensor(x, 'int32', [x.size / n, kept]);
    const inputs: Record<string, Tensor> = order ? { x, order } : { x };
    const key = `sort merge ${n} ${inner} ${descending} ${order ? '' : 'first'}`;
    const code = mergeText(lines, order !== null);
    launch({ key, inputs, numbers: { given, run, merged, kept }, code: () => code }, next);
    order?.dispose();
    if (pairs + Math.sign(rest) === 1) return next;
    [order, given, run] = [next, kept, merged];
  }
}

const mergeText = ({ n, inner, descending }: Lines, hasOrder: boolean): string => `
int line;
int placeAt(int at) { return ${hasOrder ? 'int(order(line * int(params.given) + at))' : 'at'}; }
float valueAt(int at) { return x((line / ${inner} * ${n} + placeAt(at)) * ${inner} + line % ${inner}); }
bool isLess(float a, float b) { return isnan(b) ? !isnan(a) : a < b; }
bool isBefore(float a, float b) { return ${descending ? 'isLess(b, a)' : 'isLess(a, b)'}; }
float element(int i) {
  int run = int(params.run);
  line = i / int(params.kept);
  int place = i % int(params.kept);
  int first = place / int(params.merged) * 2 * run;
  place %= int(params.merged);
  int second = first + run;
  int ofFirst = min(run, int(params.given) - first);
  int ofSecond = clamp(int(params.given) - second, 0, run);
  int low = max(0, place - ofSecond);
  int high = min(place, ofFirst);
  while (low < high) {
    int middle = (low + high) / 2;
    if (isBefore(valueAt(second + place - middle - 1), valueAt(first + middle))) high = middle;
    else low = middle + 1;
  }
  int other = place - low;
  bool isOther = low >= ofFirst || (other < ofSecond && isBefore(valueAt(second + other), valueAt(first + low)));
  return float(placeAt(isOther ? second + other : first + low));
}`;

export const sortWebgl: Kernel<['x'], SortAttrs> = ({ x }, { axis, descending }, outputs) =>
  sorted(x, axis, descending, outputs);

export const topkWebgl: Kernel<['x'], TopkAttrs> = ({ x }, { axis, largest }, outputs) =>
  sorted(x, axis, largest, outputs);
