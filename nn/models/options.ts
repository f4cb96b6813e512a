// Options that NAT's models share, checked before anything is made.

import type { BlockOptions } from './layers.ts';
import { ShapeError } from '../../index.ts';
import { checkFinite, checkShare } from '../../tensor/range.ts';
import { checkSize } from '../check.ts';

export interface NatModelOptions {
  /** Classes that the head tells apart; 0 for the features alone. Default 1000. */
  numClasses?: number;
  /** Channels of the images. Default 3. */
  inChannels?: number;
  /** Tokens along each side of a window. Default 7. */
  kernelSize?: number;
  /** Features between the two maps of a block, as a multiple of its own. Default 4, or the published model's. */
  mlpRatio?: number;
  /** A trained number for each score by head and distance. Default true. */
  relPosBias?: boolean;
  /** Biases of queries, keys and values. Default true. */
  qkvBias?: boolean;
  /** Dropout of what the blocks' maps give. Default 0. */
  drop?: number;
  /** Dropout of the attention's weights. Default 0. */
  attnDrop?: number;
  /** Rate at which whole branches of the last block are dropped while training; lower before it. Default 0, or the model's. */
  dropPath?: number;
  /** What each branch is multiplied by at first, by a trained vector; null for none, the default of most models. */
  layerScale?: number | null;
}

export const modelOptions = [
  'numClasses',
  'inChannels',
  'kernelSize',
  'mlpRatio',
  'relPosBias',
  'qkvBias',
  'drop',
  'attnDrop',
  'dropPath',
  'layerScale',
] as const;

export interface Resolved extends BlockOptions {
  readonly numClasses: number;
  readonly inChannels: number;
  readonly dropPath: number;
}

/** @throws ShapeError, ArgumentError */
export function resolveOptions(op: string, options: NatModelOptions): Resolved {
  const { numClasses = 1000, inChannels = 3, kernelSize = 7, relPosBias = true, qkvBias = true } = options;
  const { drop = 0, attnDrop = 0, mlpRatio = 4, dropPath = 0, layerScale = null } = options;
  checkSize(op, 'numClasses', numClasses, 0);
  checkSize(op, 'inChannels', inChannels);
  checkSize(op, 'kernelSize', kernelSize);
  if (!(mlpRatio > 0)) throw new ShapeError(`mlpRatio is ${String(mlpRatio)}; it must be above 0`, { op, mlpRatio });
  checkShare(op, { drop, attnDrop, dropPath });
  if (layerScale !== null) checkFinite(op, { layerScale });
  const block = { kernelSize, mlpRatio, relPosBias, qkvBias, drop, attnDrop, layerScale };
  return { ...block, numClasses, inChannels, dropPath };
}
