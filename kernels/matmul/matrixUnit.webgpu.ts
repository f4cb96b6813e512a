// The matrix unit of subgroups (chromium_experimental_subgroup_matrix), and the tiles of a product that suit it.

import type { WebgpuRuntime } from '../runtime/webgpu/runtime.ts';

/** The unit's matrices: M × K times K × N, by subgroups of so many lanes. */
export interface Unit {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly lanes: number;
}

/** How many matrices a subgroup has, down and across. */
export interface UnitTile {
  readonly down: number;
  readonly across: number;
}

/** How many matrices of the unit a subgroup has, with the share of its peak that is reached. */
export const unitTiles: readonly (readonly [UnitTile, number])[] = [
  [{ down: 4, across: 2 }, 1],
  [{ down: 4, across: 1 }, 0.75],
  [{ down: 2, across: 2 }, 0.75],
  [{ down: 2, across: 1 }, 0.55],
];

interface Config {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

const feature = 'chromium-experimental-subgroup-matrix';
/** What a tile of 4 × 2 matrices of 16 × 16 to a subgroup takes. */
const bytes = 48 * 1024;
/** Subgroups of a workgroup, down and across. */
export const gridDown = 2;
export const gridAcross = 4;
export const subgroups = gridDown * gridAcross;
/** How much of K is multiplied between two barriers. */
export const depth = 32;
/** Halves of workgroup memory, and as many steps on their way in registers. */
export const halves = [0, 1] as const;

/**
 * The unit that multiplies float16 into float32; null where the device has none. Square matrices are taken: they fill registers
 * best.
 */
export function unitOf({ device, info }: Pick<WebgpuRuntime, 'device' | 'info'>): Unit | null {
  if (!device.features.has(feature) || !device.features.has('shader-f16')) return null;
  const { subgroupMatrixConfigs: configs = [], subgroupSize } = info as Info;
  if (!subgroupSize) return null;
  const found = configs.find(
    (config) =>
      config.componentType === 'f16' &&
      config.resultComponentType === 'f32' &&
      config.M === config.N &&
      depth % config.K === 0,
  );
  const { maxComputeWorkgroupStorageSize: memory, maxComputeInvocationsPerWorkgroup: invocations } = device.limits;
  if (!found || memory < (found.M > 8 ? bytes : bytes / 2) || invocations < subgroups * subgroupSize) return null;
  const unit = { m: found.M, n: found.N, k: found.K, lanes: subgroupSize };
  return unitTiles.some(([tile]) => isWhole(unit, tile)) ? unit : null;
}

/** What the runtime says of its adapter. */
interface Info {
  readonly subgroupMatrixConfigs?: readonly Config[];
  /** Where all subgroups have the same. */
  readonly subgroupSize?: number | null;
}

/** Rows and columns of C that a workgroup computes, its invocations. */
export interface UnitSizes {
  readonly rows: number;
  readonly columns: number;
  readonly invocations: number;
}

export function sizesOf(unit: Unit, { down, across }: UnitTile): UnitSizes {
  const rows = gridDown * down * unit.m;
  const columns = gridAcross * across * unit.n;
  return { rows, columns, invocations: subgroups * unit.lanes };
}

/** Whether a tile's steps are whole reads of eight numbers for each invocation. */
export function isWhole(unit: Unit, tile: UnitTile): boolean {
  const { rows, columns, invocations } = sizesOf(unit, tile);
  return [rows, columns].every((size) => (size * depth) % (8 * invocations) === 0);
}

/** Whether the last step of so long a K reaches beyond it. */
export function hasEnd(k: number): boolean {
  return k % depth !== 0 || k === 0;
}
