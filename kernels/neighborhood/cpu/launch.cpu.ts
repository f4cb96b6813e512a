// What the fused operations have the attention's kernel do.

import type { Tensor } from '../../../tensor/tensor.ts';
import type { BackwardOperands, Operands, Weights } from '../packed.ts';
import type { Operand, Task } from './plan.ts';
import type { Chosen, Sight } from '../tiles.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { engine } from '../../runtime/cpu/instance.ts';
import { launch, pointer, temporary } from '../../runtime/cpu/launch.ts';
import { fromPlanOrder, inPlanOrder } from './biases.cpu.ts';
import * as field from './plan.as.ts';
import { scaleFor, withRows } from '../packed.ts';
import { planLaunch } from './plan.ts';

interface Seen {
  readonly sights: readonly [Sight, Sight, Sight];
  readonly chosen: Chosen;
}

/** Who sees whom, and how the work is to be cut. */
export interface Sighting {
  readonly kernelSizes: readonly [number, number, number];
  byQuery(): Seen;
  byKey(): Seen;
  readonly splits: readonly number[];
}

const log2e = Math.LOG2E;
/**
 * Memory that the partial sums of dQ, and of the biases' gradients, take at a time, if one of each fits; and that the
 * sums of all boxes may take.
 */
export const bounds = { splitBytes: 64 * 2 ** 20, biasBytes: 64 * 2 ** 20, partBytes: 64 * 2 ** 20 };
/** Items per head that sum the gradients of biases, so that threads have something to share. */
const biasSlices = 8;

export function launchForward(
  operands: Operands,
  sighting: Sighting,
  attrs: Weights,
  output: Tensor,
  logsumexp: Tensor,
): void {
  withRows(operands, ({ query, key, value, rpb, additionalKeys, additionalValues }) =>
    inPlanOrder(rpb, false, (bias) => {
      run({
        mode: field.forwardMode,
        ...common(query, key, value, attrs),
        ...sighting.byQuery(),
        heads: [query.shape.at(-2)!, key.shape.at(-2)!],
        owner: [rowsLast(query)],
        box: [rowsLast(key), rowsLast(value)],
        results: [rowsLast(output)],
        factors: [scaleFor(query, attrs) * log2e, 1, 1],
        logsumexp: pointer(logsumexp),
        ...(bias ? { bias: { address: bias, kernelSizes: sighting.kernelSizes } } : {}),
        ...additionalOf(additionalKeys, additionalValues),
      });
    }),
  );
}

export function launchBackwardQuery(
  operands: BackwardOperands,
  sighting: Sighting,
  attrs: Weights,
  gradQuery: Tensor,
  gradRpb: Tensor | undefined,
): void {
  withRows(operands, (packed) =>
    inPlanOrder(packed.rpb, false, (bias) =>
      inSplits(byQueryTask(packed, sighting, attrs, gradQuery, bias), sighting.splits, gradQuery, gradRpb),
    ),
  );
}

/** All gradients at once, where memory allows the sums that the boxes need, else by query and by key. */
export function launchBackward(
  operands: BackwardOperands,
  sighting: Sighting,
  attrs: Weights,
  [gradQuery, gradKey, gradValue, gradRpb]: readonly Tensor[],
): void {
  withRows(operands, (packed) =>
    inPlanOrder(packed.rpb, false, (bias) => {
      const task: Task = {
        ...byQueryTask(packed, sighting, attrs, gradQuery!, bias),
        mode: field.backwardMode,
        boxResults: [pointer(gradKey!), pointer(gradValue!)],
      };
      if (planLaunch(task).parts <= bounds.partBytes) return inSplits(task, [1, 1, 1], gradQuery!, gradRpb);
      launchBackwardQuery(packed, sighting, attrs, gradQuery!, gradRpb);
      launchBackwardKey(packed, sighting, attrs, gradKey!, gradValue!);
    }),
  );
}

function byQueryTask(
  operands: BackwardOperands,
  sighting: Sighting,
  attrs: Weights,
  gradQuery: Tensor,
  bias: number | undefined,
): Task {
  const { query, key, value, gradOutput, logsumexp, delta, additionalKeys, additionalValues } = operands;
  return {
    mode: field.backwardQueryMode,
    ...common(query, key, value, attrs),
    ...sighting.byQuery(),
    heads: [query.shape.at(-2)!, key.shape.at(-2)!],
    owner: [rowsLast(query), rowsLast(gradOutput)],
    box: [rowsLast(key), rowsLast(value)],
    results: [rowsLast(gradQuery)],
    factors: [scaleFor(query, attrs) * log2e, 1, scaleFor(query, attrs)],
    logsumexp: pointer(logsumexp),
    delta: pointer(delta),
    ...(bias ? { bias: { address: bias, kernelSizes: sighting.kernelSizes } } : {}),
    ...additionalOf(additionalKeys, additionalValues),
  };
}

