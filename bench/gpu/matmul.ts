// Products of matrices and convolutions on the WebGPU device, by the GPU's own clock.

import type { Tensor } from '../../tensor/tensor.ts';
import type { WebgpuRuntime } from '../../kernels/runtime/webgpu/runtime.ts';
import type { Product } from '../../kernels/matmul/operands.webgpu.ts';
import type { GpuTimer } from './timer.ts';
import { conv2d, linear, matmul, randn, zeros } from '../../index.ts';
import { conv2dInputGrad, conv2dWeightGrad } from '../../kernels/index.ts';
import { fitsUnit, multiplyByUnit, multiplyTiled, tiles } from '../../kernels/matmul/product.webgpu.ts';
import { cells } from './cells.ts';
import { isWhole, unitOf, unitTiles } from '../../kernels/matmul/matrixUnit.webgpu.ts';

export interface Row {
  readonly name: string;
  /** Median milliseconds of a run. */
  readonly ms: number;
  readonly teraflops: number;
}

type Half = 'float32' | 'float16';

/** One job: `inputs` are made before and freed after it. */
interface Job {
  readonly name: string;
  readonly flops: number;
  readonly inputs: () => Tensor[];
  readonly run: (...inputs: Tensor[]) => void;
}

function made(dtype: Half, ...shapes: (readonly number[])[]): () => Tensor[] {
  return () =>
    shapes.map((shape) => {
      const x = randn([...shape], { device: 'webgpu' });
      if (dtype === 'float32') return x;
      const half = x.cast(dtype);
      x.dispose();
      return half;
    });
}

/** Square ones in every orientation, and the layers of NAT-Mini at batch 64: forward, gradients of input and weights. */
function products(dtype: Half): Job[] {
  const square = (n: number, left: boolean, right: boolean): Job => ({
    name: `${n}³ ${left ? 'T' : 'N'}${right ? 'T' : 'N'} ${dtype}`,
    flops: 2 * n ** 3,
    inputs: made(dtype, [n, n], [n, n]),
    run: (a, b) => void matmul(left ? a.transpose() : a, right ? b.transpose() : b),
  });
  const layer = (tokens: number, from: number, to: number): Job[] => {
    const flops = 2 * tokens * from * to;
    const name = `${tokens}×${from}→${to} ${dtype}`;
    return [
      {
        name: `linear ${name}`,
        flops,
        inputs: made(dtype, [tokens, from], [to, from], [to]),
        run: (x, weight, bias) => void linear(x, weight, bias),
      },
      {
        name: `  by x ${name}`,
        flops,
        inputs: made(dtype, [tokens, to], [to, from]),
        run: (g, weight) => void matmul(g, weight),
      },
      {
        name: `  by weight ${name}`,
        flops,
        inputs: made(dtype, [tokens, to], [tokens, from]),
        run: (g, x) => void matmul(g.transpose(), x),
      },
    ];
  };
  return [
    square(4096, false, false),
    square(4096, false, true),
    square(4096, true, false),
    square(2048, false, false),
    square(1024, false, false),
    square(512, false, false),
    ...layer(200704, 64, 192),
    ...layer(50176, 128, 384),
    ...layer(12544, 256, 768),
    ...layer(3136, 512, 1536),
  ];
}

