import type { NaProblem } from './problem.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { formatShape } from '../../tensor/shape.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { attentionCalled, neighborhoodAttentionForward } from './fused.ts';

export interface NaOptions extends NaProblem {
  /** What scores are multiplied by. Default D ** -0.5; 0 is a value. */
  scale?: number;
}

export interface NaResult {
  /** [B, *X, N, D]. */
  output: Tensor;
  /** ln Σ exp(scores) of each query, [B, *X, N]. Gradients flow through it. */
  logsumexp: Tensor;
}

/** query, key, value [B, *X, N, D] → output [B, *X, N, D], with `returnLogsumexp: true` also logsumexp [B, *X, N]. */
export interface NeighborhoodAttention {
  (query: Tensor, key: Tensor, value: Tensor, options: NaOptions & { returnLogsumexp: true }): NaResult;
  (query: Tensor, key: Tensor, value: Tensor, options: NaOptions & { returnLogsumexp?: false }): Tensor;
}

/**
 * Each query attends to its neighbours: Σⱼ softmax(scale · q · kⱼ) vⱼ over the kernelSize keys around it along every token axis,
 * `dilation` apart. At borders the window is shifted inside, so that every query has equally many neighbours; with
 * `isCausal` it ends at the query. query, key, value [B, *X, N, D] with one to three token axes *X → [B, *X, N, D].
 *
 * @throws ShapeError when shapes do not fit, kernelSize · dilation exceeds an axis, stride exceeds kernelSize, or an array does not
 *   have one entry per axis
 * @source Hassani et al., "Neighborhood Attention Transformer", 2023, eq. 2–4
 * @example
 * const q = zeros([1, 8, 8, 2, 16]);
 * neighborhoodAttention(q, q, q, { kernelSize: 3 }).shape;                       // [1, 8, 8, 2, 16]
 * const { logsumexp } = neighborhoodAttention(q, q, q, { kernelSize: [3, 5], returnLogsumexp: true });
 */
export const neighborhoodAttention: NeighborhoodAttention = attention(neighborhoodAttentionForward);

/** `neighborhoodAttention` over one token axis: query, key, value [B, X, N, D] → [B, X, N, D]. */
export const na1d: NeighborhoodAttention = ofRank(1);

/** `neighborhoodAttention` over two token axes: query, key, value [B, X, Y, N, D] → [B, X, Y, N, D]. */
export const na2d: NeighborhoodAttention = ofRank(2);

/** `neighborhoodAttention` over three token axes: query, key, value [B, X, Y, Z, N, D] → [B, X, Y, Z, N, D]. */
export const na3d: NeighborhoodAttention = ofRank(3);

function ofRank(axes: number): NeighborhoodAttention {
  const op = `na${axes}d`;
  const attend = attention(attentionCalled(op));
  const checked: Loose = (query, key, value, options) => {
    if (query instanceof Tensor && query.rank !== axes + 3) {
      const wanted = ['[B, X, N, D]', '[B, X, Y, N, D]', '[B, X, Y, Z, N, D]'][axes - 1]!;
      throw new ShapeError(
        `query ${formatShape(query.shape)} has rank ${query.rank}; it must be ${wanted}, of rank ${axes + 3}`,
        { op, query: query.shape },
      );
    }
    return (attend as Loose)(query, key, value, options);
  };
  return checked as NeighborhoodAttention;
}

type LooseOptions = NaOptions & { returnLogsumexp?: boolean };
type Loose = (query: Tensor, key: Tensor, value: Tensor, options: LooseOptions | null) => Tensor | NaResult;

/** What an op without its required options says is better than what a destructured null would. */
function attention(forward: typeof neighborhoodAttentionForward): NeighborhoodAttention {
  const attend: Loose = (query, key, value, options) => {
    const { returnLogsumexp = false, ...attrs } = options ?? ({} as LooseOptions);
    const [output, logsumexp] = forward(query, key, value, attrs);
    if (returnLogsumexp) return { output, logsumexp };
    logsumexp.dispose();
    return output;
  };
  return attend as NeighborhoodAttention;
}