export function launchBackwardKey(
  operands: BackwardOperands,
  sighting: Sighting,
  attrs: Weights,
  gradKey: Tensor,
  gradValue: Tensor,
): void {
  withRows(operands, (packed) =>
    inPlanOrder(packed.rpb, true, (bias) => {
      const { query, key, value, gradOutput, logsumexp, delta } = packed;
      run({
        mode: field.backwardKeyMode,
        ...common(query, key, value, attrs),
        ...sighting.byKey(),
        heads: [key.shape.at(-2)!, query.shape.at(-2)!],
        owner: [rowsLast(key), rowsLast(value)],
        box: [rowsLast(query), rowsLast(gradOutput)],
        results: [rowsLast(gradKey), rowsLast(gradValue)],
        // The packed queries carry scale · log₂ e, so that of their sum ln 2 is to be taken.
        factors: [1, scaleFor(query, attrs) * log2e, Math.LN2],
        logsumexp: pointer(logsumexp),
        delta: pointer(delta),
        ...(bias ? { bias: { address: bias, kernelSizes: sighting.kernelSizes } } : {}),
      });
    }),
  );
}

/** Runs the task in as many splits as there are, as many of them at a time as memory allows, and adds them in their order. */
function inSplits(task: Task, perAxis: readonly number[], gradQuery: Tensor, gradRpb: Tensor | undefined): void {
  const total = sizeOf(perAxis);
  const bytes = 4 * gradQuery.size;
  const biasBytes = gradRpb ? 4 * gradRpb.size : 0;
  const fitting = Math.min(bounds.splitBytes / bytes, biasBytes > 0 ? bounds.biasBytes / biasBytes : Infinity);
  const atOnce = Math.min(total, Math.max(1, Math.floor(fitting)));
  const slices = gradRpb ? Math.max(1, Math.min(biasSlices, Math.floor(bounds.biasBytes / (biasBytes * atOnce)))) : 0;
  const parts = total === 1 ? 0 : atOnce;
  temporary(parts * bytes, (partial) =>
    temporary(gradRpb ? 4 * gradRpb.size * (atOnce * slices + 1) : 0, (biasParts) => {
      for (let first = 0; first < total; first += atOnce) {
        const count = Math.min(atOnce, total - first);
        const result = { ...task.results[0]!, ...(parts > 0 ? { address: partial } : {}) };
        const done = run({
          ...task,
          results: [result],
          splits: { perAxis, first, count, bytes },
          ...(gradRpb ? { bias: { ...task.bias!, grads: biasParts, slices } } : {}),
        });
        if (parts > 0) addParts(partial, pointer(gradQuery), count, gradQuery.size, first > 0);
        if (!gradRpb) continue;
        const sums = biasParts + 4 * gradRpb.size * atOnce * slices;
        addParts(biasParts, sums, done.slices * count, gradRpb.size, first > 0);
        if (first + count === total) fromPlanOrder(sums, gradRpb);
      }
    }),
  );
}

function addParts(parts: number, target: number, count: number, size: number, isMore: boolean): void {
  launch('addParts', [parts, target, count, size, isMore ? 1 : 0], Math.ceil(size / 4), { work: count });
}

/** Launches the kernel; in how many slices each head's work was done. */
export function run(task: Task): { slices: number } {
  const { numbers, items, work, scratch, parts } = planLaunch(task);
  const { boxResults, sights, batch, heads, dims } = task;
  temporary(numbers.byteLength, (plan) =>
    temporary(parts, (address) => {
      numbers[field.parts] = address;
      new Int32Array(engine().memory.buffer, plan, numbers.length).set(numbers);
      launch('attendNeighbors', [plan], items, { work, scratch });
      if (!boxResults) return;
      const [slabs, lines, columns] = sights.map(({ boxLength }) => boxLength) as [number, number, number];
      const rowWork = columns * (heads[0] / heads[1]) * (dims[0] + dims[1]) * 0.5;
      launch('mergeBoxes', [plan, ...boxResults], batch * slabs * lines * heads[1], { work: rowWork });
    }),
  );
  return { slices: numbers[field.slices]! };
}

function common(query: Tensor, key: Tensor, value: Tensor, { dropout, seed, firstKey = 0 }: Weights) {
  const dims = [query.shape.at(-1)!, value.shape.at(-1)!] as const;
  return { batch: key.shape[0]!, dims, ...(dropout > 0 ? { dropout: { p: dropout, seed, firstKey } } : {}) };
}

function additionalOf(keys: Tensor | undefined, values: Tensor | undefined): Pick<Task, 'additional'> | undefined {
  return keys && values && { additional: { count: keys.shape[1]!, operands: [rowsLast(keys), rowsLast(values)] } };
}

/** [B, *X, N, D]. */
function rowsLast(x: Tensor): Operand {
  const [batch, ...rest] = x.strides.slice(0, -1) as [number, ...number[]];
  const tokens = [0, 0, ...rest.slice(0, -1)].slice(-3) as [number, number, number];
  return { address: pointer(x), strides: [batch, ...tokens, rest.at(-1)!] };
}