/** Convolutions of NAT-Mini's tokenizer and downsamplers at batch 64, and one of ResNet's. */
function convolutions(): Job[] {
  const layer = (size: number, from: number, to: number, stride: number): Job[] => {
    const out = size / stride;
    const flops = 2 * 64 * out * out * from * to * 9;
    const name = `${from}→${to} of ${size}², stride ${stride}`;
    const options = { stride, padding: 1 };
    const [x, g, weight] = [
      [64, from, size, size],
      [64, to, out, out],
      [to, from, 3, 3],
    ];
    return [
      {
        name: `conv2d ${name}`,
        flops,
        inputs: made('float32', x, weight),
        run: (x, weight) => void conv2d(x, weight, undefined, options),
      },
      {
        name: `  by x ${name}`,
        flops,
        inputs: made('float32', g, weight),
        run: (g, weight) => void conv2dInputGrad(g, weight, { ...options, size: [size, size] }),
      },
      {
        name: `  by weight ${name}`,
        flops,
        inputs: made('float32', x, g),
        run: (x, g) => void conv2dWeightGrad(x, g, { ...options, kernelSize: [3, 3] }),
      },
    ];
  };
  return [...layer(224, 3, 32, 2), ...layer(112, 32, 64, 2), ...layer(56, 64, 128, 2), ...layer(56, 64, 64, 1)];
}

/** Each tile by itself: what product.webgpu.ts's table of shares should say. */
function everyTile(runtime: WebgpuRuntime, dtype: Half): Job[] {
  const unit = unitOf(runtime);
  return [
    [4096, 4096, 4096],
    [200704, 64, 192],
    [1024, 1024, 1024],
  ].flatMap(([m, k, n]): Job[] => {
    const job = (name: string, run: (product: Product) => void): Job => ({
      name: `${m}×${k}×${n} ${dtype} ${name}`,
      flops: 2 * m! * k! * n!,
      inputs: made(dtype, [m!, k!], [k!, n!]),
      run: (a, b) => {
        const out = zeros([m!, n!], { device: 'webgpu', dtype });
        const [left, right] = [
          { tensor: a, outer: k!, k: 1, batch: [] },
          { tensor: b, outer: 1, k: n!, batch: [] },
        ];
        run({ a: left, b: right, m: m!, n: n!, k: k!, batch: [], out });
      },
    });
    const plain = tiles.map(([tile]) => job(`${tile.rows}×${tile.columns}`, (product) => multiplyTiled(product, tile)));
    if (!unit || dtype === 'float32') return plain;
    const byUnit = unitTiles
      .filter(([tile]) => isWhole(unit, tile))
      .map(([tile]) =>
        job(`unit ${tile.down}×${tile.across}`, (product) => {
          if (fitsUnit(product)) multiplyByUnit(product, unit, tile);
        }),
      );
    return [...plain, ...byUnit];
  });
}

export interface MatmulBenchOptions {
  /** Rows whose name matches. Default all. */
  readonly only?: RegExp;
  /** Whether each tile is timed by itself too. Default false. */
  readonly tiles?: boolean;
  /** Seconds of a peer by name of a row. */
  readonly peers?: ReadonlyMap<string, number>;
}

/** Prints a row for each job, and returns them. float16 is timed where the adapter has it. */
export async function benchMatmul(
  timer: GpuTimer,
  runtime: WebgpuRuntime,
  { only = /./, tiles: isEvery = false, peers }: MatmulBenchOptions = {},
): Promise<Row[]> {
  const dtypes = (['float32', 'float16'] as const).filter((dtype) => runtime.dtypes.includes(dtype));
  const jobs = [
    ...dtypes.flatMap((dtype) => [...products(dtype), ...(isEvery ? everyTile(runtime, dtype) : [])]),
    ...convolutions(),
  ];
  console.log(`\n${'matrix products and convolutions'.padEnd(44)}${cells(['ms', 'TF/s', 'PyTorch', 'times'])}`);
  const rows: Row[] = [];
  for (const { name, flops, inputs, run } of jobs.filter((job) => only.test(job.name))) {
    const tensors = inputs();
    const { seconds } = await timer.time({ seconds: () => run(...tensors) });
    for (const x of tensors) x.dispose();
    const row = { name, ms: seconds * 1e3, teraflops: flops / seconds / 1e12 };
    const peer = peers?.get(name);
    const beside = peer === undefined ? [] : [flops / peer / 1e12, peer / seconds];
    console.log(name.padEnd(44) + cells([row.ms, row.teraflops, ...beside]));
    rows.push(row);
  }
  return rows;
}
