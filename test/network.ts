import { scope, tensor, type DeviceName, type Tensor } from '../index.ts';
import * as nn from '../nn/index.ts';
import { Generator } from '../tensor/philox.ts';

/**
 * One of everything that keeps something: saved tensors, running statistics, random masks, optimizer state.
 *
 * @param side of the pictures [2, 1, side, side]; a software GPU is slow
 */
function makeNetwork(side: number): nn.Sequential {
  const channels = side / 2;
  const features = channels * (side / 2) ** 2;
  return new nn.Sequential(
    new nn.Conv2d(1, channels, 3, { padding: 1 }),
    new nn.BatchNorm2d(channels),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.LayerNorm(features),
    new nn.Dropout(0.1),
    new nn.Linear(features, 10),
  );
}

export interface Training {
  readonly device: DeviceName;
  readonly side: number;
  readonly network: nn.Sequential;
  readonly optimizer: nn.optim.AdamW;
  /** Of the pictures. */
  readonly generator: Generator;
}

/** A network of its own on that device, with what trains it. */
export function startTraining(device: DeviceName): Training {
  const side = device === 'webgpu' ? 4 : 8;
  const network = makeNetwork(side).to(device);
  const optimizer = new nn.optim.AdamW(network.parameters(), { lr: 1e-3 });
  return { device, side, network, optimizer, generator: new Generator(0) };
}

/** The next two pictures. */
export function nextBatch({ device, side, generator }: Training): { image: Tensor; label: Tensor } {
  const image = tensor(generator.normal(2 * side * side, 'float32'), { shape: [2, 1, side, side], device });
  return { image, label: tensor([1, 7], { dtype: 'int32', device }) };
}

/** Trains on the next two pictures; the loss. */
export function trainingStep(training: Training): Tensor {
  const { network, optimizer } = training;
  return scope(() => {
    const { image, label } = nextBatch(training);
    optimizer.zeroGrad();
    const logits = network.forward(image);
    const loss = nn.crossEntropy(logits, label).add(logits.square().mean().mul(1e-4));
    loss.backward();
    optimizer.step();
    return loss;
  });
}
