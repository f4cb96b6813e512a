import type { Dtype } from '../../../tensor/dtype.ts';
import type { Device, DeviceName } from '../../../tensor/runtime.ts';
import type { Shape } from '../../../tensor/shape.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import type { NaAttrs } from '../fused.ts';
import type { Pass, TilePair } from '../natten/nattenTiles.ts';
import type { Operands } from '../packed.ts';
import type { Cut, Search } from './search.ts';
import { noGrad } from '../../../autograd/tape.ts';
import { Generator } from '../../../tensor/philox.ts';
import { scope } from '../../../tensor/scope.ts';
import { randn } from '../../create/random.ts';
import { neighborhoodAttentionForward } from '../fused.ts';
import { allGradients, attentionDelta } from '../fusedBackward.ts';
import { resolveProblem } from '../problem.ts';
import { tileRules, tilingProblem } from '../tileRules.ts';
import { searchAmong } from './search.ts';

const ownCut: Cut = { queryTileSize: null, keyTileSize: null, numSplitsKey: null };

/** What the ops are told besides the cut. */
export function problemOf(attrs: NaAttrs) {
  const { kernelSize, stride = 1, dilation = 1, isCausal = false, scale = null, dropout = 0, seed = 0 } = attrs;
  return { kernelSize, stride, dilation, isCausal, scale, dropout, seed };
}

/** Random operands of such shapes; the caller frees them. */
export function drawOperands(
  shapes: Operands<Shape>,
  { dtype, device }: { readonly dtype: Dtype; readonly device: Device | DeviceName },
): Operands {
  const generator = new Generator(0);
  const { query, key, value, rpb, additionalKeys, additionalValues } = shapes;
  const make = (shape: Shape): Tensor => randn([...shape], { dtype, device, generator });
  return {
    query: make(query),
    key: make(key),
    value: make(value),
    rpb: rpb && make(rpb),
    additionalKeys: additionalKeys && make(additionalKeys),
    additionalValues: additionalValues && make(additionalValues),
  };
}

/** The fastest cut of forward on the tensors of the call: their strides count too. */
export function* searchForward(operands: Operands, attrs: NaAttrs): Search {
  const { query, key, value, rpb, additionalKeys, additionalValues } = operands;
  const tensors = [query, key, value, rpb, additionalKeys, additionalValues] as const;
  const problem = problemOf(attrs);
  const cuts = pairsOf('forward', operands, attrs).map((pair) => ({ ...pair, numSplitsKey: null }));
  return yield* searchAmong([ownCut, ...cuts], ({ queryTileSize, keyTileSize }) => {
    neighborhoodAttentionForward(...tensors, { ...problem, queryTileSize, keyTileSize });
  });
}

/** The fastest cut of backward, whose kernels share their tiles. Output stands for its gradient. */
export function* searchBackward(
  operands: Operands,
  attrs: NaAttrs,
  splitsOf: (keyTileSize: readonly number[]) => readonly number[][],
): Search {
  const problem = problemOf(attrs);
  const { query, key, value, rpb, additionalKeys, additionalValues } = operands;
  const cuts = pairsOf('backward', operands, attrs).flatMap((pair) =>
    splitsOf(pair.keyTileSize).map((numSplitsKey) => ({ ...pair, numSplitsKey })),
  );
  const saved = scope(() =>
    noGrad((): [Tensor, Tensor, Tensor] => {
      const tensors = [query, key, value, rpb, additionalKeys, additionalValues] as const;
      const [output, logsumexp] = neighborhoodAttentionForward(...tensors, problem);
      return [output, logsumexp, attentionDelta(output, output)];
    }),
  );
  try {
    return yield* searchAmong([ownCut, ...cuts], ({ numSplitsKey, ...tiles }) => {
      const [gradOutput, logsumexp, delta] = saved;
      allGradients({ ...operands, gradOutput, logsumexp, delta }, { ...problem, ...tiles, numSplitsKey });
    });
  } finally {
    for (const x of saved) x.dispose();
  }
}

function pairsOf(pass: Pass, operands: Operands, attrs: NaAttrs): TilePair[] {
  const { query } = operands;
  const axes = resolveProblem('pairsOf', query.shape, attrs);
  return tileRules[query.device.name].pairs(pass, tilingProblem(operands, axes, attrs));
}
