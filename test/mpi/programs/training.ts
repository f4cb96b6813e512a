// Trains a small network on this rank's share of each batch, and prints what became of it.

import { createHash } from 'node:crypto';
import {
  device,
  manualSeed,
  noGrad,
  randn,
  scope,
  setDefaultDevice,
  tensor,
  type DeviceName,
  type Tensor,
} from '../../../index.ts';
import * as nn from '../../../nn/index.ts';
import {
  allReduce,
  barrier,
  DistributedDataParallel,
  DistributedSampler,
  init,
  rank,
  size,
} from '../../../distributed/index.ts';
import { currentWorld } from '../../../distributed/world.ts';

export interface Settings {
  readonly device?: DeviceName;
  readonly steps?: number;
  /** Of all ranks together. */
  readonly batch?: number;
  readonly bucketCapMb?: number;
  readonly compression?: 'float16';
  readonly broadcastBuffers?: boolean;
  /** Parts in which a rank takes its share of a batch. */
  readonly parts?: number;
  /** Without DistributedDataParallel: what the others are held to. */
  readonly plain?: boolean;
  /** In the first step, only even ones of so many ranks use one of the layers. */
  readonly uneven?: number;
  /** The last rank's model has one layer more. */
  readonly differs?: boolean;
  /** A file to begin from, and one that rank 0 writes at the end. */
  readonly from?: string;
  readonly to?: string;
}

const settings = JSON.parse(process.argv[2] ?? '{}') as Settings;
const { steps = 6, batch = 8, parts = 1, bucketCapMb = 25, compression, broadcastBuffers = true } = settings;

/** Tokens, a window of neighbours, a layer that few samples may use, and one that none does. */
class Net extends nn.Module {
  embed = new nn.Linear(6, 8);
  norm = new nn.LayerNorm(8);
  attn = new nn.NeighborhoodAttention1d(8, 2, { kernelSize: 3 });
  seldom = new nn.Linear(8, 8);
  head = new nn.Linear(8, 3);
  /** Differs by rank at first, and each step changes it by another number on each. */
  count = scope(() => new nn.Buffer(tensor([settings.plain ? 0 : rank()])));
  never = new nn.Linear(2, 2);
  deeper = settings.differs && rank() === size() - 1 ? new nn.Linear(8, 8) : null;

  /** @param users - [B, 1, 1], 1 where a sample uses the layer that few use; null for none */
  forward(x: Tensor, users: Tensor | null): Tensor {
    const h = this.embed.forward(x);
    noGrad(() => this.count.become(this.count.add((1 + (settings.plain ? 0 : rank())) / parts)));
    const y = h.add(this.attn.forward(this.norm.forward(h)));
    return this.head.forward((users ? this.seldom.forward(y).mul(users).add(y) : y).mean({ axis: 1 }));
  }
}

setDefaultDevice(await device(settings.device ?? 'cpu'));
await init({ timeout: 30 });
manualSeed(1);
const samples = 24;
using inputs = randn([samples, 5, 6]);
const data = new nn.data.TensorDataset({
  x: { shape: [samples, 5, 6], data: await inputs.data() },
  y: { shape: [samples], data: Int32Array.from({ length: samples }, (_, i) => (i * 7) % 3) },
});
manualSeed(2 + (settings.plain ? 0 : rank())); // each rank begins elsewhere: wrap() must give all rank 0's
const net = new Net();
const options = { bucketCapMb, broadcastBuffers, ...(compression && { compression }) };
const model = settings.plain ? null : await DistributedDataParallel.wrap(net, options);
const optimizer = new nn.optim.SGD(net.parameters(), { lr: 0.2, momentum: 0.9 });
const sampler = new DistributedSampler(data, { seed: 3 });
const share = batch / size() / parts;
const loader = new nn.data.DataLoader(data, { batchSize: share, sampler });
let step = 0;
if (settings.from) {
  const { tensors, metadata } = await nn.loadSafetensors(settings.from);
  net.loadStateDict(nn.withoutPrefix('model', tensors));
  const state = JSON.parse(metadata['run']!) as {
    step: number;
    settings: nn.optim.OptimizerSettings;
    loader: nn.data.LoaderState;
  };
  optimizer.loadStateDict({ settings: state.settings, tensors: nn.withoutPrefix('optimizer', tensors) });
  loader.setState(state.loader);
  step = state.step;
}

const losses: number[] = [];
/** Calls of MPI that were begun within a backward. */
let begun = 0;
const { all } = currentWorld()!;
const end = step + steps;
let part = 0;
let unused = true;
while (step < end) {
  for await (const { x, y } of loader) {
    const isUneven = step === 0 && settings.uneven !== undefined;
    const rankOf = (i: number): number => (rank() + i * size()) % settings.uneven!;
    const uses = Array.from({ length: share }, (_, i) => !isUneven || rankOf(i) % 2 === 0);
    const backward = (): Tensor =>
      scope(() => {
        const users = uses.includes(true) ? tensor(uses.map(Number)).reshape([share, 1, 1]) : null;
        const logits = (model ?? net).forward(x, users);
        const loss = nn.crossEntropy(logits, y).div(parts);
        const before = all.calls;
        loss.backward();
        begun += all.calls - before;
        return loss.detach();
      });
    const isLast = ++part === parts;
    using loss = isLast || !model ? backward() : model.noSync(backward);
    if (!isLast) continue;
    await model?.synchronize();
    scope(() => optimizer.step());
    unused &&= net.never.weight.grad === null;
    optimizer.zeroGrad();
    part = 0;
    await allReduce(loss, { op: 'mean' });
    losses.push(await loss.item());
    if (++step === end) break;
  }
}

const state = net.stateDict();
const hash = createHash('sha256');
for (const tensor of state.values()) hash.update(await tensor.data());
const digest = hash.digest('hex');
if (settings.to && rank() === 0) {
  const { settings: own, tensors } = optimizer.stateDict();
  const entries = new Map([...nn.withPrefix('model', state), ...nn.withPrefix('optimizer', tensors)]);
  await nn.saveSafetensors(settings.to, entries, {
    run: JSON.stringify({ step, settings: own, loader: loader.state() }),
  });
}
await barrier();
console.log(
  JSON.stringify({
    rank: rank(),
    digest,
    losses,
    begun,
    unused,
    count: await net.count.item(),
  }),
);
