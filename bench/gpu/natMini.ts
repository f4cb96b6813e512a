// NAT-Mini in training on the WebGPU device: what a step takes, in time, memory and calls.

import type { Tensor } from '../../index.ts';
import type { WebgpuRuntime } from '../../kernels/runtime/webgpu/runtime.ts';
import { autocast, manualSeed, memory, randint, randn, resetPeak, scope } from '../../index.ts';
import * as nn from '../../nn/index.ts';
import { dispatchTable, timeDispatches, traceDispatches } from './dispatches.ts';

/** Parameters of NAT-Mini with 1000 classes and no biases by position: what makes it the model that others time. */
const parametersOfMini = 19_958_824;

interface Sizes {
  readonly depths: readonly number[];
  readonly heads: readonly number[];
  readonly dim: number;
  readonly kernelSize: number;
  readonly mlpRatio: number;
  readonly classes: number;
}

export const mini: Sizes = {
  depths: [3, 4, 6, 5],
  heads: [2, 4, 8, 16],
  dim: 64,
  kernelSize: 7,
  mlpRatio: 3,
  classes: 1000,
};

/** x [B, 3, Y, X] → [B, Y / 4, X / 4, C]. */
class Tokenizer extends nn.Module {
  proj: nn.Sequential;
  norm: nn.LayerNorm;

  constructor(dim: number) {
    super();
    const options = { stride: 2, padding: 1 };
    this.proj = new nn.Sequential(new nn.Conv2d(3, dim / 2, 3, options), new nn.Conv2d(dim / 2, dim, 3, options));
    this.norm = new nn.LayerNorm(dim);
  }

  forward(x: Tensor): Tensor {
    return scope(() => this.norm.forward(this.proj.forward(x).permute(0, 2, 3, 1)));
  }
}

/** x [B, Y, X, C] → [B, Y / 2, X / 2, 2 C]. */
class Downsampler extends nn.Module {
  reduction: nn.Conv2d;
  norm: nn.LayerNorm;

  constructor(dim: number) {
    super();
    this.reduction = new nn.Conv2d(dim, 2 * dim, 3, { stride: 2, padding: 1, bias: false });
    this.norm = new nn.LayerNorm(2 * dim);
  }

  forward(x: Tensor): Tensor {
    return scope(() => this.norm.forward(this.reduction.forward(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)));
  }
}

/** x [B, Y, X, C] → the same. */
class Block extends nn.Module {
  norm1: nn.LayerNorm;
  attn: nn.NeighborhoodAttention2d;
  norm2: nn.LayerNorm;
  mlp: nn.MLP;

  constructor(dim: number, heads: number, { kernelSize, mlpRatio }: Sizes) {
    super();
    this.norm1 = new nn.LayerNorm(dim);
    this.attn = new nn.NeighborhoodAttention2d(dim, heads, { kernelSize, padSmallInputs: true });
    this.norm2 = new nn.LayerNorm(dim);
    this.mlp = new nn.MLP(dim, { hiddenFeatures: mlpRatio * dim });
  }

  forward(x: Tensor): Tensor {
    return scope(() => {
      const attended = x.add(this.attn.forward(this.norm1.forward(x)));
      return attended.add(this.mlp.forward(this.norm2.forward(attended)));
    });
  }
}

/**
 * Images [B, 3, Y, X] → logits [B, classes].
 *
 * @source Hassani et al., "Neighborhood Attention Transformer", 2023, table 1, without relative positional biases
 */
export class Nat extends nn.Module {
  patchEmbed: Tokenizer;
  levels: nn.Sequential;
  norm: nn.LayerNorm;
  head: nn.Linear;

  constructor(sizes: Sizes) {
    super();
    const { depths, heads, dim, classes } = sizes;
    this.patchEmbed = new Tokenizer(dim);
    const levels = depths.map((depth, i) => {
      const blocks = Array.from({ length: depth }, () => new Block(dim * 2 ** i, heads[i]!, sizes));
      const isLast = i === depths.length - 1;
      return new nn.Sequential(...blocks, ...(isLast ? [] : [new Downsampler(dim * 2 ** i)]));
    });
    this.levels = new nn.Sequential(...levels);
    const features = dim * 2 ** (depths.length - 1);
    this.norm = new nn.LayerNorm(features);
    this.head = new nn.Linear(features, classes);
  }

  forward(x: Tensor): Tensor {
    return scope(() => {
      const features = this.norm.forward(this.levels.forward(this.patchEmbed.forward(x)));
      return this.head.forward(features.mean({ axis: [1, 2] }));
    });
  }
}

type Precision = 'float32' | 'autocast float16';

export interface NatMiniOptions {
  /** Default 64. */
  readonly batch?: number;
  /** Pixels of a side, a multiple of 32. Below 224 the last levels are smaller than a window, and pad. Default 224. */
  readonly size?: number;
  /** Of the model. Default NAT-Mini's. */
  readonly sizes?: Sizes;
  /** Steps that are timed, after `warmUp`. Default 20, 25: engines compile what they run often. */
  readonly steps?: number;
  readonly warmUp?: number;
  /** Whether the programs of a step are listed, with their times by the GPU's clock. Default false. */
  readonly list?: boolean;
  /** Default both where the device has float16, else float32. */
  readonly precisions?: readonly Precision[];
}

