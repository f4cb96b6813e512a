// Python's arguments: by position, by name, or first the ones and then the others.

import type { Tensor } from '../../../tensor/tensor.ts';
import type { PerAxis } from '../problem.ts';
import { ArgumentError } from '../../../tensor/errors.ts';
import { kindOf } from '../../../tensor/options.ts';

/** What NATTEN's attention takes beside its tensors and kernel_size, by name. */
export interface NattenKeywords {
  stride?: PerAxis<number>;
  dilation?: PerAxis<number>;
  is_causal?: PerAxis<boolean>;
  scale?: number | null;
  additional_keys?: Tensor | null;
  additional_values?: Tensor | null;
  attention_kwargs?: null;
  backend?: null;
  q_tile_shape?: readonly number[] | null;
  kv_tile_shape?: readonly number[] | null;
  backward_q_tile_shape?: readonly number[] | null;
  backward_kv_tile_shape?: readonly number[] | null;
  backward_kv_splits?: readonly number[] | null;
  backward_use_pt_reduction?: boolean;
  run_persistent_kernel?: boolean;
  kernel_schedule?: null;
  torch_compile?: boolean;
  return_lse?: boolean;
  /** Of NATTEN up to 0.17.5, where it came after is_causal: by name only. */
  rpb?: Tensor | null;
}

/** What NATTEN's `attention` takes beside its tensors, by name. */
export interface AttentionKeywords {
  is_causal?: boolean;
  scale?: number | null;
  seqlens_Q?: readonly number[] | null;
  seqlens_KV?: readonly number[] | null;
  cumulative_seqlen_Q?: readonly number[] | null;
  cumulative_seqlen_KV?: readonly number[] | null;
  max_seqlen_Q?: number | null;
  max_seqlen_KV?: number | null;
  backend?: null;
  return_lse?: boolean;
}

/** In NATTEN's order. */
export const naOrder = [
  ...(['kernel_size', 'stride', 'dilation', 'is_causal', 'scale', 'additional_keys', 'additional_values'] as const),
  ...(['attention_kwargs', 'backend', 'q_tile_shape', 'kv_tile_shape', 'backward_q_tile_shape'] as const),
  ...(['backward_kv_tile_shape', 'backward_kv_splits', 'backward_use_pt_reduction', 'run_persistent_kernel'] as const),
  ...(['kernel_schedule', 'torch_compile', 'return_lse'] as const),
];
export const naNamed = [...naOrder, 'rpb'] as const;

export const attentionOrder = [
  ...(['is_causal', 'scale', 'seqlens_Q', 'seqlens_KV', 'cumulative_seqlen_Q', 'cumulative_seqlen_KV'] as const),
  ...(['max_seqlen_Q', 'max_seqlen_KV', 'backend', 'q_tile_size', 'kv_tile_size', 'backward_q_tile_size'] as const),
  ...(['backward_kv_tile_size', 'backward_kv_splits', 'backward_use_pt_reduction', 'run_persistent_kernel'] as const),
  ...(['kernel_schedule', 'torch_compile', 'return_lse'] as const),
];

/** Which of NATTEN's GPU kernels runs, and how: nothing here to choose between. */
const foreign = ['attention_kwargs', 'backend', 'kernel_schedule'];

/**
 * The arguments by name, without those that are None: null or undefined.
 *
 * @param order names by position
 * @param named names that the last argument, a plain object, may use
 * @throws ArgumentError for too many, for a name that does not exist or is given twice, and for a choice of NATTEN's back ends
 */
export function readArguments(
  op: string,
  args: readonly unknown[],
  order: readonly string[],
  named: readonly string[] = order,
): object {
  const last = args.at(-1);
  const keywords = isKeywords(last) ? last : undefined;
  const positional = keywords ? args.slice(0, -1) : args;
  if (positional.length > order.length) {
    throw new ArgumentError(
      `takes ${order.length} arguments after its tensors, ${order.join(', ')}; got ${positional.length}`,
      { op },
    );
  }
  const found: Record<string, unknown> = {};
  positional.forEach((value, i) => (found[order[i]!] = value));
  for (const [name, value] of Object.entries(keywords ?? {})) {
    if (!named.includes(name))
      throw new ArgumentError(`has no argument '${name}'; use ${named.join(', ')}`, { op, name });
    if (name in found) throw new ArgumentError(`${name} is given by position and by name; give it once`, { op, name });
    found[name] = value;
  }
  for (const name of foreign) {
    if (found[name] === undefined || found[name] === null) continue;
    const advice = 'chooses between the GPU kernels of NATTEN; leave it out or null';
    throw new ArgumentError(`${name} ${advice}, got ${kindOf(found[name])}`, { op, name });
  }
  return defined(found);
}

function isKeywords(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

type Defined<T> = { [K in keyof T]?: NonNullable<T[K]> };

/** Only what has a value: None and what was left out are the default. */
export function defined<T extends object>(options: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined && value !== null),
  ) as Defined<T>;
}
