import type { NaProblem } from 'vicinal';
import { simulateTiles, type TileCount } from 'vicinal/kernels';
import type { AxisSettings } from './settings.ts';

/** The settings as the library takes them. */
export function problemOf(axes: readonly AxisSettings[]): { lengths: number[]; problem: Required<NaProblem> } {
  const each = <T>(get: (axis: AxisSettings) => T): T[] => axes.map(get);
  return {
    lengths: each(({ length }) => length),
    problem: {
      kernelSize: each(({ kernelSize }) => kernelSize),
      stride: each(({ stride }) => stride),
      dilation: each(({ dilation }) => dilation),
      isCausal: each(({ isCausal }) => isCausal),
    },
  };
}

/** The library's count, or its sentence on why there is no such problem. */
export function countTiles(axes: readonly AxisSettings[]): TileCount | { fault: string } {
  const { lengths, problem } = problemOf(axes);
  const queryTileSize = axes.map(({ queryTile }) => queryTile);
  const keyTileSize = axes.map(({ keyTile }) => keyTile);
  try {
    return simulateTiles(lengths, { ...problem, queryTileSize, keyTileSize });
  } catch (error) {
    return { fault: (error as Error).message };
  }
}
