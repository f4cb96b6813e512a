import { noGrad, scope, tensor, type Tensor } from 'vicinal';
import * as nn from 'vicinal/nn';
import type { DigitNat } from '../../digits/model.ts';

/** How the tokens of one layer attend. */
export interface AttentionMap {
  /** The layer's path in the model. */
  readonly path: string;
  /** Tokens along X and Y. */
  readonly tokens: readonly [number, number];
  readonly kernelSize: number;
  readonly heads: number;
  /** [X, Y, heads, kernelSize²], a window's keys row-major. */
  readonly weights: Float32Array;
}

/** What a network makes of a picture. */
export interface Sight {
  /** Of each digit. */
  readonly probabilities: Float32Array;
  readonly maps: readonly AttentionMap[];
}

/** The prediction for a picture of 28 × 28 bytes, and the weights of all attention on the way to it. */
export async function lookAt(model: DigitNat, pixels: Uint8Array): Promise<Sight> {
  const layers = [...model.namedModules()].filter(
    (entry): entry is [string, nn.NeighborhoodAttention2d] => entry[1] instanceof nn.NeighborhoodAttention2d,
  );
  const weights: Tensor[] = [];
  const removals = layers.map(([, layer]) =>
    layer.registerForwardPreHook((_, [x]) => void weights.push(layer.attentionWeights(x as Tensor))),
  );
  const forward = (): { probabilities: Tensor; weights: Tensor[] } => {
    const image = tensor(pixels, { shape: [1, 1, 28, 28] });
    return { probabilities: model.forward(image).softmax({ axis: 1 }), weights };
  };
  try {
    const seen = noGrad(() => scope(forward));
    return {
      probabilities: await take(seen.probabilities),
      maps: await Promise.all(seen.weights.map(async (map, i) => mapOf(layers[i]![0], map.shape, await take(map)))),
    };
  } finally {
    for (const remove of removals) remove();
  }
}

function mapOf(path: string, shape: readonly number[], weights: Float32Array): AttentionMap {
  const [, x, y, heads, keys] = shape as [number, number, number, number, number];
  return { path, tokens: [x, y], kernelSize: Math.sqrt(keys), heads, weights };
}

async function take(values: Tensor): Promise<Float32Array> {
  using read = values;
  return (await read.data()) as Float32Array;
}
