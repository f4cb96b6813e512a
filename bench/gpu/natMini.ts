// NAT-Mini in training on the WebGPU device: what a step takes, in time, memory and calls.

import type { Tensor } from '../../index.ts';
import type { WebgpuRuntime } from '../../kernels/runtime/webgpu/runtime.ts';
import { autocast, manualSeed, memory, randint, randn, resetPeak, scope } from '../../index.ts';
import * as nn from '../../nn/index.ts';
import { dispatchTable, timeDispatches, traceDispatches } from './dispatches.ts';

/** Parameters of NAT-Mini with 1000 classes and no biases by position: what makes it the model that others time. */
const parametersOfMini = 19_958_824;

/** NAT-Mini as NATTEN's own kernels can run it: without biases by position, and no branch dropped. */
function miniWithoutBias(): nn.models.NAT {
  return nn.models.natMini({ relPosBias: false, dropPath: 0 });
}

type Precision = 'float32' | 'autocast float16';

export interface NatMiniOptions {
  /** Default 64. */
  readonly batch?: number;
  /** Pixels of a side, a multiple of 32. Below 224 the last levels are smaller than a window, and pad. Default 224. */
  readonly size?: number;
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

function training(
  model: nn.models.NAT,
  optimizer: nn.optim.AdamW,
  batch: Batch,
  scaler: nn.optim.GradScaler | null,
): Training {
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
  { batch = 64, size = 224, steps = 20, warmUp = 25, list = false }: NatMiniOptions,
): Promise<NatMiniRow> {
  manualSeed(1);
  const model = miniWithoutBias().to(runtime);
  const parameters = model.parameters().reduce((sum, { size: n }) => sum + n, 0);
  if (parameters !== parametersOfMini)
    throw new Error(`the model has ${parameters} parameters; NAT-Mini has ${parametersOfMini}`);
  const optimizer = new nn.optim.AdamW(model.parameters(), { lr: 1e-3, weightDecay: 0.05 });
  const image = randn([batch, 3, size, size], { device: runtime }).keep();
  const label = randint(0, 1000, [batch], { device: runtime }).keep();
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
