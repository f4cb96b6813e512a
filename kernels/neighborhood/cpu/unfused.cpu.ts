import type { Kernel } from '../../../autograd/types.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import type { Operand, Slots } from './plan.ts';
import type { NaProblem } from '../problem.ts';
import { acceptsStrides } from '../../../autograd/types.ts';
import { pointer } from '../../runtime/cpu/launch.ts';
import { run } from './launch.cpu.ts';
import * as field from './plan.as.ts';
import { withRows } from '../packed.ts';
import { resolveProblem } from '../problem.ts';
import { sightsOf, threeAxes } from '../tiles.ts';

type Problem = Required<NaProblem>;

/** attn = q · k for each slot, and `masked` for slots without a key. */
export const dotsCpu: Kernel<['query', 'key'], NaProblem & { masked?: number }> = acceptsStrides(
  ({ query, key }, attrs, [attn]) =>
    withRows({ query, key }, (packed) => {
      const { slots, sights, isFull } = resolve(attn!, attrs);
      const heads = [query.shape[1]!, key.shape[1]!] as const;
      const masked = isFull ? {} : { masked: attrs.masked };
      const shared = { batch: query.shape[0]!, dims: dimsOf(query), sights: sights('query'), heads };
      run({
        ...shared,
        mode: field.dotsMode,
        owner: [rowsFirst(packed.query)],
        box: [rowsFirst(packed.key)],
        results: [],
        attn: { ...slots, ...masked },
      });
    }),
);

/** y = Σ attn v over each query's keys. */
export const sumCpu: Kernel<['attn', 'value'], NaProblem> = acceptsStrides(({ attn, value }, attrs, [y]) =>
  withRows({ attn, value }, (packed) => {
    const { slots, sights } = resolve(packed.attn, attrs);
    const heads = [attn.shape[1]!, value.shape[1]!] as const;
    const shared = { batch: attn.shape[0]!, dims: dimsOf(value), sights: sights('query'), heads };
    run({
      ...shared,
      mode: field.sumMode,
      owner: [],
      box: [rowsFirst(packed.value)],
      results: [rowsFirst(y!)],
      attn: slots,
    });
  }),
);

/** y = Σ attn x over the queries that see each key, of all heads that share it. */
export const spreadCpu: Kernel<['attn', 'x'], NaProblem & { headsKv: number }> = acceptsStrides(
  ({ attn, x }, attrs, [y]) =>
    withRows({ attn, x }, (packed) => {
      const { slots, sights } = resolve(packed.attn, attrs);
      const heads = [attrs.headsKv, x.shape[1]!] as const;
      const shared = { batch: x.shape[0]!, dims: dimsOf(x), sights: sights('key'), heads };
      run({
        ...shared,
        mode: field.spreadMode,
        owner: [],
        box: [rowsFirst(packed.x)],
        results: [rowsFirst(y!)],
        attn: slots,
      });
    }),
);

/** attn [B, N, *X, ΠK] as the kernel finds its weights; what queries or keys see; whether all slots have a key. */
function resolve(attn: Tensor, attrs: Problem) {
  const axes = resolveProblem('neighborhoodAttention', attn.shape, attrs, attn.shape.slice(2, -1));
  const byQuery = sightsOf(axes, 'query');
  const starts = byQuery.map(({ windows }) => windows.filter((_, i) => i % 2 === 0));
  const kernelSizes = threeAxes(
    axes.map(({ kernelSize }) => kernelSize),
    1,
  );
  const slots: Slots = { ...rowsFirst(attn), kernelSizes, starts };
  const sights = (by: 'query' | 'key') => (by === 'query' ? byQuery : sightsOf(axes, 'key'));
  return { slots, sights, isFull: axes.every(({ isCausal }) => !isCausal) };
}

function dimsOf(x: Tensor): readonly [number, number] {
  return [x.shape.at(-1)!, x.shape.at(-1)!];
}

/** [B, N, *X, D]. */
function rowsFirst(x: Tensor): Operand {
  const [batch, head, ...rest] = x.strides as [number, number, ...number[]];
  const tokens = [0, 0, ...rest.slice(0, -1)].slice(-3) as [number, number, number];
  return { address: pointer(x), strides: [batch, ...tokens, head] };
}
