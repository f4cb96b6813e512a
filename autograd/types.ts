// What an op may say of itself, and the types that follow from it.

import type { Dtype } from '../tensor/dtype.ts';
import type { Device, DeviceName, NdArray } from '../tensor/runtime.ts';
import type { Shape } from '../tensor/shape.ts';
import type { Layout } from '../tensor/layout.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** A tensor, or a number that stands for one of rank 0. */
export type Operand = Tensor | number;

/** `{ ... }` without keys. */
// oxlint-disable-next-line typescript/no-empty-object-type -- exactly "no attribute", which Record<string, never> is not when intersected
export type NoAttrs = {};

// ---- the grammar of input names: 'x', 'bias?', 'tensors[]', 'target:int', 'index:int?', 'y:operand', 'mean:wide' ----

type Strip<S extends string> = S extends `${infer N}?` ? N : S extends `${infer N}[]` ? N : S;
type NameOf<S extends string> = Strip<S> extends `${infer N}:${string}` ? N : Strip<S>;
type ClassOf<S extends string> = Strip<S> extends `${string}:${infer C}` ? C : 'float';
type IsMany<S extends string> = S extends `${string}[]` ? true : false;
type IsOptional<S extends string> = S extends `${string}?` ? true : false;

type Slot<S extends string, One> =
  IsMany<S> extends true ? readonly One[] : IsOptional<S> extends true ? One | undefined : One;

/** One `T` per input, by name. */
export type ByInput<I extends readonly string[], T> = { [S in I[number] as NameOf<S>]: Slot<S, T> };

type Differentiable<S extends string> = S extends S
  ? ClassOf<S> extends 'float' | 'operand' | 'wide'
    ? S
    : never
  : never;
type GradSlot<S extends string> = IsMany<S> extends true ? readonly (Tensor | null)[] : Tensor | null;

/** What backward returns: a gradient, or null, for each input that can have one. */
export type InputGrads<I extends readonly string[]> = { [S in Differentiable<I[number]> as NameOf<S>]: GradSlot<S> };
type Needs<I extends readonly string[]> = { [S in Differentiable<I[number]> as NameOf<S>]: boolean };

type Argument<S extends string> = Slot<S, ClassOf<S> extends 'operand' ? Operand : Tensor>;
type Arguments<I extends readonly string[]> = { [K in keyof I]: I[K] extends string ? Argument<I[K]> : never };
/** The same with trailing optional inputs left out at will. */
type Lenient<T extends readonly unknown[]> = T extends readonly [...infer Head, infer Last]
  ? undefined extends Last
    ? [...Lenient<Head>, last?: Last]
    : T
  : T;

export type OpArguments<I extends readonly string[], A extends object> = NoAttrs extends A
  ? [...Lenient<Arguments<I>>, attrs?: A]
  : [...Arguments<I>, attrs: A];

/** Outputs whose number the inputs decide: `outputs: ['parts[]']`. */
type Parts = readonly [`${string}[]`];

export type OpResult<O extends readonly string[]> = O extends readonly []
  ? void
  : O extends Parts
    ? Tensor[]
    : O extends readonly [string]
      ? Tensor
      : { [K in keyof O]: Tensor };

type OneOrTuple<O extends readonly string[], T> = O extends readonly []
  ? void
  : O extends Parts
    ? readonly T[]
    : O extends readonly [string]
      ? T
      : { readonly [K in keyof O]: T };

type OutputGrads<O extends readonly string[]> = O extends Parts
  ? readonly (Tensor | null)[]
  : O extends readonly [string]
    ? readonly [Tensor]
    : { readonly [K in keyof O]: Tensor | null };

type ReferenceResult<O extends readonly string[]> = O extends readonly [] ? readonly NdArray[] : OneOrTuple<O, NdArray>;

// ---- kernels ----

/** Fills `outputs` from `inputs`. Inputs arrive contiguous, unless the kernel was wrapped by `acceptsStrides`. */
export interface Kernel<I extends readonly string[] = readonly string[], A extends object = NoAttrs> {
  (inputs: ByInput<I, Tensor>, attrs: Required<A>, outputs: readonly Tensor[]): void;
  readonly acceptsStrides?: boolean;
  readonly acceptsReals?: boolean;
}

/** Marks a kernel that reads shape, strides and offset of its inputs itself. */
export function acceptsStrides<I extends readonly string[], A extends object>(kernel: Kernel<I, A>): Kernel<I, A> {
  return Object.assign(kernel, { acceptsStrides: true });
}

