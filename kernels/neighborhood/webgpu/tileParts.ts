// What the tiled programs are made of.

export type TileKind = 'forward' | 'backwardQuery' | 'backwardKey';

/** What is chosen of a tile. */
export interface TileSizes {
  /** Vectors of four numbers that an invocation holds of a row: dim / (4 own) neighbouring invocations share an owner. */
  readonly own: number;
  /** Owners beside one another, owners of an invocation (below one another), and invocations above one another. */
  readonly across: number;
  readonly each: number;
  readonly down: number;
  /** Rows and columns of the box that are in workgroup memory at a time. */
  readonly boxRows: number;
  readonly boxColumns: number;
}

/** What a program is made for. */
export interface Tile extends TileSizes {
  readonly kind: TileKind;
  readonly dim: number;
  /** Cells of the box that are unrolled: along columns, or along rows where a row is one cell. */
  readonly chunk: number;
  /** Columns of a window that is not cut off. */
  readonly columns: number;
  /** Whether no window is cut off, and each is a whole number of chunks of columns. */
  readonly isEven: boolean;
}

export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
export const join = (n: number, line: (i: number) => string): string => range(n).map(line).join('\n');
export const partsOf = ({ dim, own }: Tile): number => dim / (4 * own);
export const threadsOf = (tile: Tile): number => tile.across * partsOf(tile) * tile.down;
/** One column: the cells of a chunk lie below one another. */
export const isLine = ({ across, boxColumns }: Pick<Tile, 'across' | 'boxColumns'>): boolean =>
  across === 1 && boxColumns === 1;

/** Bytes of a cell in workgroup memory. */
export const cellBytes = (dim: number, own: number): number => (dim / (4 * own)) * 16 * (2 * own + 1);

/** Puts this invocation's part of one half of a cell into `<name>0 …`. */
export function loadHalf({ own }: Tile, name: string, half: 'a' | 'b', seat: string): string {
  return join(own, (i) => `let ${name}${i} = box[${seat}].${half}[${i}];`);
}

/** Σ over this invocation's vectors: one chain of multiplications with addition. */
export function product({ own }: Tile, a: string, b: string): string {
  const numbers = range(own).flatMap((i) => ['x', 'y', 'z', 'w'].map((c) => [`${a}${i}.${c}`, `${b}${i}.${c}`]));
  return numbers.reduce((sum, [x, y]) => (sum === '' ? `${x} * ${y}` : `fma(${x}, ${y}, ${sum})`), '');
}
