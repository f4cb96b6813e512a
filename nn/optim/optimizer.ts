import type { Shape, Tensor } from '../../index.ts';
import type { StateDict, StateSource } from '../stateDict.ts';
import type { Batch, Memory } from './batch.ts';
import { ArgumentError, FormatError, GradError, noGrad, scope, tensor, Tensor as TensorClass } from '../../index.ts';
import { wideDtype } from '../../autograd/types.ts';
import { checkOptions } from '../../tensor/options.ts';
import { freeGrads } from '../module.ts';
import { handleOn, loadInto } from '../stateDict.ts';
import { batchesOf } from './batch.ts';

/** What every optimizer's options hold. */
export interface CommonOptions {
  /** Learning rate; schedules change it. */
  lr: number;
}

/** Parameters that share their options; those left out are the optimizer's. */
export type GroupInput<O extends CommonOptions> = { readonly params: Iterable<Tensor> } & Partial<O>;
/** Parameters and the options they are trained with, which may be changed between steps. */
export type ParamGroup<O extends CommonOptions> = { readonly params: readonly Tensor[] } & O;
/** Parameters, or groups of them. */
export type ParamsInput<O extends CommonOptions> = Iterable<Tensor> | Iterable<GroupInput<O>>;

/** The part of an optimizer's state that is plain JSON. */
export interface OptimizerSettings {
  /** The class: 'AdamW'. */
  readonly optimizer: string;
  /** Each group's options, and the positions of its parameters in the order they were given. */
  readonly groups: readonly (Readonly<Record<string, unknown>> & { readonly params: readonly number[] })[];
  /** How many steps each parameter has taken. */
  readonly steps: readonly number[];
}

/** All there is to know of an optimizer: JSON and tensors (`3.exp_avg`), which fit a safetensors file and its metadata. */
export interface OptimizerState {
  readonly settings: OptimizerSettings;
  readonly tensors: StateDict;
}

/** The name of `joined` in a state. */
const joinedName = 'skipped_before';

/** The base of optimizers: groups, state, checkpoints. A subclass says what it remembers and how parameters are updated. */
export abstract class Optimizer<O extends CommonOptions> {
  readonly paramGroups: readonly ParamGroup<O>[];
  readonly #memories = new Map<Tensor, Memory>();

  /**
   * @param defaults - of all options there are
   * @throws ArgumentError for no parameters, one given twice, or options unknown or out of range; GradError for an op's
   *   result
   */
  constructor(params: ParamsInput<O>, defaults: O, options: Partial<O> = {}) {
    const op = this.constructor.name;
    checkOptions<Partial<O>>(op, options, Object.keys(defaults) as (keyof O & string)[]);
    this.paramGroups = groupsOf(op, params, { ...defaults, ...options });
    for (const group of this.paramGroups) this.check(group);
  }

  /** Throws unless the options are in range. */
  protected abstract check(options: O): void;
  /** The names of the tensors remembered for each parameter, in snake_case. */
  protected abstract remembers(options: O): readonly string[];
  /**
   * Updates parameters in place. With `overflow` [2] from a GradScaler nothing may be written where overflow[0] is not 0, and
   * overflow[1] of the steps that the batch counts were skipped so.
   */
  protected abstract update(batch: Batch, options: O, overflow: Tensor | undefined): void;

  /**
   * Updates each parameter that has a gradient.
   *
   * @param overflow - given by `GradScaler.step`: whether the step is to be left out, which the device alone knows
   * @throws DisposedError when a parameter was freed; then none is updated
   */
  step(overflow?: Tensor): void {
    const op = `${this.constructor.name}.step`;
    for (const { params } of this.paramGroups) for (const param of params) param.assertLive(op);
    const before = this.#memories.size > 0 ? overflow : undefined;
    scope(() => {
      for (const group of this.paramGroups)
        for (const batch of batchesOf(this.#stepping(group, before))) {
          this.update(batch, group, sinceJoined(overflow, batch));
          for (const memory of batch.memories) memory.step++;
        }
    });
  }

  /** The parameters of a group that have a gradient, and what is remembered of them. */
  *#stepping(
    group: ParamGroup<O>,
    overflow: Tensor | undefined,
  ): Generator<readonly [param: Tensor, grad: Tensor, memory: Memory]> {
    for (const param of group.params) {
      const { grad } = param;
      if (!grad) continue;
      const memory = this.#memories.get(param) ?? this.#remember(param, group, overflow);
      yield [param, grad, memory];
    }
  }

