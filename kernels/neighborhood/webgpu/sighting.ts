// Who sees whom on the GPU: a problem's windows by formula, packed sequences' by table.

import type { Tensor } from '../../../tensor/tensor.ts';
import type { PlainAttrs } from '../plain.ts';
import type { Axis } from '../window.ts';
import type { WgslSight } from './sight.ts';
import type { TileChoice } from './tileChoice.ts';
import { lineWindows } from '../lineWindows.ts';
import { withTemporary } from '../../runtime/webgpu/temporary.ts';
import { wgslLine, wgslSight } from './sight.ts';

export interface Sighting {
  readonly byQuery: WgslSight;
  readonly byKey: WgslSight;
  readonly kernelSizes: readonly number[];
  /** Of windows that follow from a problem. */
  readonly strides?: readonly number[];
  readonly queryTokens: readonly [number, number, number];
  readonly keyTokens: readonly [number, number, number];
  /** How the caller wants the work cut. */
  readonly tiles?: TileChoice | null;
  /** Tables of windows, of queries and of keys, where they follow from no formula. */
  readonly windows?: { readonly byQuery: Tensor; readonly byKey: Tensor };
}

export function neighbours(query: Tensor, axes: readonly Axis[]): Sighting {
  const tokens = [1, 1, ...query.shape.slice(1, -2)].slice(-3) as [number, number, number];
  return {
    byQuery: wgslSight(axes, 'query'),
    byKey: wgslSight(axes, 'key'),
    kernelSizes: [1, 1, ...axes.map(({ kernelSize }) => kernelSize)].slice(-3),
    strides: [1, 1, ...axes.map(({ stride }) => stride)].slice(-3),
    queryTokens: tokens,
    keyTokens: tokens,
  };
}

/** Plain attention of query [B, S, N, D] to key [B, T, Nkv, D]. */
export function line(
  { query, key }: { readonly query: Tensor; readonly key: Tensor },
  attrs: Required<PlainAttrs>,
  body: (sighting: Sighting) => void,
): void {
  const isPacked = attrs.cumulativeLengthsQuery !== null;
  const kind = isPacked ? 'packed' : attrs.isCausal ? 'causal' : 'all';
  const sighting: Sighting = {
    byQuery: wgslLine(kind, 'query'),
    byKey: wgslLine(kind, 'key'),
    kernelSizes: [1, 1, 1],
    queryTokens: [1, 1, query.shape[1]!],
    keyTokens: [1, 1, key.shape[1]!],
  };
  if (!isPacked) return body(sighting);
  const windows = lineWindows(query.shape[1]!, key.shape[1]!, attrs);
  const tables = { byQuery: windows.byQuery(), byKey: windows.byKey() };
  withTemporary(query, 'int32', [Math.max(1, tables.byQuery.length)], (byQuery) =>
    withTemporary(query, 'int32', [Math.max(1, tables.byKey.length)], (byKey) => {
      const { runtime } = query.storage;
      runtime.write(byQuery.storage.handle, 'int32', 0, tables.byQuery);
      runtime.write(byKey.storage.handle, 'int32', 0, tables.byKey);
      body({ ...sighting, windows: { byQuery, byKey } });
    }),
  );
}
