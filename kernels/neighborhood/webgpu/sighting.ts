// Who sees whom on the GPU: a problem's windows by formula, packed sequences' by table.

import type { Tensor } from '../../../tensor/tensor.ts';
import type { PlainAttrs } from '../plain.ts';
import type { Axis } from '../window.ts';
import type { WgslSight } from './sight.ts';
import type { Three, TileChoice } from './tileChoice.ts';
import { lineWindows } from '../lineWindows.ts';
import { withTemporary } from '../../runtime/temporary.ts';
import { wgslLine, wgslSight } from './sight.ts';
import { onThree } from './tileChoice.ts';

export interface Sighting {
  readonly byQuery: WgslSight;
  readonly byKey: WgslSight;
  readonly kernelSizes: Three;
  readonly strides: Three;
  readonly isCausal: readonly [boolean, boolean, boolean];
  readonly queryTokens: readonly [number, number, number];
  readonly keyTokens: readonly [number, number, number];
  /** How the caller wants the work cut. */
  readonly tiles?: TileChoice | null;
  /** Tables of windows, of queries and of keys, where they follow from no formula. */
  readonly windows?: { readonly byQuery: Tensor; readonly byKey: Tensor };
}

export function neighbours(query: Tensor, axes: readonly Axis[]): Sighting {
  const tokens = onThree(query.shape.slice(1, -2), 1);
  return {
    byQuery: wgslSight(axes, 'query'),
    byKey: wgslSight(axes, 'key'),
    kernelSizes: onThree(
      axes.map(({ kernelSize }) => kernelSize),
      1,
    ),
    strides: onThree(
      axes.map(({ stride }) => stride),
      1,
    ),
    isCausal: onThree(
      axes.map(({ isCausal }) => isCausal),
      false,
    ),
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
    strides: [1, 1, 1],
    isCausal: [false, kind === 'causal', false],
    queryTokens: [1, query.shape[1]!, 1],
    keyTokens: [1, key.shape[1]!, 1],
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
