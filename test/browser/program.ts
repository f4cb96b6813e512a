import type * as Vicinal from '../../index.ts';
import type * as NN from '../../nn/index.ts';
import { slot } from '../../kernels/runtime/cpu/job.ts';

/** What the program saw where it ran. */
export interface Report {
  /** What must be the same bits everywhere. */
  readonly results: Readonly<Record<string, unknown>>;
  /** The cpu device's. */
  readonly info: Readonly<Record<string, unknown>>;
  readonly isolated: boolean;
  readonly hasSharedArrays: boolean;
  readonly cores: number | undefined;
  /** Chunks of a product that other threads worked off. */
  readonly chunksOfOthers: number;
  /** What is said of a file that cannot be read. */
  readonly fileError: string;
  /** What is said of a WebGL device where nobody installed gpu.js. */
  readonly webglError: string;
}

/** The same work for Node, a page and a worker of a page, with the entry points of the built package as they came. */
export async function run(vicinal: typeof Vicinal, nn: typeof NN): Promise<Report> {
  const { device, manualSeed, ones, rand, threads } = vicinal;
  manualSeed(0);
  const [a, b] = [rand([512, 512]), rand([512, 512])];
  const multiply = async (): Promise<string> => bits(await a.matmul(b).data());
  const beforeWorkers = await multiply();
  const { info } = await device('cpu');
  const chunksOfOthers = threads() > 1 ? await countOthers(multiply, info) : 0;
  const results = {
    beforeWorkers,
    product: await multiply(),
    // 64 MiB: the memory grows under the workers.
    grown: await ones([4096, 4096]).sum({ axis: 0 }).max().item(),
    losses: await train(vicinal, nn),
  };
  const { crossOriginIsolated = false, navigator } = globalThis as Partial<typeof globalThis>;
  const seen = { ...info };
  (await device('cpu')).dispose();
  return {
    results,
    info: seen,
    isolated: crossOriginIsolated,
    hasSharedArrays: typeof SharedArrayBuffer !== 'undefined',
    cores: navigator?.hardwareConcurrency,
    chunksOfOthers,
    fileError: await nn.loadSafetensors('model.safetensors').then(String, (error: Error) => error.message),
    webglError: await device('webgl').then(String, (error: Error) => error.message),
  };
}

/** Five steps of a network with a convolution, an attention block and a head. */
async function train({ manualSeed, rand, randint, scope }: typeof Vicinal, nn: typeof NN): Promise<number[]> {
  manualSeed(1);
  const tokenizer = new nn.Conv2d(1, 32, 3, { padding: 1 });
  const norm = new nn.LayerNorm(32);
  const attention = new nn.NeighborhoodAttention2d(32, 2, { kernelSize: 5 });
  const head = new nn.Linear(32, 10);
  const parameters = [tokenizer, norm, attention, head].flatMap((layer) => [...layer.parameters()]);
  const optimizer = new nn.optim.AdamW(parameters, { lr: 1e-2 });
  const [images, labels] = [rand([16, 1, 14, 14]), randint(0, 10, [16])];
  const losses: number[] = [];
  for (let step = 0; step < 5; step++) {
    const loss = scope(() => {
      optimizer.zeroGrad();
      const x = tokenizer.forward(images).permute(0, 2, 3, 1);
      const h = x.add(attention.forward(norm.forward(x))).gelu();
      const loss = nn.crossEntropy(head.forward(h.mean({ axis: [1, 2] })), labels);
      loss.backward();
      optimizer.step();
      return loss;
    });
    losses.push(await loss.item());
  }
  return losses;
}

/** Repeats work until other threads took chunks of it, and counts those. Workers of a page start in its event loop. */
async function countOthers(work: () => Promise<unknown>, info: Report['info']): Promise<number> {
  const { add } = Atomics;
  const count = { own: 0, others: 0 };
  // This thread asks for chunks until it gets a number beyond the last: those that it did not get, others did.
  Atomics.add = ((words: Int32Array, index: number, value: number) => {
    const got = add(words, index, value);
    if (index !== slot.next) return got;
    const chunks = words[slot.chunks] ?? 0;
    if (got < chunks) count.own++;
    else {
      count.others += chunks - count.own;
      count.own = 0;
    }
    return got;
  }) as typeof add;
  const end = Date.now() + 5000;
  while (count.others === 0 && info.threadsFailure === null && Date.now() < end) {
    await work();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  Atomics.add = add;
  return count.others;
}

/** A digest of all bits (FNV-1a over 32-bit words). */
function bits(data: ArrayBufferView): string {
  let hash = 0x811c9dc5;
  for (const word of new Uint32Array(data.buffer, data.byteOffset, data.byteLength / 4)) {
    hash = Math.imul(hash ^ word, 0x01000193);
  }
  return (hash >>> 0).toString(16);
}
