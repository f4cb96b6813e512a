import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Plan } from './plan.ts';
import type { NaAttrs, NaInputs, NaBackwardInputs } from './fused.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { engine } from '../runtime/cpu/instance.ts';
import { launch, pointer, temporary } from '../runtime/cpu/launch.ts';
import { planLaunch } from './plan.ts';
import { resolveProblem } from './problem.ts';

/** query, key and value may be views: three slices of one qkv tensor need no copies. */
export const forwardCpu: Kernel<NaInputs, NaAttrs> = acceptsStrides(
  ({ query, key, value }, attrs, [output, logsumexp]) => {
    const axes = resolveProblem('neighborhoodAttention', query.shape, attrs);
    const scale = attrs.scale ?? query.shape.at(-1)! ** -0.5;
    withRows([query, key, value], ([q, k, v]) => {
      const plan = planLaunch(
        'forward',
        query.shape,
        axes,
        [q!, q!, k!, v!].map((x) => x.strides),
      );
      runPlan('neighborhoodForward', plan, [
        pointer(q!),
        pointer(k!),
        pointer(v!),
        pointer(output!),
        pointer(logsumexp!),
        scale,
      ]);
    });
  },
);

export const backwardCpu: Kernel<NaBackwardInputs, NaAttrs> = acceptsStrides(
  ({ query, key, value, output, logsumexp, gradOutput, gradLogsumexp }, attrs, [gradQuery, gradKey, gradValue]) => {
    const axes = resolveProblem('neighborhoodAttention', query.shape, attrs);
    const dim = query.shape.at(-1)!;
    const scale = attrs.scale ?? dim ** -0.5;
    const rest = [output, gradOutput, logsumexp, ...(gradLogsumexp ? [gradLogsumexp] : [])];
    withRows([query, key, value], ([q, k, v]) =>
      withContiguous(rest, ([o, g, l, gl]) =>
        temporary(l!.size * 4, (delta) => {
          launch('neighborhoodDelta', [pointer(g!), pointer(o!), gl ? pointer(gl) : 0, delta, dim], l!.size, {
            work: 4 + dim / 4,
          });
          const [atQ, atK, atV, atG, atL] = [q!, k!, v!, g!, l!].map(pointer) as [
            number,
            number,
            number,
            number,
            number,
          ];
          const ofQueries = planLaunch(
            'backwardQuery',
            query.shape,
            axes,
            [q!, g!, k!, v!].map((x) => x.strides),
          );
          runPlan('neighborhoodBackwardQuery', ofQueries, [atQ, atG, atK, atV, atL, delta, pointer(gradQuery!), scale]);
          const ofKeys = planLaunch(
            'backwardKey',
            query.shape,
            axes,
            [k!, v!, q!, g!].map((x) => x.strides),
          );
          runPlan('neighborhoodBackwardKey', ofKeys, [
            atK,
            atV,
            atQ,
            atG,
            atL,
            delta,
            pointer(gradKey!),
            pointer(gradValue!),
            scale,
          ]);
        }),
      ),
    );
  },
);

/** Launches a kernel whose first parameter is the plan's address. */
function runPlan(kernel: string, { numbers, items, work, scratch }: Plan, args: readonly number[]): void {
  temporary(numbers.byteLength, (at) => {
    new Int32Array(engine().memory.buffer, at, numbers.length).set(numbers);
    launch(kernel, [at, ...args], items, { work, scratch });
  });
}

/** Tensors whose rows along the last axis have no gaps, copied where they had. */
function withRows(tensors: readonly Tensor[], body: (packed: readonly Tensor[]) => void): void {
  withCopies(tensors, (x) => x.strides.at(-1) === 1 || x.shape.at(-1) === 1, body);
}

function withContiguous(tensors: readonly Tensor[], body: (packed: readonly Tensor[]) => void): void {
  withCopies(tensors, (x) => x.isContiguous, body);
}

function withCopies(
  tensors: readonly Tensor[],
  isFine: (x: Tensor) => boolean,
  body: (packed: readonly Tensor[]) => void,
): void {
  const made: Tensor[] = [];
  const copyOf = (x: Tensor): Tensor => {
    const detached = x.detach();
    const copy = detached.contiguous();
    made.push(detached, copy);
    return copy;
  };
  try {
    body(tensors.map((x) => (isFine(x) ? x : copyOf(x))));
  } finally {
    for (const tensor of made) tensor.dispose();
  }
}
