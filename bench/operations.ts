// npm run bench -- ops: what single operations reach on the cpu, beside a copy of the same bytes or a product of matrices.

import type { Entry } from './families.ts';
import * as vicinal from '../index.ts';
import { contiguous, conv2dInputGrad, conv2dWeightGrad } from '../kernels/index.ts';
import { families } from './families.ts';
import { measure } from './measure.ts';
import { made } from './models.ts';

const { noGrad, scope } = vicinal;
const [rows, columns] = [4096, 1024];
/** An operation as slow as this beside the middle one of its family is worth a word. */
const slow = 10;

export interface OperationRow {
  readonly family: string;
  readonly name: string;
  /** Bytes, or floating-point operations, in a second. */
  readonly rate: number;
  /** Of the copy's, or the matrix product's. */
  readonly share: number;
}

/** Of ResNet-18 at batch 8: channels in and out, pixels of a side, kernel, stride. */
const layers = [
  [3, 64, 224, 7, 2],
  [64, 64, 56, 3, 1],
  [64, 128, 56, 3, 2],
  [64, 128, 56, 1, 2],
  [128, 128, 28, 3, 1],
  [128, 256, 28, 3, 2],
  [256, 256, 14, 3, 1],
  [256, 512, 14, 3, 2],
  [512, 512, 7, 3, 1],
] as const;
const batch = 8;

function convolutions(): Entry[] {
  return layers.flatMap(([from, to, size, kernel, stride]): Entry[] => {
    const options = { stride, padding: kernel >> 1 };
    const out = Math.ceil(size / stride);
    const [x, weight] = [made([batch, from, size, size], 1), made([to, from, kernel, kernel], 2)];
    const g = made([batch, to, out, out], 3);
    const flops = 2 * g.size * from * kernel ** 2;
    const name = `${kernel}×${kernel} ${from}→${to} of ${size}²${stride > 1 ? `, stride ${stride}` : ''}`;
    return [
      [name, flops, () => vicinal.conv2d(x, weight, undefined, options)],
      ['  by x', flops, () => conv2dInputGrad(g, weight, { ...options, size: [size, size] })],
      ['  by weight', flops, () => conv2dWeightGrad(x, g, { ...options, kernelSize: [kernel, kernel] })],
    ];
  });
}

async function secondsOf(run: () => unknown, seconds: number): Promise<number> {
  const [timing] = await measure([() => scope(() => void noGrad(run))], seconds);
  return timing!.median;
}

function print(name: string, rate: number, share: number, note = ''): void {
  console.log(`${name.padEnd(40)}${(rate / 1e9).toFixed(1).padStart(9)}${share.toFixed(2).padStart(9)}${note}`);
}

/** Prints and returns a row for each operation whose name matches, on one thread. */
export async function runOperations(only: RegExp, seconds: number): Promise<{ rows: OperationRow[] }> {
  vicinal.setThreads(1);
  const found: OperationRow[] = [];
  const x = made([rows, columns], 1);
  const copied = (8 * x.size) / (await secondsOf(() => contiguous(x), seconds));
  console.log(`${'16 MB, one thread'.padEnd(40)}     GB/s   ÷ copy\n`);
  print('copy', copied, 1);
  let seed = 1;
  const draw = (shape: readonly number[], scale: number): vicinal.Tensor => made([...shape], seed++, { scale });
  for (const [family, entries] of Object.entries(families({ rows, columns, draw, boolBytes: 1 }))) {
    const chosen = entries.filter(([name]) => only.test(name) || only.test(family));
    if (chosen.length > 0) console.log(`\n${family}`);
    const timed: (readonly [Entry, number])[] = [];
    for (const entry of chosen) timed.push([entry, await secondsOf(entry[2], seconds)]);
    const middle = timed.map(([, taken]) => taken).toSorted((a, b) => a - b)[timed.length >> 1] ?? 0;
    for (const [[name, bytes], taken] of timed) {
      const rate = (bytes * x.size) / taken;
      print(
        name,
        rate,
        rate / copied,
        taken > slow * middle ? `  ${(taken / middle).toFixed(0)} × its neighbours` : '',
      );
      found.push({ family, name, rate, share: rate / copied });
    }
  }
  const layersOf = convolutions().filter(([name]) => only.test(`conv ${name}`));
  if (layersOf.length === 0) return { rows: found };
  const [a, b] = [made([512, 512], 1), made([512, 512], 2)];
  const product = (2 * 512 ** 3) / (await secondsOf(() => a.matmul(b), seconds));
  console.log(`\n${'convolutions of ResNet-18, batch 8'.padEnd(40)}  GFLOP/s ÷ matmul`);
  print('matmul 512', product, 1);
  for (const [name, flops, run] of layersOf) {
    const rate = flops / (await secondsOf(run, seconds));
    print(name, rate, rate / product);
    found.push({ family: 'convolutions', name, rate, share: rate / product });
  }
  return { rows: found };
}