export interface NatMiniRow {
  readonly precision: Precision;
  readonly parameters: number;
  /** Milliseconds: forward with its tape; zeroGrad, forward, backward and AdamW. */
  readonly forward: number;
  readonly step: number;
  readonly imagesPerSecond: number;
  /** The most bytes that were live in a step, and bytes taken from the device. */
  readonly peak: number;
  readonly reserved: number;
  readonly dispatches: number;
  /** Microseconds of the CPU for each dispatch of a step: all that is done before the GPU is waited for. */
  readonly cpuPerDispatch: number;
  /** Before each step. */
  readonly losses: readonly number[];
}

interface Batch {
  readonly image: Tensor;
  readonly label: Tensor;
}

interface Training {
  readonly forward: () => Tensor;
  readonly step: () => Tensor;
}

function training(model: Nat, optimizer: nn.optim.AdamW, batch: Batch, scaler: nn.optim.GradScaler | null): Training {
  const plain = (): Tensor => scope(() => nn.crossEntropy(model.forward(batch.image), batch.label));
  const forward = scaler ? () => autocast('float16', plain) : plain;
  const step = (): Tensor =>
    scope(() => {
      optimizer.zeroGrad();
      const loss = forward();
      (scaler ? scaler.scale(loss) : loss).backward();
      if (scaler) scaler.step(optimizer);
      else optimizer.step();
      scaler?.update();
      return loss;
    });
  return { forward, step };
}

/** Milliseconds of one `body`, many of them asked for before the GPU is waited for, and of the CPU's part. */
async function time(runtime: WebgpuRuntime, body: () => Tensor, count: number): Promise<{ all: number; cpu: number }> {
  await runtime.finish();
  const start = performance.now();
  let cpu = 0;
  for (let i = 0; i < count; i++) {
    const before = performance.now();
    body().dispose();
    runtime.commands.flush();
    cpu += performance.now() - before;
  }
  await runtime.finish();
  return { all: (performance.now() - start) / count, cpu: cpu / count };
}

async function measure(
  runtime: WebgpuRuntime,
  precision: Precision,
  { batch = 64, size = 224, sizes = mini, steps = 20, warmUp = 25, list = false }: NatMiniOptions,
): Promise<NatMiniRow> {
  manualSeed(1);
  const model = new Nat(sizes).to(runtime);
  const parameters = model.parameters().reduce((sum, { size: n }) => sum + n, 0);
  if (sizes === mini && parameters !== parametersOfMini)
    throw new Error(`the model has ${parameters} parameters; NAT-Mini has ${parametersOfMini}`);
  const optimizer = new nn.optim.AdamW(model.parameters(), { lr: 1e-3, weightDecay: 0.05 });
  const image = randn([batch, 3, size, size], { device: runtime }).keep();
  const label = randint(0, sizes.classes, [batch], { device: runtime }).keep();
  const scaler = precision === 'float32' ? null : new nn.optim.GradScaler({ device: runtime });
  const { forward, step } = training(model, optimizer, { image, label }, scaler);
  const losses: number[] = [];
  for (let i = 0; i < warmUp; i++) {
    using loss = step();
    losses.push(await loss.item());
  }
  resetPeak();
  const traced = traceDispatches(runtime, () => step().dispose());
  const dispatches = traced.length;
  if (list) {
    const hasClock = runtime.device.features.has('timestamp-query');
    console.log(dispatchTable(traced, hasClock ? await timeDispatches(runtime, () => step().dispose()) : []));
  }
  const { peak, reserved } = memory()['webgpu']!;
  const whole = await time(runtime, step, steps);
  const ahead = await time(runtime, forward, steps);
  using last = forward();
  losses.push(await last.item());
  optimizer.dispose();
  scaler?.dispose();
  for (const tensor of [...model.parameters(), image, label]) tensor.dispose();
  return {
    precision,
    parameters,
    forward: ahead.all,
    step: whole.all,
    imagesPerSecond: (1e3 * batch) / whole.all,
    peak,
    reserved,
    dispatches,
    cpuPerDispatch: (1e3 * whole.cpu) / dispatches,
    losses,
  };
}

/** Prints a row for each precision, and returns them. */
export async function benchNatMini(runtime: WebgpuRuntime, options: NatMiniOptions = {}): Promise<NatMiniRow[]> {
  const { batch = 64, size = 224 } = options;
  const hasHalf = runtime.dtypes.includes('float16');
  const precisions = options.precisions ?? (hasHalf ? ['float32', 'autocast float16'] : ['float32']);
  console.log(`\nnat-mini step, batch ${batch}, ${size}×${size}`);
  console.log('                     forward   step  images/s   peak  reserved  dispatches  CPU µs each  losses');
  const rows: NatMiniRow[] = [];
  for (const precision of precisions) {
    const row = await measure(runtime, precision, options);
    rows.push(row);
    const cells = [
      row.forward.toFixed(1).padStart(8),
      row.step.toFixed(1).padStart(7),
      row.imagesPerSecond.toFixed(0).padStart(10),
      `${(row.peak / 2 ** 30).toFixed(2)} G`.padStart(7),
      `${(row.reserved / 2 ** 30).toFixed(2)} G`.padStart(10),
      String(row.dispatches).padStart(12),
      row.cpuPerDispatch.toFixed(1).padStart(13),
    ];
    console.log(precision.padEnd(20), cells.join(''), ` ${row.losses.map((loss) => loss.toFixed(3)).join(' ')}`);
  }
  return rows;
}
