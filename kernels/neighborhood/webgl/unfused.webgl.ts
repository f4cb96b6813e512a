// The unfused operations, heads first: attn has one element for each query and slot.
//
// Legend: B batch, N query heads, Nkv key heads, *X token axes, T = ΠX tokens, D head dim, K kernel size. Windows come from the tables
// of window.ts, one texture per axis: token t's window begins at position [2 t] and ends before [2 t + 1], in its dilation group.

import type { Kernel } from '../../../autograd/types.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import type { DotsAttrs, DotsInputs, SpreadAttrs, SpreadInputs, SumAttrs, SumInputs } from '../unfused.ts';
import type { Axis } from '../window.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { temporaryTensor } from '../../runtime/temporary.ts';
import { accumulate } from '../../reduce/accumulate.webgl.ts';
import { float } from '../../runtime/webgl/glsl.ts';
import { launch } from '../../runtime/webgl/launch.ts';
import { resolveProblem } from '../problem.ts';
import { inverseWindowOf, windowOf, windowTable } from '../window.ts';

/** Calls `body` with the tables of all axes, `w0`, `w1` ..., and of who sees a key, `v0` ... */
function withTables(
  like: Tensor,
  axes: readonly Axis[],
  by: 'query' | 'key',
  body: (tables: Record<string, Tensor>) => void,
): void {
  const tables: Record<string, Tensor> = {};
  const add = (name: string, axis: Axis, rule: typeof windowOf): void => {
    const table = temporaryTensor(like, 'int32', [2 * axis.length]);
    table.storage.runtime.write(table.storage.handle, 'int32', 0, windowTable(axis, rule));
    tables[name] = table;
  };
  try {
    axes.forEach((axis, k) => {
      add(`w${k}`, axis, windowOf);
      if (by === 'key') add(`v${k}`, axis, inverseWindowOf);
    });
    body(tables);
  } finally {
    for (const table of Object.values(tables)) table.dispose();
  }
}

const keyOf = (axes: readonly Axis[]): string =>
  axes.map(({ length, kernelSize, dilation }) => `${length},${kernelSize},${dilation}`).join(' ');

/** Splits the token `t` into its places t0, t1 ... along the axes. */
function tokenText(axes: readonly Axis[]): string {
  const split = axes.map(({ length }, k) =>
    k === 0 ? '  int t0 = rest;' : `  int t${k} = rest % ${length}; rest /= ${length};`,
  );
  return ['  int rest = t;', ...split.toReversed()].join('\n');
}

/** Of the window of token t, from `slot`: the places k0, k1 ... along the axes, whether all are inside, and the key's token. */
function slotText(axes: readonly Axis[]): string {
  const lines = axes.map(({ kernelSize, dilation }, k) => {
    const behind = sizeOf(axes.slice(k + 1).map((axis) => axis.kernelSize));
    return `  int k${k} = int(w${k}(2 * t${k})) + slot / ${behind} % ${kernelSize};
  isSeen = isSeen && k${k} < int(w${k}(2 * t${k} + 1));
  key = key * ${axes[k]!.length} + k${k} * ${dilation} + t${k} % ${dilation};`;
  });
  return ['  bool isSeen = true;', '  int key = 0;', ...lines].join('\n');
}

export const dotsWebgl: Kernel<DotsInputs, DotsAttrs> = ({ query, key }, attrs, [attn]) => {
  if (attn!.size === 0) return;
  const axes = resolveProblem('neighborhoodDots', query.shape, attrs, query.shape.slice(2, -1));
  const [heads, headsKv, dim] = [query.shape[1]!, key.shape[1]!, query.shape.at(-1)!];
  const [tokens, slots] = [sizeOf(query.shape.slice(2, -1)), attn!.shape.at(-1)!];
  withTables(query, axes, 'query', (tables) => {
    const code = (): string => `float element(int i) {
  int slot = i % ${slots};
  int row = i / ${slots};
  int t = row % ${tokens};
  int head = row / ${tokens};
${tokenText(axes)}
${slotText(axes)}
  if (!isSeen) return ${float(attrs.masked)};
  int headKv = head / ${heads} * ${headsKv} + head % ${heads} / ${heads / headsKv};
  int other = (headKv * ${tokens} + key) * ${dim};
  float s = 0.0;
  for (int d = 0; d < ${dim}; d++) s += queries(row * ${dim} + d) * keys(other + d);
  return s;
}`;
    const name = `neighborhoodDots ${keyOf(axes)} ${heads} ${headsKv} ${dim} ${attrs.masked}`;
    launch({ key: name, inputs: { queries: query, keys: key, ...tables }, code }, attn!);
  });
};

