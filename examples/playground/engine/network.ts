import { manualSeed, noGrad, scope, type Tensor } from 'vicinal';
import * as nn from 'vicinal/nn';
import type { Settings } from './settings.ts';
import { DigitNat } from '../../digits/model.ts';

type HostState = Map<string, Pick<Tensor, 'dtype' | 'shape'> & { data: Awaited<ReturnType<Tensor['data']>> }>;

/** Steps over which the learning rate rises to its full. */
const warmUp = 20;

/** A network and what trains it, on the device that was the default when it was made. */
export class Network {
  readonly settings: Settings;
  readonly model: DigitNat;
  readonly #optimizer: nn.optim.AdamW;
  #rate: number;
  steps = 0;

  constructor(settings: Settings) {
    this.settings = settings;
    manualSeed(settings.seed);
    this.model = new DigitNat({ dim: settings.dim, kernelSize: settings.kernelSize });
    this.#rate = settings.rate;
    this.#optimizer = new nn.optim.AdamW(nn.optim.decayGroups(this.model, 0.05), { lr: settings.rate });
  }

  set rate(rate: number) {
    this.#rate = rate;
  }

  /** One step of gradient descent: its loss, and the share of digits that were recognised. */
  step(image: Tensor, label: Tensor): { loss: Tensor; accuracy: Tensor } {
    const lr = this.#rate * Math.min(1, ++this.steps / warmUp);
    for (const group of this.#optimizer.paramGroups) group.lr = lr;
    return scope(() => {
      this.#optimizer.zeroGrad();
      const logits = this.model.forward(image);
      const loss = nn.crossEntropy(logits, label, { labelSmoothing: 0.05 });
      loss.backward();
      this.#optimizer.step();
      return { loss, accuracy: accuracyOf(logits, label) };
    });
  }

  /** The share of `digits` that it recognises. */
  async evaluate(digits: nn.data.Dataset<Record<'image' | 'label', nn.data.HostArray>>): Promise<number> {
    let hits = 0;
    for await (const { image, label } of new nn.data.DataLoader(digits, { batchSize: 100 })) {
      using accuracy = noGrad(() => scope(() => accuracyOf(this.model.forward(image), label)));
      hits += (await accuracy.item()) * label.size;
    }
    return hits / digits.size;
  }

  /** The same network, as far as it is trained, on what is the default device now. */
  async copy(): Promise<Network> {
    const { settings, tensors } = this.#optimizer.stateDict();
    const [weights, memories] = await Promise.all([toHost(this.model.stateDict()), toHost(tensors)]);
    const copy = new Network(this.settings);
    copy.model.loadStateDict(weights);
    copy.#optimizer.loadStateDict({ settings, tensors: memories });
    copy.#rate = this.#rate;
    copy.steps = this.steps;
    return copy;
  }

  /** Writes other weights over its own, and forgets what the optimizer remembers of these. @throws when they are not its own's like */
  load(tensors: nn.StateSource): void {
    this.model.loadStateDict(tensors);
    this.#optimizer.dispose();
  }

  async weights(): Promise<HostState> {
    return toHost(this.model.stateDict());
  }

  dispose(): void {
    this.model.zeroGrad();
    this.model.dispose();
    this.#optimizer.dispose();
  }
}

const accuracyOf = (logits: Tensor, label: Tensor): Tensor => logits.argmax({ axis: 1 }).eq(label).mean();

/** The elements in host memory; the handles are freed. */
async function toHost(state: nn.StateDict): Promise<HostState> {
  const reads = [...state].map(async ([name, tensor]) => {
    const { dtype, shape } = tensor;
    const read = tensor.data();
    tensor.dispose();
    return [name, { dtype, shape, data: await read }] as const;
  });
  return new Map(await Promise.all(reads));
}
