// What a test of one's own layers and ops needs. The arbitraries are fast-check's, an optional peer of this package.

export { axes, axis, reductions } from './axes.ts';
export {
  attentions,
  neighborhoods,
  type AttentionBounds,
  type AttentionProblem,
  type Neighborhood,
  type NeighborhoodBounds,
} from './attentions.ts';
export {
  convolutions,
  slidingAxis,
  type ConvolutionBounds,
  type ConvolutionProblem,
  type SlidingAxis,
  type SlidingBounds,
} from './convolutions.ts';
export { dtypes } from './dtypes.ts';
export { gradientCheck, type ModuleCheckOptions } from './gradientCheck.ts';
export {
  tensorMatchers,
  type CloseOptions,
  type Expected,
  type MatcherResult,
  type TensorMatchers,
} from './matchers.ts';
export { seeds, seededTensors, type SeededOptions } from './seededTensors.ts';
export { broadcastableShapes, shapes, type Broadcast, type ShapeBounds } from './shapes.ts';