  /** @param overflow - where others have stepped before: what was skipped then is none of this parameter's */
  #remember(param: Tensor, options: O, overflow: Tensor | undefined): Memory {
    const joined = overflow ? skippedOf(overflow) : null;
    const memory = { step: 0, tensors: zerosLike(param, this.remembers(options)), joined };
    this.#memories.set(param, memory);
    return memory;
  }

  /** Frees the gradients of all parameters. */
  zeroGrad(): void {
    for (const { params } of this.paramGroups) freeGrads(params);
  }

  /** Options and step counts as JSON, and the tensors as handles on the same elements. */
  stateDict(): OptimizerState {
    const position = new Map(this.#params().map((param, i) => [param, i]));
    const groups = this.paramGroups.map(({ params, ...options }) => ({
      ...options,
      params: params.map((param) => position.get(param)!),
    }));
    const steps = this.#params().map((param) => this.#memories.get(param)?.step ?? 0);
    const tensors = new Map<string, Tensor>();
    for (const [param, memory] of this.#memories) {
      for (const [name, tensor] of tensorsOf(memory)) tensors.set(`${position.get(param)!}.${name}`, handleOn(tensor));
    }
    return { settings: { optimizer: this.constructor.name, groups, steps }, tensors };
  }

  /**
   * Continues where the optimizer that gave this state stood. All is checked first: on failure nothing has changed.
   *
   * @throws FormatError when the state is another optimizer's, or of other parameters
   */
  loadStateDict({ settings, tensors }: { settings: OptimizerSettings; tensors: StateSource }): void {
    this.#checkSettings(settings);
    const given = new Set(tensors instanceof Map ? tensors.keys() : Object.keys(tensors));
    const memories = new Map<Tensor, Memory>();
    const target = new Map<string, Tensor>();
    this.paramGroups.forEach((group, g) =>
      group.params.forEach((param, i) => {
        const position = settings.groups[g]!.params[i]!;
        const step = settings.steps[position]!;
        if (step === 0) return;
        const { params: _, ...options } = settings.groups[g]!;
        const joined = given.has(`${position}.${joinedName}`) ? zerosOf(param, [2]) : null;
        const memory = { step, tensors: zerosLike(param, this.remembers(options as unknown as O)), joined };
        memories.set(param, memory);
        for (const [name, tensor] of tensorsOf(memory)) target.set(`${position}.${name}`, tensor);
      }),
    );
    try {
      loadInto('Optimizer.loadStateDict', target, tensors, true);
    } catch (error) {
      forget(memories);
      throw error;
    }
    this.dispose();
    for (const [param, memory] of memories) this.#memories.set(param, memory);
    this.paramGroups.forEach((group, g) => {
      const { params: _, ...options } = settings.groups[g]!;
      Object.assign(group, options);
    });
  }

  #checkSettings({ optimizer, groups, steps }: OptimizerSettings): void {
    const op = 'Optimizer.loadStateDict';
    const name = this.constructor.name;
    if (optimizer !== name) {
      throw new FormatError(`the state is of '${String(optimizer)}'; this is ${name}`, { op, optimizer });
    }
    const saved = Array.isArray(groups) ? groups.map(({ params }) => params?.length).join(', ') : '';
    const own = this.paramGroups.map(({ params }) => params.length).join(', ');
    if (saved !== own) {
      throw new FormatError(
        `the state has groups of ${saved || 'no'} parameters; this optimizer has groups of ${own}`,
        {
          op,
          saved,
          own,
        },
      );
    }
    const count = this.#params().length;
    const positions = groups.flatMap(({ params }) => params).sort((a, b) => a - b);
    const isWhole = Array.isArray(steps) && steps.length === count && steps.every((n) => Number.isInteger(n) && n >= 0);
    if (!isWhole || positions.some((position, i) => position !== i)) {
      throw new FormatError(`the state must name parameters 0..${count - 1} once, with a step count each`, { op });
    }
    for (const { params: _, ...options } of groups) this.check(options as unknown as O);
  }

  #params(): Tensor[] {
    return this.paramGroups.flatMap(({ params }) => params);
  }

  /** Frees what is remembered; the next step begins anew. */
  dispose(): void {
    forget(this.#memories);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function tensorsOf({ tensors, joined }: Memory): [string, Tensor][] {
  return [...Object.entries(tensors), ...(joined ? [[joinedName, joined] as [string, Tensor]] : [])];
}

function forget(memories: Map<Tensor, Memory>): void {
  for (const memory of memories.values()) for (const [, tensor] of tensorsOf(memory)) tensor.dispose();
  memories.clear();
}

/** A kept [0, steps skipped] of an overflow. */
function skippedOf(overflow: Tensor): Tensor {
  return noGrad(() => overflow.mul(tensor([0, 1], { device: overflow.device }))).keep();
}

/** An overflow that counts only the steps skipped since the parameter took its first. */
function sinceJoined(overflow: Tensor | undefined, { joined }: Batch): Tensor | undefined {
  return overflow && joined ? noGrad(() => overflow.sub(joined)) : overflow;
}

/** Kept zeros beside a parameter, float32 beside float16: squares of small gradients are none of its numbers. */
function zerosOf({ storage: { runtime }, dtype }: Tensor, shape: Shape): Tensor {
  const zeros = TensorClass.empty(runtime, wideDtype(dtype), shape).keep();
  runtime.fill(zeros.storage.handle, zeros.dtype, zeros.size, 0);
  return zeros;
}

function zerosLike(param: Tensor, names: readonly string[]): Record<string, Tensor> {
  return Object.fromEntries(names.map((name) => [name, zerosOf(param, param.shape)]));
}

function groupsOf<O extends CommonOptions>(op: string, input: ParamsInput<O>, defaults: O): ParamGroup<O>[] {
  checkIterable(op, input);
  const items = [...(input as Iterable<Tensor | GroupInput<O>>)];
  const isGroup = (item: unknown): item is GroupInput<O> => Object.hasOwn(Object(item) as object, 'params');
  const groups = (items.some(isGroup) ? items : [{ params: items }]) as GroupInput<O>[];
  const seen = new Set<Tensor>();
  const known = ['params', ...Object.keys(defaults)] as (keyof GroupInput<O> & string)[];
  return groups.map((group, g) => {
    const params = isGroup(group) ? [...group.params] : [];
    if (params.length === 0)
      throw new ArgumentError(`group ${g} has no parameters; give at least one tensor`, { op, group: g });
    checkOptions(op, group, known);
    params.forEach((param, i) => checkParam(op, param, `parameter ${i} of group ${g}`, seen));
    return { ...defaults, ...group, params };
  });
}

/** Throws unless `params` is a list: a model is not. */
export function checkIterable(op: string, params: unknown): void {
  if (typeof (params as Partial<Iterable<unknown>> | undefined)?.[Symbol.iterator] === 'function') return;
  throw new ArgumentError('the parameters must be a list of tensors; pass model.parameters()', { op });
}

function checkParam(op: string, param: unknown, what: string, seen: Set<Tensor>): void {
  if (!(param instanceof TensorClass))
    throw new ArgumentError(`${what} is ${String(param)}; it must be a tensor`, { op });
  param.assertLive(op);
  if (!param.isLeaf)
    throw new GradError(`${what} is the result of an op; only leaves are trained`, { op, shape: param.shape });
  if (seen.has(param))
    throw new ArgumentError(`${what} was given before; name each parameter once`, { op, shape: param.shape });
  seen.add(param);
}