/** Marks a kernel that takes reals of different widths together: none is cast to the common dtype before. */
export function acceptsReals<I extends readonly string[], A extends object>(kernel: Kernel<I, A>): Kernel<I, A> {
  return Object.assign(kernel, { acceptsReals: true });
}

// ---- the declaration ----

/**
 * Which dtypes the inputs without a class may have, and what the others become before the kernel runs.
 * - `float`: integers and bools become the device's real type.
 * - `numeric`: bool and uint8 become int32.
 * - `any`: taken as they are.
 */
export type DtypeRule = 'float' | 'numeric' | 'any';

/** One input of a sample: a shape, or a shape with the values to draw. Reals are normal; integers lie in [low, high). */
export type SampleInput =
  | Shape
  | { shape: Shape; dtype?: Dtype; low?: number; high?: number; values?: readonly number[] };
export type Sample<I extends readonly string[], A extends object> = Partial<ByInput<I, SampleInput>> & { attrs?: A };

export interface BackwardContext<
  I extends readonly string[],
  A extends object,
  O extends readonly string[],
  S extends string,
> {
  /** One per output; with several outputs, null where no gradient arrives. */
  grads: OutputGrads<O>;
  /** The inputs named in `saves`. */
  inputs: Pick<ByInput<I, Tensor>, S & keyof ByInput<I, Tensor>>;
  /** The outputs named in `saves`. */
  outputs: Record<S & O[number], Tensor>;
  attrs: Required<A>;
  /** Which gradients somebody waits for; the others may be null. */
  needs: Needs<I>;
  /** The inputs' shapes, saved or not. */
  shapes: ByInput<I, Shape>;
}

/** Keys that a caller may leave out. */
type OptionalKeys<A> = { [K in keyof A]-?: NoAttrs extends Pick<A, K> ? K : never }[keyof A];
export type Defaults<A> = Required<Pick<A, OptionalKeys<A>>>;

/** What an op is tried on by `selfTest`, tests and benches; of the library's own a file beside the declaration has it. */
export interface OpSamples<I extends readonly string[], A extends object> {
  samples: readonly Sample<I, A>[];
  /** What it refuses, and words of what it then says. */
  errors?: readonly (Sample<I, A> & { throws: string | RegExp })[];
}

export interface OpDefinition<
  I extends readonly string[],
  A extends object,
  O extends readonly string[],
  S extends string,
> extends Partial<OpSamples<I, A>> {
  name: string;
  /**
   * `'x'`, `'bias?'` (optional), `'tensors[]'` (many); with a class and no gradient: `'target:int'`, `'condition:bool'`,
   * `'index:any'`; `'y:operand'` (also a number); `'mean:wide'` (float32 where the others are float16: sums, statistics).
   */
  inputs: I;
  /** Names of the outputs when there is not exactly one; `['parts[]']` for a list whose length the inputs decide. */
  outputs?: O;
  /** Defaults of the optional attributes. */
  attrs?: Defaults<A>;
  /** Attributes without a default, where no sample shows them. */
  required?: readonly (keyof A & string)[];
  /** Default `'float'`. */
  dtypes?: DtypeRule;
  /** What the inputs become inside `autocast`; without it they are taken as they are. */
  autocast?: 'float16' | 'float32';
  /** The outputs' dtype; default: the inputs' after promotion. */
  dtype?(inputs: Dtype, attrs: Required<A>): Dtype | OneOrTuple<O, Dtype>;
  /** All checks of arguments, and the outputs' shapes. */
  shape(inputs: ByInput<I, Shape>, attrs: Required<A>): OneOrTuple<O, Shape>;
  /** Plain float64 loops: the oracle of every kernel. Of an op that writes in place: the new values of the `mutates` that were given, in their order, of a list one after another. */
  reference(inputs: ByInput<I, NdArray>, attrs: Required<A>): ReferenceResult<O>;
  /** An op that only moves strides and offset: the layout of its output (or outputs), or null where that needs a contiguous copy first. It has no kernels. */
  view?(input: Layout, attrs: Required<A>): OneOrTuple<O, Layout> | null;
  /** An op that copies its input to another device, and has no kernels. */
  moves?(attrs: Required<A>): Device;
  /** Inputs that the kernel writes, of a list all tensors. Such an op has no outputs (`outputs: []`) and is never differentiable. */
  mutates?: readonly (keyof ByInput<I, Tensor> & string)[];
  /** By device. The library's own for GPUs are in tables (`kernels/webgpu.ts`), which are loaded when the device starts. */
  kernels?: Partial<Record<DeviceName, Kernel<I, A>>>;
  /** The inputs and outputs that backward reads. */
  saves?: readonly (S & ((keyof ByInput<I, Tensor> & string) | O[number]))[];
  /** Whether backward reads an input of `saves` with these attributes. Default: always. */
  keeps?(input: string, attrs: Required<A>): boolean;
  /** Written in tensor methods, so that it can be differentiated again. Absent: no gradient flows. */
  backward?(context: BackwardContext<I, A, O, S>): InputGrads<I>;
  /** Floating-point operations of its products, two for each multiplication. Absent: it has none worth counting. */
  flops?(inputs: ByInput<I, Shape>, attrs: Required<A>, outputs: readonly Shape[]): number;
  /** Largest error of a kernel against the reference, relative to the output's largest element. Default 1e-5. */
  tolerance?: number;
}

