// The unfused operations, heads first: attn has one element for each query and slot.
//
// Legend: B batch, N query heads, Nkv key heads, *X token axes, T = ΠX tokens, D head dim, K kernel size.

import type { Kernel } from '../../../autograd/types.ts';
import type { DotsAttrs, DotsInputs, SpreadAttrs, SpreadInputs, SumAttrs, SumInputs } from '../unfused.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { float } from '../../runtime/webgl/glsl.ts';
import { launch } from '../../runtime/webgl/launch.ts';
import { resolveProblem } from '../problem.ts';
import { coordinates, neighbours, rowMajor, walk, withTables } from './sight.ts';

/** Statements that say of head `head` of all queries whose keys it reads, `headKv` of all. */
const sharedHead = (heads: number, headsKv: number): string =>
  `  int headKv = head / ${heads} * ${headsKv} + head % ${heads} / ${heads / headsKv};`;

export const dotsWebgl: Kernel<DotsInputs, DotsAttrs> = ({ query, key }, attrs, [attn]) => {
  if (attn!.size === 0) return;
  const axes = resolveProblem('neighborhoodDots', query.shape, attrs, query.shape.slice(2, -1));
  const sight = neighbours(axes, 'query');
  const [heads, headsKv, dim] = [query.shape[1]!, key.shape[1]!, query.shape.at(-1)!];
  const [tokens, slots] = [sizeOf(sight.tokens), attn!.shape.at(-1)!];
  const places = axes.map(({ kernelSize, dilation }, k) => {
    const behind = sizeOf(sight.kernelSizes.slice(k + 1));
    return `  int p${k} = int(w${k}(2 * t${k})) + slot / ${behind} % ${kernelSize};
  if (p${k} >= int(w${k}(2 * t${k} + 1))) return ${float(attrs.masked)};
  int s${k} = p${k} * ${dilation} + t${k} % ${dilation};`;
  });
  withTables(query, { w: sight }, (tables) => {
    const code = (): string => `float element(int i) {
  int slot = i % ${slots};
  int row = i / ${slots};
  int t = row % ${tokens};
  int head = row / ${tokens};
${coordinates(sight)}
${places.join('\n')}
${sharedHead(heads, headsKv)}
  int other = (headKv * ${tokens} + ${rowMajor(sight.others, (k) => `s${k}`)}) * ${dim};
  float s = 0.0;
  for (int d = 0; d < ${dim}; d++) s += queries(row * ${dim} + d) * keys(other + d);
  return s;
}`;
    const name = `neighborhoodDots ${sight.key} ${heads} ${headsKv} ${dim} ${attrs.masked}`;
    launch({ key: name, inputs: { queries: query, keys: key, ...tables }, code }, attn!);
  });
};

export const sumWebgl: Kernel<SumInputs, SumAttrs> = ({ attn, value }, attrs, [y]) => {
  if (y!.size === 0) return;
  const axes = resolveProblem('neighborhoodSum', attn.shape, attrs, attn.shape.slice(2, -1));
  const sight = neighbours(axes, 'query');
  const [heads, headsKv, dim] = [attn.shape[1]!, value.shape[1]!, value.shape.at(-1)!];
  const [tokens, slots] = [sizeOf(sight.tokens), attn.shape.at(-1)!];
  const slot = rowMajor(sight.kernelSizes, (k) => `p${k} - int(w${k}(2 * t${k}))`);
  withTables(attn, { w: sight }, (tables) => {
    const code = (): string => `float element(int i) {
  int row = i / ${dim};
  int t = row % ${tokens};
  int head = row / ${tokens};
${sharedHead(heads, headsKv)}
${coordinates(sight)}
  float s = 0.0;
${walk(sight, `    s += attn(row * ${slots} + ${slot}) * values((headKv * ${tokens} + seen) * ${dim} + i % ${dim});`)}
  return s;
}`;
    const name = `neighborhoodSum ${sight.key} ${heads} ${headsKv} ${dim}`;
    launch({ key: name, inputs: { attn, values: value, ...tables }, code }, y!);
  });
};

/** Each key walks the queries of its inverse windows, and their heads; its slot is its distance from the start of each query's window. */
export const spreadWebgl: Kernel<SpreadInputs, SpreadAttrs> = ({ attn, x }, attrs, [y]) => {
  if (y!.size === 0) return;
  const axes = resolveProblem('neighborhoodSpread', attn.shape, attrs, attn.shape.slice(2, -1));
  const sight = neighbours(axes, 'key');
  const [heads, headsKv, dim] = [attn.shape[1]!, attrs.headsKv, x.shape.at(-1)!];
  const [tokens, slots] = [sizeOf(sight.tokens), attn.shape.at(-1)!];
  const slot = rowMajor(sight.kernelSizes, (k) => `t${k} / ${sight.dilations[k]} - int(w${k}(2 * s${k}))`);
  withTables(attn, { v: sight, w: neighbours(axes, 'query') }, (tables) => {
    const add = `    int own = head * ${tokens} + seen;
    s += attn(own * ${slots} + ${slot}) * x(own * ${dim} + i % ${dim});`;
    const code = (): string => `float element(int i) {
  int row = i / ${dim};
  int t = row % ${tokens};
  int headKv = row / ${tokens};
${coordinates(sight)}
  float s = 0.0;
  for (int h = 0; h < ${heads / headsKv}; h++) {
    int head = headKv / ${headsKv} * ${heads} + headKv % ${headsKv} * ${heads / headsKv} + h;
${walk(sight, add, 'v')}
  }
  return s;
}`;
    const name = `neighborhoodSpread ${sight.key} ${heads} ${headsKv} ${dim}`;
    launch({ key: name, inputs: { attn, x, ...tables }, code }, y!);
  });
};
