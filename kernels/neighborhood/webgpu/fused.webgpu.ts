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
import type { Pass } from '../natten/nattenTiles.ts';
import type { Operands } from '../packed.ts';
import type { PlainAttrs, PlainBackwardInputs, PlainInputs } from '../plain.ts';
import type { Sighting } from './sighting.ts';
import type { Three } from './tileChoice.ts';
import { acceptsStrides } from '../../../autograd/types.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { resolveProblem } from '../problem.ts';
import { checkDeviceTiles, tilingProblem } from '../tileRules.ts';
import { attend } from './attend.ts';
import { backwardKey, backwardQuery, forward } from './launch.ts';
import { line, neighbours } from './sighting.ts';
import { rowsLast } from './rows.ts';
import { wgslLine } from './sight.ts';
import { inSplits, partOfSight, splitAt } from './splits.ts';
import { onThree } from './tileChoice.ts';
import { tileChoice } from './tiling.ts';

const lanes = 64;

/** delta = Σ_d dO · O − dLogsumexp: neighbouring invocations share a row, and the first adds what they found. */
export const deltaWebgpu: Kernel<DeltaInputs> = ({ output, gradOutput, gradLogsumexp }, _attrs, [delta]) => {
  const rows = delta!.size;
  const dim = output.shape.at(-1)!;
  const vectors = Math.ceil(dim / 4);
  const share = Math.min(8, 2 ** Math.ceil(Math.log2(vectors)));
  const asRows = (name: string, x: typeof output) => ({ ...rowsLast(name, x), strides: [0, 0, 0, dim, 0] });
  const extents = { batch: 1, tokens: [1, 1, rows], boxTokens: [1, 1, 1], heads: 1, boxHeads: 1 } as const;
  const extra = gradLogsumexp ? ' - f32(gradLogsumexp[params.gradLogsumexpOffset + row])' : '';
  attend({
    key: `delta${extra && ' logsumexp'}`,
    sight: wgslLine('all', 'query'),
    extents,
    reads: [asRows('output', output), asRows('grad', gradOutput)],
    writes: [],
    others: [...(gradLogsumexp ? ([['gradLogsumexp', gradLogsumexp]] as const) : []), ['delta', delta!, 'write']],
    rows,
    teams: { size: lanes, count: Math.ceil((rows * share) / lanes) },
    declarations: `var<workgroup> sums: array<f32, ${lanes}>;`,
    body: `  let part = lane % ${share}u;
  let row = ((group.y * groups.x + group.x) * ${lanes}u + lane) / ${share}u;
  var sum = 0.0;
  if (row < params.rows) {
    let at = outputAt(0u, 0u, 0u, row, 0u);
    let gradRow = gradAt(0u, 0u, 0u, row, 0u);
    for (var d = part; d < ${vectors}u; d += ${share}u) { sum += dot(load_output(at, d), load_grad(gradRow, d)); }
  }
  sums[lane] = sum;
  workgroupBarrier();
  if (part > 0u || row >= params.rows) { return; }
  for (var i = 1u; i < ${share}u; i++) { sum += sums[lane + i]; }
  delta[params.deltaOffset + row] = sum${extra};`,
  });
};

export const forwardWebgpu: Kernel<NaInputs, NaAttrs> = acceptsStrides((inputs, attrs, [output, logsumexp]) =>
  forward(inputs, sightingOf('forward', inputs, attrs), attrs, output!, logsumexp!),
);

export const backwardQueryWebgpu: Kernel<BackwardQueryInputs, BackwardQueryAttrs> = acceptsStrides(
  (inputs, attrs, [gradQuery, gradRpb]) => {
    const sighting = sightingOf('backward', inputs, attrs);
    const splits = splitsOf(attrs, sighting);
    const targets = gradRpb ? [gradQuery!, gradRpb] : [gradQuery!];
    inSplits(sizeOf(splits), targets, (split, [query, rpb]) => {
      const byQuery = partOfSight(sighting.byQuery, splits, splitAt(split, splits));
      // The additional tokens, which are not split, are seen in the first.
      const seen = split === 0 ? inputs : { ...inputs, additionalKeys: undefined, additionalValues: undefined };
      backwardQuery(seen, { ...sighting, byQuery }, attrs, query!, rpb);
    });
  },
);

export const backwardKeyWebgpu: Kernel<BackwardKeyInputs, BackwardKeyAttrs> = acceptsStrides(
  (inputs, attrs, [gradKey, gradValue]) =>
    backwardKey(inputs, sightingOf('backward', inputs, attrs), attrs, gradKey!, gradValue!),
);

export const backwardWebgpu: Kernel<BackwardQueryInputs, BackwardAttrs> = acceptsStrides(
  (inputs, attrs, [gradQuery, gradKey, gradValue, gradRpb]) => {
    backwardQueryWebgpu(inputs, { ...attrs, numSplitsKey: null }, gradRpb ? [gradQuery!, gradRpb] : [gradQuery!]);
    backwardKeyWebgpu(inputs, attrs, [gradKey!, gradValue!]);
  },
);

export const plainWebgpu: Kernel<PlainInputs, PlainAttrs> = acceptsStrides((inputs, attrs, [output, logsumexp]) =>
  line(inputs, attrs, (sighting) => forward(inputs, sighting, attrs, output!, logsumexp!)),
);

export const plainBackwardQueryWebgpu: Kernel<PlainBackwardInputs, PlainAttrs> = acceptsStrides(
  (inputs, attrs, [gradQuery]) =>
    line(inputs, attrs, (sighting) => backwardQuery(inputs, sighting, attrs, gradQuery!, undefined)),
);

export const plainBackwardKeyWebgpu: Kernel<PlainBackwardInputs, PlainAttrs> = acceptsStrides(
  (inputs, attrs, [gradKey, gradValue]) =>
    line(inputs, attrs, (sighting) => backwardKey(inputs, sighting, attrs, gradKey!, gradValue!)),
);

/** @throws ArgumentError for tiles that the programs do not have */
function sightingOf(pass: Pass, inputs: Operands, attrs: Required<BackwardKeyAttrs>): Sighting {
  const axes = resolveProblem('neighborhoodAttention', inputs.query.shape, attrs);
  const tiles = tileChoice(attrs);
  if (tiles) checkDeviceTiles('neighborhoodAttention', pass, tilingProblem(inputs, axes, attrs), attrs);
  return { ...neighbours(inputs.query, axes), tiles };
}

/** More parts than a window has keys would be empty. */
function splitsOf({ numSplitsKey }: Required<BackwardQueryAttrs>, { kernelSizes }: Sighting): Three {
  const [s0, s1, s2] = onThree(numSplitsKey ?? [1], 1);
  return [Math.min(s0, kernelSizes[0]), Math.min(s1, kernelSizes[1]), Math.min(s2, kernelSizes[2])];
}
