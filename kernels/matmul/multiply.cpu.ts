import { registerTile } from './registerTile.cpu.ts';
import { launch, temporary } from '../runtime/cpu/launch.ts';

/** Where a matrix, or an outer × inner grid of them, lies: an address, and bytes between neighbours along each axis. */
export interface Matrix {
  readonly at: number;
  readonly row: number;
  readonly column: number;
  readonly outer: number;
  readonly inner: number;
}

/** M × K times K × N, for each of outer × inner batches. */
export interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly outer: number;
  readonly inner: number;
  /** Address of N numbers that are added to each row (of M that are added to each column in multiplyWithRowBias). */
  readonly bias?: number;
  /** What is applied to the results: its place in `activations`. Default 0, nothing. */
  readonly activation?: number;
}

/** Where results go: rows and columns in bytes, batches M · N elements apart. */
interface Target {
  readonly at: number;
  readonly row: number;
  readonly column: number;
  /** M numbers added to each column; else N added to each row. */
  readonly biasByRow: boolean;
}

/** What block.as.ts lays out: a tile, zeros, the bias of 96 rows, a panel; then the copy of a block's rows, if any. */
export const blockScratch = 13568;
const mostSteps = 320;
/**
 * The most rows of a block: every panel of b is read once for each block. A multiple of the heights of tiles, 4 and 6, and
 * so are its halves down to 24.
 */
const mostRows = 384;
/** Where each row has its bias, which is laid out for all of them. */
const mostBiasedRows = 96;
const mostColumns = 256;
/** Multiplications a nanosecond, about. */
const speed = 25;
/** Enough blocks to keep some threads busy to the end; fewer where each would take less than some 4 µs. */
const fewItems = 16;
const leastPerItem = 100_000;
/** Bytes from row to row beyond which rows share few cache sets and pages: then a copy pays. */
export const nearRows = 1024;
const mostCopied = 1 << 26;

/** c = a · b (+ bias), activated. c [outer, inner, M, N] lies contiguous at that address and overlaps neither a nor b. */
export function multiply(a: Matrix, b: Matrix, c: number, product: Product): void {
  const { m, n } = product;
  if (m * n * product.outer * product.inner === 0) return;
  const batches = product.outer * product.inner;
  // One matrix b for batches that lie one after the other: they are the rows of one product.
  if (
    batches > 1 &&
    b.outer === 0 &&
    b.inner === 0 &&
    a.inner === m * a.row &&
    (product.outer === 1 || a.outer === product.inner * a.inner)
  ) {
    return multiply(a, b, c, { ...product, m: m * batches, outer: 1, inner: 1 });
  }
  if (
    (m === 1 && multiplyVector(a, b, c, product)) ||
    (n === 1 && !product.bias && multiplyVector(transposed(b), transposed(a), c, { ...product, m: 1, n: m }))
  )
    return activate(c, m * n * batches, product);
  // A few rows times a transposed matrix (a small batch through a linear layer): as bᵀ · aᵀ, b is read where it lies.
  if (m <= 8 && n > 8 && b.row === 4 && b.column !== 4) {
    const target = { at: c, row: 4, column: 4 * n, biasByRow: true };
    multiplyInto(target, transposed(b), transposed(a), { ...product, m: n, n: m });
  } else {
    multiplyInto({ at: c, row: 4 * n, column: 4, biasByRow: false }, a, n === 1 ? { ...b, column: 4 } : b, product);
  }
}

/** c = a · b + one number for each row, M at the address `bias` or none. Else as `multiply`. */
export function multiplyWithRowBias(a: Matrix, b: Matrix, c: number, product: Product): void {
  if (product.m * product.n * product.outer * product.inner === 0) return;
  multiplyInto({ at: c, row: 4 * product.n, column: 4, biasByRow: true }, a, b, product);
}

/** One row a, where b can be read in whole vectors. Returns whether it could. */
function multiplyVector(a: Matrix, b: Matrix, c: number, { n, k, outer, inner, bias = 0 }: Product): boolean {
  const items = outer * inner * Math.ceil(n / 32);
  if (b.row === 4 && a.column === 4 && (n === 1 || b.column !== 4)) {
    const matrix = [b.at, b.column, b.outer, b.inner];
    launch('matmulVectorColumns', [a.at, a.outer, a.inner, ...matrix, bias, c, n, k, inner], items, { work: 2 * k });
  } else if (b.column === 4) {
    const matrix = [b.at, b.row, b.outer, b.inner];
    launch('matmulVectorRows', [a.at, a.column, a.outer, a.inner, ...matrix, bias, c, n, k, inner], items, {
      work: 3 * k,
    });
  } else return false;
  return true;
}

