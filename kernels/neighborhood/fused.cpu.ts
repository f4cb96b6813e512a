import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { PlanKind } from './plan.ts';
import type { NaAttrs, NaBackwardInputs, NaInputs } from './fused.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { engine } from '../runtime/cpu/instance.ts';
import { launch, pointer, temporary } from '../runtime/cpu/launch.ts';
import { planLaunch } from './plan.ts';
import { resolveProblem } from './problem.ts';

/** query, key and value may be views: three slices of one qkv tensor need no copies. */
export const forwardCpu: Kernel<NaInputs, NaAttrs> = acceptsStrides(
  ({ query, key, value }, attrs, [output, logsumexp]) => {
    withRows([query, key, value], (operands) => {
      launchFused('forward', operands, [pointer(output!), pointer(logsumexp!)], attrs);
    });
  },
);

export const backwardCpu: Kernel<NaBackwardInputs, NaAttrs> = acceptsStrides(
  ({ query, key, value, output, logsumexp, gradOutput, gradLogsumexp }, attrs, [gradQuery, gradKey, gradValue]) => {
    const rest = [gradOutput, output, logsumexp, ...(gradLogsumexp ? [gradLogsumexp] : [])];
    withRows([query, key, value], ([q, k, v]) =>
      withContiguous(rest, ([g, o, l, gl]) =>
        temporary(l!.size * 4, (delta) => {
          const dim = o!.shape.at(-1)!;
          const rows = [pointer(g!), pointer(o!), gl ? pointer(gl) : 0];
          launch('neighborhoodDelta', [...rows, delta, dim], l!.size, { work: 4 + dim / 4 });
          const saved = [pointer(l!), delta];
          launchFused('backwardQuery', [q!, g!, k!, v!], [...saved, pointer(gradQuery!)], attrs);
          launchFused('backwardKey', [k!, v!, q!, g!], [...saved, pointer(gradKey!), pointer(gradValue!)], attrs);
        }),
      ),
    );
  },
);

const kernelOf = {
  forward: 'neighborhoodForward',
  backwardQuery: 'neighborhoodBackwardQuery',
  backwardKey: 'neighborhoodBackwardKey',
} as const;

/** @param operands the owners' first and (not forward) second, the box's first and second: [B, *X, N, D] */
function launchFused(kind: PlanKind, operands: readonly Tensor[], addresses: number[], attrs: Required<NaAttrs>): void {
  const { shape } = operands[0]!;
  const axes = resolveProblem('neighborhoodAttention', shape, attrs);
  const scale = attrs.scale ?? shape.at(-1)! ** -0.5;
  const strides = (kind === 'forward' ? [operands[0]!, ...operands] : operands).map((x) => x.strides);
  const { numbers, items, work, scratch } = planLaunch(kind, shape, axes, strides);
  temporary(numbers.byteLength, (plan) => {
    new Int32Array(engine().memory.buffer, plan, numbers.length).set(numbers);
    launch(kernelOf[kind], [plan, ...operands.map(pointer), ...addresses, scale], items, { work, scratch });
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
