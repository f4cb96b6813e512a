import type { Device, DeviceName, Tensor } from '../../index.ts';
import type { StateDict, StateSource } from '../stateDict.ts';
import type { CommonOptions, Optimizer } from './optimizer.ts';
import { ArgumentError, concat, maximum, noGrad, scope, tensor } from '../../index.ts';
import { assign, contiguous, unscale, updateScale } from '../../kernels/index.ts';
import { checkOptions } from '../../tensor/options.ts';
import { checkNonNegative } from '../../tensor/range.ts';
import { handleOn, loadInto } from '../stateDict.ts';

export interface GradScalerOptions {
  /** Where the losses are. Default: the default device. */
  device?: Device | DeviceName;
  /** What losses are multiplied by at first. Default 65536. */
  initScale?: number;
  /** By what the scale grows after `growthInterval` steps without ∞ and NaN. Default 2. */
  growthFactor?: number;
  /** By what it falls after a step with them. Default 0.5. */
  backoffFactor?: number;
  /** Steps. Default 2000. */
  growthInterval?: number;
}

/** The part of a scaler's state that is plain JSON. */
export type GradScalerSettings = Readonly<Record<'growthFactor' | 'backoffFactor' | 'growthInterval', number>>;

/** JSON, and the tensors `scale` and `overflow.0`, `overflow.1` ..., one for each optimizer in the order of their first steps. */
export interface GradScalerState {
  readonly settings: GradScalerSettings;
  readonly tensors: StateDict;
}

/** What a scaler asks of an optimizer. */
export type AnyOptimizer = Pick<Optimizer<CommonOptions>, 'step' | 'paramGroups'>;

/** An optimizer's part: [found in this step, steps skipped], and what was done since the last `update`. */
interface Overflow {
  readonly pair: Tensor;
  isUnscaled: boolean;
  isStepped: boolean;
}

/**
 * Loss scaling for `autocast`: losses are multiplied by a large factor, so that gradients do not vanish in float16, and
 * gradients divided by it before the optimizer sees them. A step whose gradients hold ∞ or NaN is left out, and the
 * factor falls; after many good steps it grows.
 *
 * Scale, what was found and how many steps were skipped stay on the device: the optimizer's own kernels leave everything
 * as it is where the flag is set, and count their steps without the skipped ones. So no step waits for a read, on any
 * device; a skipped step costs as much as another. Optimizers count a skipped step in their state; its correction is in
 * the scaler's, so keep both.
 *
 * @throws ArgumentError for a factor or an interval out of range
 * @source Micikevicius et al. 2018 (arXiv 1710.03740), section 3.2. PyTorch: `torch.amp.GradScaler`
 * @example
 * const model = new nn.Linear(3, 1);
 * const optimizer = new nn.optim.AdamW(model.parameters());
 * const scaler = new nn.optim.GradScaler();
 * scaler.scale(model.forward(ones([4, 3])).square().mean()).backward(); // forward in autocast('float16', ...), on a GPU
 * scaler.step(optimizer);
 * scaler.update();
 */
export class GradScaler {
  readonly #options: GradScalerSettings;
  /** [scale, steps since it was changed]. */
  readonly #scale: Tensor;
  readonly #overflows = new Map<AnyOptimizer, Overflow>();
  /** Of a state that was loaded, for optimizers that come yet. */
  #loaded: Tensor[] = [];

  constructor(options: GradScalerOptions = {}) {
    const op = 'GradScaler';
    const known = ['device', 'initScale', 'growthFactor', 'backoffFactor', 'growthInterval'] as const;
    const given = checkOptions(op, options, known);
    const { device, initScale = 65536, growthFactor = 2, backoffFactor = 0.5, growthInterval = 2000 } = given;
    checkNonNegative(op, { initScale });
    if (initScale === 0) throw new ArgumentError('initScale must be more than 0', { op, initScale });
    this.#options = checkSettings(op, { growthFactor, backoffFactor, growthInterval });
    this.#scale = pairOf([initScale, 0], device);
  }