function transposed({ row, column, ...matrix }: Matrix): Matrix {
  return { ...matrix, row: column, column: row };
}

function multiplyInto(target: Target, a: Matrix, b: Matrix, product: Product): void {
  const { m, n, k, outer, inner } = product;
  const isNear = b.column === 4 && (b.row <= nearRows || m <= 24);
  if (isNear || k === 0) return multiplySliced(target, a, b, 32, product);
  const panel = 32 * k;
  const size = Math.ceil(n / 8) * panel;
  const outerCopies = b.outer === 0 ? 1 : outer;
  const innerCopies = b.inner === 0 ? 1 : inner;
  if (outerCopies > 1 && size * outerCopies * innerCopies > mostCopied) {
    for (let i = 0; i < outer; i++) {
      const at = target.at + i * inner * m * n * 4;
      multiplyInto(
        { ...target, at },
        { ...a, at: a.at + i * a.outer },
        { ...b, at: b.at + i * b.outer },
        { ...product, outer: 1 },
      );
    }
    return;
  }
  temporary(size * outerCopies * innerCopies, (at) => {
    const panels = Math.ceil(n / 8) * outerCopies * innerCopies;
    launch('matmulPackPanels', [b.at, b.row, b.column, b.outer, b.inner, at, n, k, innerCopies], panels, {
      work: 4 * k,
    });
    const copy = {
      at,
      row: 32,
      column: 4,
      outer: b.outer === 0 ? 0 : size * innerCopies,
      inner: b.inner === 0 ? 0 : size,
    };
    multiplySliced(target, a, copy, panel, product);
  });
}

/** Few blocks and a long sum are cut along the sum. The cut depends on the sizes alone, and so does the result. */
function multiplySliced(target: Target, a: Matrix, b: Matrix, panel: number, product: Product): void {
  const { m, n, k, outer, inner } = product;
  const elements = m * n * outer * inner;
  const blocks = chooseBlocks(product, target.biasByRow ? mostBiasedRows : mostRows);
  const slices = Math.min(Math.ceil(fewItems / blocks.items), Math.floor(k / 512));
  if (slices < 2) return multiplyBlocks(target, a, b, panel, product, { ...blocks, slices: 1 });
  temporary(slices * elements * 4, (at) => {
    multiplyBlocks({ ...target, at }, a, b, panel, product, { ...blocks, slices });
    launch('matmulSumSlices', [at, target.at, elements, slices], Math.ceil(elements / 1024), { work: 512 * slices });
  });
  activate(target.at, elements, product);
}

/** Of an item of activate in matmul.as.ts. */
const runSize = 4096;

/** Applies the activation to `size` neighbours. */
function activate(at: number, size: number, { activation = 0 }: Product): void {
  if (activation !== 0) launch('activate', [activation, at, size], Math.ceil(size / runSize), { work: runSize / 2 });
}

interface Blocks {
  readonly rows: number;
  readonly columns: number;
  readonly items: number;
}

function chooseBlocks({ m, n, k, outer, inner }: Product, mostRows: number): Blocks {
  const batches = outer * inner;
  const enough = Math.min(fewItems, (m * n * k * batches) / leastPerItem);
  const count = (): number => batches * Math.ceil(m / rows) * Math.ceil(n / columns);
  let rows = mostRows;
  let columns = mostColumns;
  while (columns > 64 && count() < enough) columns /= 2;
  while (rows > 24 && count() < enough) rows /= 2;
  return { rows, columns, items: count() };
}

function multiplyBlocks(
  target: Target,
  a: Matrix,
  b: Matrix,
  panel: number,
  product: Product,
  blocks: Blocks & { slices: number },
): void {
  const { m, n, k, outer, inner, bias = 0, activation = 0 } = product;
  const { rows, columns, items, slices } = blocks;
  const multiplications = m * n * k * outer * inner;
  const tile = registerTile(multiplications);
  const copiesRows = Math.abs(a.column) > nearRows && n > 16;
  const steps = Math.ceil(k / slices);
  const copy = 4 * rows * Math.min(steps, mostSteps);
  launch(
    'matmulBlocks',
    [
      ...tile,
      a.at,
      a.row,
      a.column,
      a.outer,
      a.inner,
      b.at,
      b.row,
      panel,
      Number(panel !== 32),
      b.outer,
      b.inner,
      target.at,
      target.row,
      target.column,
      4 * m * n * outer * inner,
      bias,
      Number(target.biasByRow),
      m,
      n,
      k,
      inner,
      outer * inner,
      steps,
      rows,
      columns,
      Number(copiesRows),
      slices === 1 ? activation : 0,
    ],
    items * slices,
    { work: multiplications / (items * slices * speed), scratch: blockScratch + (copiesRows ? copy : 0) },
  );
}
