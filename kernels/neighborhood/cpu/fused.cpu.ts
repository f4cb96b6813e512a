import type { Kernel } from '../../../autograd/types.ts';
import type { NaAttrs, NaInputs } from '../fused.ts';
import type {
  BackwardAttrs,
  BackwardKeyAttrs,
  BackwardKeyInputs,
  BackwardQueryAttrs,
  BackwardQueryInputs,
  DeltaInputs,
} from '../fusedBackward.ts';
import type { PlainAttrs, PlainBackwardInputs, PlainInputs } from '../plain.ts';
import type { Operands } from '../packed.ts';
import type { Sighting } from './launch.cpu.ts';
import { acceptsStrides } from '../../../autograd/types.ts';
import { launch, pointer } from '../../runtime/cpu/launch.ts';
import { launchBackward, launchBackwardKey, launchBackwardQuery, launchForward } from './launch.cpu.ts';
import { defaultTile } from '../attributes.ts';
import { lineWindows } from '../lineWindows.ts';
import { resolveProblem } from '../problem.ts';
import { sightsOf, sightsOfLine, threeAxes } from '../tiles.ts';

export const deltaCpu: Kernel<DeltaInputs> = ({ output, gradOutput, gradLogsumexp }, _attrs, [delta]) => {
  const dim = output.shape.at(-1)!;
  const rows = [pointer(gradOutput), pointer(output), gradLogsumexp ? pointer(gradLogsumexp) : 0];
  launch('neighborhoodDelta', [...rows, pointer(delta!), dim], delta!.size, { work: 4 + dim / 4 });
};

/** query, key and value may be views: three slices of one qkv tensor need no copies. */
export const forwardCpu: Kernel<NaInputs, NaAttrs> = acceptsStrides((inputs, attrs, [output, logsumexp]) =>
  launchForward(inputs, neighbours(inputs, attrs), attrs, output!, logsumexp!),
);

export const backwardQueryCpu: Kernel<BackwardQueryInputs, BackwardQueryAttrs> = acceptsStrides(
  (inputs, attrs, [gradQuery, gradRpb]) =>
    launchBackwardQuery(inputs, neighbours(inputs, attrs), attrs, gradQuery!, gradRpb),
);

export const backwardKeyCpu: Kernel<BackwardKeyInputs, BackwardKeyAttrs> = acceptsStrides(
  (inputs, attrs, [gradKey, gradValue]) =>
    launchBackwardKey(inputs, neighbours(inputs, attrs), attrs, gradKey!, gradValue!),
);

export const backwardCpu: Kernel<BackwardQueryInputs, BackwardAttrs> = acceptsStrides((inputs, attrs, outputs) =>
  launchBackward(inputs, neighbours(inputs, attrs), attrs, outputs),
);

export const plainCpu: Kernel<PlainInputs, PlainAttrs> = acceptsStrides((inputs, attrs, [output, logsumexp]) =>
  launchForward(inputs, everyone(inputs, attrs), attrs, output!, logsumexp!),
);

export const plainBackwardQueryCpu: Kernel<PlainBackwardInputs, PlainAttrs> = acceptsStrides(
  (inputs, attrs, [gradQuery]) => launchBackwardQuery(inputs, everyone(inputs, attrs), attrs, gradQuery!, undefined),
);

export const plainBackwardKeyCpu: Kernel<PlainBackwardInputs, PlainAttrs> = acceptsStrides(
  (inputs, attrs, [gradKey, gradValue]) =>
    launchBackwardKey(inputs, everyone(inputs, attrs), attrs, gradKey!, gradValue!),
);

/** @internal */
export function neighbours(
  { query }: Operands,
  attrs: Required<BackwardKeyAttrs> & { numSplitsKey?: readonly number[] | null },
): Sighting {
  const axes = resolveProblem('neighborhoodAttention', query.shape, attrs);
  const { queryTileSize, numSplitsKey } = attrs;
  // Splits deal whole key tiles, so that there must be some.
  const keyTileSize = attrs.keyTileSize ?? (numSplitsKey ? defaultTile(axes.length) : null);
  const three = (sizes: readonly number[] | null | undefined): readonly number[] | null =>
    sizes ? threeAxes(sizes, 1) : null;
  return {
    kernelSizes: threeAxes(
      axes.map(({ kernelSize }) => kernelSize),
      1,
    ),
    byQuery: () => ({
      sights: sightsOf(axes, 'query'),
      chosen: { tile: three(queryTileSize), chunk: three(keyTileSize) },
    }),
    byKey: () => ({ sights: sightsOf(axes, 'key'), chosen: { tile: three(keyTileSize), chunk: three(queryTileSize) } }),
    splits: three(numSplitsKey) ?? [1, 1, 1],
  };
}

function everyone({ query, key }: Operands, attrs: Required<PlainAttrs>): Sighting {
  const [queries, keys] = [query.shape[1]!, key.shape[1]!];
  const windows = lineWindows(queries, keys, attrs);
  const chosen = { tile: null, chunk: null };
  return {
    kernelSizes: [1, 1, 1],
    byQuery: () => ({ sights: sightsOfLine(queries, keys, windows.byQuery()), chosen }),
    byKey: () => ({ sights: sightsOfLine(keys, queries, windows.byKey()), chosen }),
    splits: [1, 1, 1],
  };
}
