// Attention computed in other ways: the right sides of the identities.

import type { Tensor } from '../../../index.ts';
import type { Attend, More } from './attend.ts';
import { concat, place } from '../../../kernels/index.ts';

/** softmax(scale · q kᵀ) v over all tokens and the additional ones, by matmul. */
export function dense(scale: number | undefined): Attend {
  return (query, key, value, { additionalKeys, additionalValues } = {}) => {
    const [batch, heads, dim] = [query.shape[0]!, query.shape.at(-2)!, query.shape.at(-1)!];
    const flat = (x: Tensor): Tensor => x.reshape([batch, -1, ...x.shape.slice(-2)]).permute(0, 2, 1, 3);
    const ofEachHead = (x: Tensor, additional: Tensor | undefined): Tensor => {
      const all = additional ? concat([flat(x), flat(additional)], { axis: 2 }) : flat(x);
      const share = heads / all.shape[1]!;
      const copies = Array.from({ length: heads }, (_, h) => slab(all, 1, Math.floor(h / share)));
      return concat(copies, { axis: 1 });
    };
    const keys = ofEachHead(key, additionalKeys);
    const scores = flat(query)
      .matmul(keys.transpose(-1, -2))
      .mul(scale ?? dim ** -0.5);
    const rows = query.shape.slice(0, -1);
    const output = scores.softmax().matmul(ofEachHead(value, additionalValues)).permute(0, 2, 1, 3);
    const largest = scores.max({ axis: -1, keepDims: true }).detach();
    const logsumexp = scores.sub(largest).exp().sum({ axis: -1 }).log().add(largest.squeeze(-1));
    return {
      output: output.reshape([...rows, value.shape.at(-1)!]),
      logsumexp: logsumexp.permute(0, 2, 1).reshape(rows),
    };
  };
}

/** `attend` on each dilation group alone. */
export function byGroups(attend: Attend, dilation: readonly number[]): Attend {
  const groups = dilation.reduce<number[][]>(
    (lists, count) => lists.flatMap((list) => Array.from({ length: count }, (_, g) => [...list, g])),
    [[]],
  );
  return (query, key, value, more) => {
    let all: ReturnType<Attend> | undefined;
    for (const group of groups) {
      const pick = (x: Tensor): Tensor =>
        group.reduce((part, start, i) => part.slice({ axis: 1 + i, start, step: dilation[i]! }), x);
      const part = attend(pick(query), pick(key), pick(value), more);
      const spread = (x: Tensor, shape: readonly number[]): Tensor => {
        const ofAxis = (numbers: readonly number[], other: number): number[] =>
          shape.map((_, axis) => numbers[axis - 1] ?? other);
        return place(x, { shape, offsets: ofAxis(group, 0), steps: ofAxis(dilation, 1), value: 0 });
      };
      const rows = query.shape.slice(0, -1);
      const [output, logsumexp] = [spread(part.output, [...rows, value.shape.at(-1)!]), spread(part.logsumexp, rows)];
      all = all ? { output: all.output.add(output), logsumexp: all.logsumexp.add(logsumexp) } : { output, logsumexp };
    }
    return all!;
  };
}

/** `attend` on each block of `size` tokens alone: blocks become batch entries. */
export function withinBlocks(attend: Attend, size: readonly number[]): Attend {
  const axes = size.map((_, i) => i);
  const counts = (shape: readonly number[]): number[] => size.map((k, i) => shape[1 + i]! / k);
  const fold = (x: Tensor): Tensor => {
    const tail = x.shape.slice(1 + size.length);
    const count = counts(x.shape);
    const cut = x.reshape([x.shape[0]!, ...axes.flatMap((i) => [count[i]!, size[i]!]), ...tail]);
    const last = tail.map((_, i) => 1 + 2 * size.length + i);
    const turned = cut.permute(0, ...axes.map((i) => 1 + 2 * i), ...axes.map((i) => 2 + 2 * i), ...last);
    return turned.reshape([-1, ...size, ...tail]);
  };
  const unfold = (x: Tensor, shape: readonly number[]): Tensor => {
    const tail = x.shape.slice(1 + size.length);
    const cut = x.reshape([shape[0]!, ...counts(shape), ...size, ...tail]);
    const last = tail.map((_, i) => 1 + 2 * size.length + i);
    const turned = cut.permute(0, ...axes.flatMap((i) => [1 + i, 1 + size.length + i]), ...last);
    return turned.reshape([...shape.slice(0, 1 + size.length), ...tail]);
  };
  return (query, key, value, more) => {
    const { output, logsumexp } = attend(fold(query), fold(key), fold(value), more);
    return { output: unfold(output, query.shape), logsumexp: unfold(logsumexp, query.shape) };
  };
}

/** `attend` on token axes in reverse order. */
export function transposed(attend: Attend): Attend {
  const turn = (x: Tensor, tokens: number): Tensor => {
    const axes = x.shape.map((_, axis) => axis);
    return x.permute(...axes.map((axis) => (axis > 0 && axis <= tokens ? tokens + 1 - axis : axis)));
  };
  return (query, key, value, more = {}) => {
    const tokens = query.rank - 3;
    const rpb = more.rpb && { rpb: turn(more.rpb, tokens) };
    const [q, k, v] = [query, key, value].map((x) => turn(x, tokens)) as [Tensor, Tensor, Tensor];
    const { output, logsumexp } = attend(q, k, v, { ...more, ...rpb });
    return { output: turn(output, tokens), logsumexp: turn(logsumexp, tokens) };
  };
}

/** `attend` on batch entries, or heads, in reverse order. */
export function reversed(attend: Attend, what: 'batch' | 'heads'): Attend {
  const turn = (x: Tensor, axis: number): Tensor => {
    const slabs = Array.from({ length: x.shape[axis]! }, (_, i) => slab(x, axis, i));
    return concat(slabs.toReversed(), { axis });
  };
  return (query, key, value, more = {}) => {
    const heads = query.rank - 2;
    const [q, k, v] = [query, key, value].map((x) => turn(x, what === 'batch' ? 0 : heads)) as [Tensor, Tensor, Tensor];
    const axes =
      what === 'batch'
        ? { additionalKeys: 0, additionalValues: 0 }
        : { additionalKeys: 2, additionalValues: 2, rpb: 0 };
    const turned = Object.entries(axes).flatMap(([name, axis]) => {
      const x = more[name as keyof More];
      return x ? [[name, turn(x, axis)]] : [];
    });
    const { output, logsumexp } = attend(q, k, v, { ...more, ...(Object.fromEntries(turned) as More) });
    return {
      output: turn(output, what === 'batch' ? 0 : heads),
      logsumexp: turn(logsumexp, what === 'batch' ? 0 : heads),
    };
  };
}

/** x at place i of an axis, which stays. */
function slab(x: Tensor, axis: number, i: number): Tensor {
  return x.slice({ axis, start: i, end: i + 1 });
}
