// What the tiled programs are made of.

export type TileKind = 'forward' | 'backwardQuery' | 'backwardKey';

/** Sizes that the program is made for. */
export interface Tile {
  readonly kind: TileKind;
  readonly dim: number;
  /** Owners across, owners of an invocation, and invocations above one another. */
  readonly across: number;
  readonly each: number;
  readonly down: number;
  /** Rows and columns of the box in workgroup memory. */
  readonly boxRows: number;
  readonly boxColumns: number;
  /** Columns of a window, at most. */
  readonly columns: number;
}

export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
export const join = (n: number, line: (i: number) => string): string => range(n).map(line).join('\n');

/** Vectors of a row that an invocation holds. */
export const own = 4;
export const partsOf = ({ dim }: Tile): number => dim / 16;

/** Reads this invocation's part of column `c` into `name`. */
export function loadPart(tile: Tile, name: string, from: string): string {
  const { boxRows, boxColumns } = tile;
  const parts = partsOf(tile);
  return join(
    own,
    (i) => `          let ${name}${i} = ${from}[((${i} * ${boxRows} + r) * ${boxColumns} + c) * ${parts} + i32(part)];`,
  );
}

/** Bytes of a cell in workgroup memory. */
export const cellBytes = (dim: number, own: number): number => (dim / (4 * own)) * 16 * (2 * own + 1);
