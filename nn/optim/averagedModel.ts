import type { Tensor } from '../../index.ts';
import type { Module } from '../module.ts';
import type { StateDict, StateSource } from '../stateDict.ts';
import { ArgumentError, cast, noGrad, scope, Tensor as TensorClass } from '../../index.ts';
import { wideDtype } from '../../autograd/types.ts';
import { assign, averageStep } from '../../kernels/index.ts';
import { isFloat } from '../../tensor/dtype.ts';
import { checkOptions } from '../../tensor/options.ts';
import { checkShare } from '../../tensor/range.ts';
import { handleOn, loadInto } from '../stateDict.ts';

export interface AveragedModelOptions {
  /** The share of the average that an update keeps: 0.999 for an average over about a thousand steps. Default: the plain mean of all. */
  decay?: number;
  /** Average floating point buffers too, such as running means; otherwise they are copied, as integers are. Default false. */
  useBuffers?: boolean;
}

/** One tensor of the model, its average, and its own values while the average stands in their place. */
interface Average {
  readonly own: Tensor;
  readonly average: Tensor;
  readonly isAveraged: boolean;
  aside: Tensor | null;
}

/**
 * An average of a model's weights over training, which often does better than the last ones: exponential with `decay`, or
 * the mean of all updates (stochastic weight averaging). The first update copies. While `apply` has put the averages into the
 * model, its own weights are set aside for `restore`. Make it after the model has moved to its device.
 *
 * @throws ArgumentError unless decay is of 0..1
 * @source Polyak and Juditsky 1992; Izmailov et al. 2018 (arXiv 1803.05407). PyTorch: `torch.optim.swa_utils.AveragedModel`
 * @example
 * const model = new nn.Linear(3, 1);
 * const averaged = new nn.optim.AveragedModel(model, { decay: 0.99 });
 * averaged.update(); // after each step of the optimizer
 * averaged.apply();
 * model.forward(ones([4, 3])); // with the averages
 * averaged.restore();
 */
export class AveragedModel {
  readonly decay: number | undefined;
  readonly #averages: readonly Average[];
  /** By the model's keys: a parameter that two layers share has two. */
  readonly #named: ReadonlyMap<string, Average>;
  #count = 0;

  constructor(model: Module, options: AveragedModelOptions = {}) {
    const op = 'AveragedModel';
    const { decay, useBuffers = false } = checkOptions(op, options, ['decay', 'useBuffers']);
    if (decay !== undefined) checkShare(op, { decay });
    this.decay = decay;
    const parameters = new Set<Tensor>(model.parameters());
    this.#averages = [...parameters, ...model.buffers()].map((own) => {
      const isAveraged = isFloat(own.dtype) && (useBuffers || parameters.has(own));
      const dtype = isAveraged ? wideDtype(own.dtype) : own.dtype;
      return { own, average: TensorClass.empty(own.storage.runtime, dtype, own.shape).keep(), isAveraged, aside: null };
    });
    const of = new Map(this.#averages.map((one) => [one.own.storage, one]));
    const entries = scope(() => [...model.stateDict()].map(([path, { storage }]) => [path, of.get(storage)!] as const));
    this.#named = new Map(entries);
    this.#write(copy);
  }

  /** How many updates the averages are of. */
  get count(): number {
    return this.#count;
  }

  /**
   * Takes notice of the model's weights: call it after each step.
   *
   * @throws ArgumentError while the averages are in the model
   */
  update(): void {
    if (this.isApplied)
      throw new ArgumentError('the averages are in the model; call restore() first', { op: 'update' });
    const weight = this.#count === 0 ? 1 : this.decay === undefined ? 1 / (this.#count + 1) : 1 - this.decay;
    const isMixed = ({ isAveraged }: Average): boolean => isAveraged && weight < 1;
    const mixed = this.#averages.filter(isMixed);
    const [averages, values] = [mixed.map(({ average }) => average), mixed.map(({ own }) => own)];
    if (mixed.length > 0) noGrad(() => averageStep(averages, values, { weight }));
    this.#write((one) => isMixed(one) || copy(one));
    this.#count++;
  }

  #write(body: (one: Average) => unknown): void {
    scope(() => noGrad(() => this.#averages.forEach(body)));
  }

  /** Whether the averages are in the model. */
  get isApplied(): boolean {
    return this.#averages.some(({ aside }) => aside !== null);
  }

  /** Puts the averages into the model, to evaluate or save it. */
  apply(): void {
    if (this.isApplied) return;
    this.#write((one) => {
      one.aside = TensorClass.empty(one.own.storage.runtime, one.own.dtype, one.own.shape).keep();
      assign(one.aside, one.own.detach());
      assign(one.own.detach(), cast(one.average, one.own.dtype));
    });
  }

  /** Puts the model's own weights back, to train on. */
  restore(): void {
    this.#write((one) => {
      if (!one.aside) return;
      assign(one.own.detach(), one.aside);
      one.aside.dispose();
      one.aside = null;
    });
  }

  /** The averages under the model's keys, as handles on the same elements: a state dict for such a model; and the count. */
  stateDict(): { settings: { count: number }; tensors: StateDict } {
    const tensors = new Map([...this.#named].map(([path, { average }]) => [path, handleOn(average)]));
    return { settings: { count: this.#count }, tensors };
  }

  /**
   * Continues where the averages that gave this state stood. All is checked first: on failure nothing has changed.
   *
   * @throws FormatError when tensors are missing or do not fit; ArgumentError for a count that is none
   */
  loadStateDict({ settings, tensors }: { settings: { count: number }; tensors: StateSource }): void {
    const op = 'AveragedModel.loadStateDict';
    const { count } = settings;
    if (!Number.isInteger(count) || count < 0)
      throw new ArgumentError(`count must be an integer >= 0, got ${String(count)}`, { op, count });
    const target = new Map([...this.#named].map(([path, { average }]) => [path, average]));
    loadInto(op, target, tensors, true);
    this.#count = count;
  }

  /** Puts the model's own weights back, and frees the averages. */
  dispose(): void {
    this.restore();
    for (const { average } of this.#averages) average.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function copy({ own, average }: Average): void {
  assign(average, cast(own.detach(), average.dtype));
}
