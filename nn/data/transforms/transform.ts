import type { Generator } from '../../../index.ts';
import type { HostTensor } from '../../../tensor/io/elements.ts';
import type { HostArray } from '../hostArray.ts';
import { ArgumentError } from '../../../index.ts';
import { checkShare } from '../../../tensor/range.ts';

/**
 * A change of one sample's image `[C, Y, X]` in host memory: bytes 0..255, or floats 0..1. It leaves its argument alone and
 * draws what is random from the generator given.
 */
export type Transform = Step<HostArray>;

/** The same for anything, as for a sample. */
export type Step<T> = (value: T, generator: Generator) => T;

/** The same for any batch in host memory, whatever else is in it. */
export type BatchStep = <B extends Readonly<Record<string, HostTensor>>>(batch: B, generator: Generator) => B;

/**
 * One transform after another.
 *
 * @example
 * const { compose, normalize, randomShift, toFloat } = nn.data;
 * const augment = compose(randomShift(2), toFloat(), normalize(0.1307, 0.3081));
 */
export function compose<T = HostArray>(...transforms: readonly Step<T>[]): Step<T> {
  return (value, generator) => transforms.reduce((result, transform) => transform(result, generator), value);
}

/**
 * `transform` with probability p, the image as it is otherwise.
 *
 * @throws ArgumentError unless p is of 0..1
 * @source torchvision: `RandomApply`
 * @example
 * const augment = nn.data.randomApply(nn.data.rotate(90), 0.5);
 */
export function randomApply<T = HostArray>(transform: Step<T>, p = 0.5): Step<T> {
  return withProbability('randomApply', p, transform);
}

/** `randomApply` under the name of what is applied. */
export function withProbability<T>(op: string, p: number, transform: Step<T>): Step<T> {
  checkShare(op, { p });
  return (value, generator) => (generator.uniform(1)[0]! < p ? transform(value, generator) : value);
}

/**
 * One of the transforms, each equally likely.
 *
 * @throws ArgumentError for none
 * @source torchvision: `RandomChoice`
 * @example
 * const mix = nn.data.randomChoice(nn.data.mixup({ alpha: 0.8, numClasses: 10 }), nn.data.cutmix({ numClasses: 10 }));
 */
export function randomChoice(...transforms: readonly BatchStep[]): BatchStep;
export function randomChoice<T = HostArray>(...transforms: readonly Step<T>[]): Step<T>;
export function randomChoice<T>(...transforms: readonly Step<T>[]): Step<T> {
  if (transforms.length === 0)
    throw new ArgumentError('there are no transforms; give at least one', { op: 'randomChoice' });
  return (value, generator) => transforms[generator.integers(1, 0, transforms.length)[0]!]!(value, generator);
}
