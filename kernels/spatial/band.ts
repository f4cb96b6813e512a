import type { Shape } from '../../tensor/shape.ts';
import { sizeOf } from '../../tensor/shape.ts';

/** A sparse matrix [rows, length] whose rows have their elements side by side: row i is `weights[i]`, from column `starts[i]`. */
export interface Band {
  /** Columns: elements of the axis that it is applied to. */
  readonly length: number;
  readonly starts: readonly number[];
  readonly weights: readonly (readonly number[])[];
}

/**
 * The band with rows and columns exchanged. Where the first columns do not fall from row to row, the rows that have a column
 * lie side by side, and the first ones do not fall either. What lies between them is zero.
 */
export function transposeBand({ length, starts, weights }: Band): Band {
  const firsts = new Array<number>(length).fill(0);
  const rows = Array.from({ length }, (): number[] => []);
  weights.forEach((row, i) =>
    row.forEach((weight, t) => {
      const place = starts[i]! + t;
      const turned = rows[place]!;
      if (turned.length === 0) firsts[place] = i;
      while (firsts[place]! + turned.length < i) turned.push(0);
      turned.push(weight);
    }),
  );
  for (let place = 1; place < length; place++) if (rows[place]!.length === 0) firsts[place] = firsts[place - 1]!;
  return { length: weights.length, starts: firsts, weights: rows };
}

/** Numbers before the weights of a row: its first column, and how many weights there are. */
const head = 2;

/** The band as rows of `width` numbers: first column, count, and the weights. */
export function packNumbers({ starts, weights }: Band): { numbers: Float32Array<ArrayBuffer>; width: number } {
  const width = head + weights.reduce((most, row) => Math.max(most, row.length), 0);
  const numbers = new Float32Array(width * weights.length);
  weights.forEach((row, i) => numbers.set([starts[i]!, row.length, ...row], i * width));
  return { numbers, width };
}

/** `packNumbers` as words of 32 bits: first column and count as integers. */
export function packBand(band: Band): { words: Int32Array<ArrayBuffer>; width: number } {
  const { numbers, width } = packNumbers(band);
  const words = new Int32Array(numbers.buffer);
  band.starts.forEach((start, i) => words.set([start, band.weights[i]!.length], i * width));
  return { words, width };
}

/** x as [outer, length, inner] around `axis`. */
export function aroundAxis(x: Shape, axis: number): { outer: number; inner: number } {
  const at = axis < 0 ? axis + x.length : axis;
  return { outer: sizeOf(x.slice(0, at)), inner: sizeOf(x.slice(at + 1)) };
}