/** An op: callable with its inputs in order, then its attributes. */
export interface Op<I extends readonly string[], A extends object = NoAttrs, O extends readonly string[] = ['output']> {
  (...args: OpArguments<I, A>): OpResult<O>;
  readonly definition: AnyOpDefinition;
}

/** A kernel whose types were checked when it was written. */
export interface AnyKernel {
  (inputs: object, attrs: object, outputs: readonly Tensor[]): void;
  readonly acceptsStrides?: boolean;
  readonly acceptsReals?: boolean;
}

/** A definition whose types were checked when it was written; what the dispatcher, tests and tables work with. */
export interface AnyOpDefinition {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly slots: readonly InputSlot[];
  /** Names of the attributes without a default. */
  readonly required: readonly string[];
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly dtypes: DtypeRule;
  readonly autocast: 'float16' | 'float32' | undefined;
  readonly dtype: ((inputs: Dtype, attrs: object) => Dtype | readonly Dtype[]) | undefined;
  shape(inputs: object, attrs: object): unknown;
  reference(inputs: object, attrs: object): NdArray | readonly NdArray[];
  readonly view: ((input: Layout, attrs: object) => Layout | readonly Layout[] | null) | undefined;
  readonly moves: ((attrs: object) => Device) | undefined;
  readonly mutates: readonly string[];
  readonly kernels: Partial<Record<DeviceName, AnyKernel>>;
  readonly saves: readonly string[];
  readonly keeps: ((input: string, attrs: object) => boolean) | undefined;
  readonly backward: ((context: object) => Record<string, unknown>) | undefined;
  /** Of the library's own ops empty until kernels/samples.ts is loaded. */
  samples: readonly Record<string, unknown>[];
  errors: readonly (Record<string, unknown> & { throws: string | RegExp })[];
  readonly flops: ((inputs: object, attrs: object, outputs: readonly Shape[]) => number) | undefined;
  readonly tolerance: number;
}

export interface InputSlot {
  readonly name: string;
  readonly class: 'float' | 'operand' | 'wide' | 'int' | 'bool' | 'any';
  readonly optional: boolean;
  readonly many: boolean;
  readonly differentiable: boolean;
}

/** Reads one entry of `inputs`. */
export function parseInput(entry: string): InputSlot {
  const match = /^(\w+)(?::(int|bool|any|operand|wide))?(\?|\[\])?$/.exec(entry);
  if (!match)
    throw new SyntaxError(
      `defineOp: '${entry}' is not an input; write name, name?, name[] or name:int|bool|any|operand|wide`,
    );
  const kind = (match[2] ?? 'float') as InputSlot['class'];
  const differentiable = kind === 'float' || kind === 'operand' || kind === 'wide';
  return { name: match[1]!, class: kind, optional: match[3] === '?', many: match[3] === '[]', differentiable };
}

/** What float16 is summed in: float32; the other reals in themselves. */
export function wideDtype(dtype: Dtype): Dtype {
  return dtype === 'float16' ? 'float32' : dtype;
}

/** The dtype of a differentiable input of a call whose common dtype is `dtype`. */
export function slotDtype(slot: InputSlot, dtype: Dtype): Dtype {
  return slot.class === 'wide' ? wideDtype(dtype) : dtype;
}