  /** `loss` times the scale: go backward from it. */
  scale(loss: Tensor): Tensor {
    return scope(() => loss.mul(this.#scale.select(0, 0)));
  }

  /**
   * Divides the gradients of the optimizer's parameters by the scale, in place; `step` does it if you have not. To be called
   * before gradients are clipped.
   *
   * @throws ArgumentError when they were divided since the last `update`
   */
  unscale(optimizer: AnyOptimizer): void {
    const overflow = this.#overflowOf(optimizer);
    if (overflow.isUnscaled)
      throw new ArgumentError('these gradients were divided already; call update() after each step', {
        op: 'GradScaler.unscale',
      });
    for (const { params } of optimizer.paramGroups) {
      for (const param of params) {
        if (!param.grad) continue;
        // In place: what is a view of something else, or has gaps, is packed first.
        if (!param.grad.isContiguous) param.grad = noGrad(() => contiguous(param.grad!));
        unscale(param.grad, overflow.pair, this.#scale);
      }
    }
    overflow.isUnscaled = true;
  }

  /**
   * `optimizer.step()`, which changes nothing where a gradient holds ∞ or NaN.
   *
   * @throws ArgumentError when it was called since the last `update`
   */
  step(optimizer: AnyOptimizer): void {
    const overflow = this.#overflowOf(optimizer);
    if (overflow.isStepped)
      throw new ArgumentError('this optimizer has stepped already; call update() after each step', {
        op: 'GradScaler.step',
      });
    if (!overflow.isUnscaled) this.unscale(optimizer);
    optimizer.step(overflow.pair);
    overflow.isStepped = true;
  }

  /** Sets the scale for the next step. Call it once, after the steps of all optimizers. */
  update(): void {
    const overflows = [...this.#overflows.values()].filter(({ isUnscaled }) => isUnscaled);
    for (const overflow of overflows) overflow.isUnscaled = overflow.isStepped = false;
    const pairs = overflows.map(({ pair }) => pair);
    const [first, ...more] = pairs;
    if (!first) return;
    if (more.length === 0) return updateScale(this.#scale, first, this.#options);
    // One change of the scale for all; each counts what itself has skipped.
    scope(() =>
      noGrad(() => {
        updateScale(
          this.#scale,
          pairs.reduce((a, b) => maximum(a, b)),
          this.#options,
        );
        for (const pair of pairs)
          assign(pair, concat([tensor([0], { device: pair.device }), pair.sum({ axis: 0, keepDims: true })]));
      }),
    );
  }

  /** The factor that losses are multiplied by. */
  async getScale(): Promise<number> {
    return (await this.#scale.data())[0]!;
  }

  #overflowOf(optimizer: AnyOptimizer): Overflow {
    let overflow = this.#overflows.get(optimizer);
    if (!overflow) {
      const pair = this.#loaded.shift() ?? pairOf([0, 0], this.#scale.device);
      this.#overflows.set(optimizer, (overflow = { pair, isUnscaled: false, isStepped: false }));
    }
    return overflow;
  }

  /** Settings as JSON, and the tensors as handles on the same elements. */
  stateDict(): GradScalerState {
    const pairs = [...[...this.#overflows.values()].map(({ pair }) => pair), ...this.#loaded];
    const tensors = new Map([['scale', handleOn(this.#scale)]]);
    pairs.forEach((pair, i) => tensors.set(`overflow.${i}`, handleOn(pair)));
    return { settings: { ...this.#options }, tensors };
  }

  /**
   * Continues where the scaler that gave this state stood, with the same optimizers in the same order. All is checked first: on
   * failure nothing has changed.
   *
   * @throws FormatError when tensors are missing or do not fit; ArgumentError for settings out of range
   */
  loadStateDict({ settings, tensors }: { settings: GradScalerSettings; tensors: StateSource }): void {
    const op = 'GradScaler.loadStateDict';
    checkSettings(op, settings);
    const count = (tensors instanceof Map ? tensors.size : Object.keys(tensors).length) - 1;
    const own = [...this.#overflows.values()].map(({ pair }) => pair);
    const fresh = Array.from({ length: Math.max(0, count - own.length) }, () => pairOf([0, 0], this.#scale.device));
    const pairs = [...own, ...fresh];
    const target = new Map([['scale', this.#scale], ...pairs.map((pair, i) => [`overflow.${i}`, pair] as const)]);
    try {
      loadInto(op, target, tensors, true);
    } catch (error) {
      for (const pair of fresh) pair.dispose();
      throw error;
    }
    Object.assign(this.#options, settings);
    for (const pair of this.#loaded) pair.dispose();
    this.#loaded = fresh;
  }

  /** Frees what is remembered. */
  dispose(): void {
    this.#scale.dispose();
    for (const { pair } of this.#overflows.values()) pair.dispose();
    for (const pair of this.#loaded) pair.dispose();
    this.#overflows.clear();
    this.#loaded = [];
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function pairOf(values: [number, number], device: Device | DeviceName | undefined): Tensor {
  return tensor(values, device === undefined ? {} : { device }).keep();
}

function checkSettings(op: string, settings: GradScalerSettings): GradScalerSettings {
  const { growthFactor, backoffFactor, growthInterval } = settings;
  checkNonNegative(op, { growthFactor, backoffFactor });
  const problem =
    growthFactor < 1
      ? `growthFactor must be at least 1, got ${growthFactor}`
      : backoffFactor === 0 || backoffFactor > 1
        ? `backoffFactor must be above 0 and at most 1, got ${backoffFactor}`
        : Number.isInteger(growthInterval) && growthInterval >= 1
          ? null
          : `growthInterval must be an integer >= 1, got ${growthInterval}`;
  if (problem) throw new ArgumentError(problem, { op, ...settings });
  return { growthFactor, backoffFactor, growthInterval };
}
