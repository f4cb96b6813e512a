// The options of the attention's functions: read and checked once, whatever computes them.

import type { NaOptions } from './neighborhoodAttention.ts';
import type { Operands } from './packed.ts';
import type { NaProblem } from './problem.ts';
import type { TileOptions } from './tuner/tuner.ts';
import type { Weighing } from './weights.ts';
import { ArgumentError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { checkAlike } from './alike.ts';
import { checkProblem, problemDefaults, scaleOf } from './attributes.ts';
import { shapesOf } from './packed.ts';
import { checkDeviceTiles, tilingProblem } from './tileRules.ts';

export type Implementation = 'fused' | 'unfused' | 'dense';

/** A call of the attention, found to be sound. */
export interface AttentionCall {
  readonly inputs: Operands;
  /** With seed 0: no seed is drawn before all is checked. */
  readonly weighing: Weighing;
  /** Those that were given. */
  readonly tiles: TileOptions;
  readonly implementation: Implementation | 'auto';
  readonly returnLogsumexp: boolean;
}

export type CallOptions = NaOptions & { returnLogsumexp?: boolean };

const implementations: readonly unknown[] = ['auto', 'fused', 'unfused', 'dense'];
const problemNames = ['kernelSize', 'stride', 'dilation', 'isCausal'] as const;
const tensorNames = ['rpb', 'additionalKeys', 'additionalValues'] as const;
const ways = ['scale', 'dropout', 'implementation', 'returnLogsumexp'] as const;
const tileNames = [
  ...(['queryTileSize', 'keyTileSize', 'backwardQueryTileSize', 'backwardKeyTileSize'] as const),
  'numSplitsKey' as const,
];
const known: readonly (keyof CallOptions)[] = [...problemNames, ...tensorNames, ...ways, ...tileNames];

/**
 * @throws ShapeError or ArgumentError for what does not fit: shapes, the problem, options that do not exist or do not
 *   go together
 */
export function readCall(
  op: string,
  { query, key, value }: Pick<Operands, 'query' | 'key' | 'value'>,
  options: CallOptions,
): AttentionCall {
  checkAlike(op, { query, key, value });
  const given = checkOptions(op, options, known, ['kernelSize']);
  const { scale = null, dropout = 0, implementation = 'auto', returnLogsumexp = false } = given;
  const { rpb, additionalKeys, additionalValues } = given;
  const inputs = { query, key, value, rpb, additionalKeys, additionalValues };
  checkAlike(op, inputs);
  const problem = { ...problemDefaults, ...(pick(given, problemNames) as NaProblem) };
  const tiles = pick(given, tileNames);
  if (!implementations.includes(implementation)) {
    const wanted = "'auto', 'fused', 'unfused' or 'dense'";
    throw new ArgumentError(`implementation must be ${wanted}, got '${String(implementation)}'`, {
      op,
      implementation,
    });
  }
  if (typeof returnLogsumexp !== 'boolean')
    throw new ArgumentError(`returnLogsumexp must be true or false, got ${String(returnLogsumexp)}`, {
      op,
      returnLogsumexp,
    });
  const axes = checkProblem(op, shapesOf(inputs), { ...problem, ...tiles, scale, dropout, seed: 0 });
  const weighing = { problem, axes, scale: scaleOf(query.shape.at(-1)!, { scale }), dropout, seed: 0 };
  return { inputs, weighing, tiles, implementation, returnLogsumexp };
}

/** Throws when tiles are given to an implementation that has none, or that the device's kernels do not have. */
export function checkTileOptions(op: string, { tiles, implementation, inputs, weighing }: AttentionCall): void {
  const [name] = Object.keys(tiles);
  if (name === undefined) return;
  if (implementation === 'unfused' || implementation === 'dense') {
    const text = `${name} cuts the work of the fused operation; leave it out, or use implementation 'fused'`;
    throw new ArgumentError(text, { op, implementation, ...tiles });
  }
  const problem = tilingProblem(inputs, weighing.axes, weighing);
  checkDeviceTiles(op, 'forward', problem, tiles);
  const { backwardQueryTileSize = null, backwardKeyTileSize = null } = tiles;
  const backward = { queryTileSize: backwardQueryTileSize, keyTileSize: backwardKeyTileSize };
  checkDeviceTiles(op, 'backward', problem, backward, ['backwardQueryTileSize', 'backwardKeyTileSize']);
}

/** The options named that were given a value. */
function pick<K extends keyof CallOptions>(options: CallOptions, names: readonly K[]): Partial<Pick<CallOptions, K>> {
  const found: Partial<Pick<CallOptions, K>> = {};
  for (const name of names) if (options[name] !== undefined) found[name] = options[name];
  return found;
}