export const sumWebgl: Kernel<SumInputs, SumAttrs> = ({ attn, value }, attrs, [y]) => {
  if (y!.size === 0) return;
  const axes = resolveProblem('neighborhoodSum', attn.shape, attrs, attn.shape.slice(2, -1));
  const [heads, headsKv, dim] = [attn.shape[1]!, value.shape[1]!, value.shape.at(-1)!];
  const [tokens, slots] = [sizeOf(attn.shape.slice(2, -1)), attn.shape.at(-1)!];
  withTables(attn, axes, 'query', (tables) =>
    accumulate(
      {
        key: `neighborhoodSum ${keyOf(axes)} ${heads} ${headsKv} ${dim}`,
        inputs: { attn, values: value, ...tables },
        count: slots,
        setup: `  int row = i / ${dim};
  int t = row % ${tokens};
  int head = row / ${tokens};
  int headKv = head / ${heads} * ${headsKv} + head % ${heads} / ${heads / headsKv};
${tokenText(axes)}`,
        term: `int slot = k;
${slotText(axes)}
    float term = isSeen ? attn(row * ${slots} + slot) * values((headKv * ${tokens} + key) * ${dim} + i % ${dim}) : 0.0;`,
      },
      y!,
    ),
  );
};

/** Each key walks the queries of its inverse windows, and their heads; its slot is its distance from each query's window. */
export const spreadWebgl: Kernel<SpreadInputs, SpreadAttrs> = ({ attn, x }, attrs, [y]) => {
  if (y!.size === 0) return;
  const axes = resolveProblem('neighborhoodSpread', attn.shape, attrs, attn.shape.slice(2, -1));
  const [heads, headsKv, dim] = [attn.shape[1]!, attrs.headsKv, x.shape.at(-1)!];
  const [tokens, slots] = [sizeOf(attn.shape.slice(2, -1)), attn.shape.at(-1)!];
  const loops = axes.map(({ dilation, kernelSize, length }, k) => {
    const before = k === 0 ? ['0', '0'] : [`query${k - 1}`, `slot${k - 1}`];
    return `for (int p${k} = int(v${k}(2 * t${k})); p${k} < int(v${k}(2 * t${k} + 1)); p${k}++) {
    int q${k} = p${k} * ${dilation} + t${k} % ${dilation};
    int query${k} = ${before[0]} * ${length} + q${k};
    int slot${k} = ${before[1]} * ${kernelSize} + t${k} / ${dilation} - int(w${k}(2 * q${k}));`;
  });
  const last = axes.length - 1;
  withTables(attn, axes, 'key', (tables) => {
    const code = (): string => `float element(int i) {
  int row = i / ${dim};
  int t = row % ${tokens};
  int headKv = row / ${tokens};
${tokenText(axes)}
  float s = 0.0;
  for (int h = 0; h < ${heads / headsKv}; h++) {
    int head = headKv / ${headsKv} * ${heads} + headKv % ${headsKv} * ${heads / headsKv} + h;
    ${loops.join('\n    ')}
      int own = head * ${tokens} + query${last};
      s += attn(own * ${slots} + slot${last}) * x(own * ${dim} + i % ${dim});
    ${'}'.repeat(axes.length)}
  }
  return s;
}`;
    const name = `neighborhoodSpread ${keyOf(axes)} ${heads} ${headsKv} ${dim}`;
    launch({ key: name, inputs: { attn, x, ...tables }, code }, y!);
  });
};
