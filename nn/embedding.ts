import type { Tensor } from '../index.ts';
import { embedding } from '../index.ts';
import { checkSize } from './check.ts';
import * as init from './init.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

/**
 * Row `index` of a learned table.
 *
 * Shape: index `[...]`, integers of 0..numEmbeddings−1 → `[..., embeddingDim]`.
 *
 * Parameters: `weight` [numEmbeddings, embeddingDim], standard normal.
 *
 * @source PyTorch: `torch.nn.Embedding`
 * @example
 * new nn.Embedding(10, 4).forward(tensor(Int32Array.of(3, 9))).shape; // [2, 4]
 */
export class Embedding extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  weight: Parameter;

  constructor(numEmbeddings: number, embeddingDim: number) {
    super();
    this.numEmbeddings = checkSize('Embedding', 'numEmbeddings', numEmbeddings);
    this.embeddingDim = checkSize('Embedding', 'embeddingDim', embeddingDim);
    this.weight = init.normal(new Parameter([numEmbeddings, embeddingDim]));
  }

  forward(index: Tensor): Tensor {
    return embedding(this.weight, index);
  }

  override describe(): string {
    return `${this.numEmbeddings}, ${this.embeddingDim}`;
  }
}
