// What the attention must equal, for each way to compute it and random problems.

import { describe, test } from 'vitest';
import type { Tensor } from '../../../index.ts';
import type { Attend } from './attend.ts';
import type { RandomProblem } from './propertiesProblem.ts';
import { attention } from '../../../kernels/neighborhood/attention.ts';
import type { AttentionBounds } from '../../../testing/attentions.ts';
import { mergeAttentions } from '../../../kernels/neighborhood/merge.ts';
import { drawOperands, expectNear, fused, implementations, implemented, run } from './attend.ts';
import { byGroups, dense, reversed, transposed, withinBlocks } from './identitiesParts.ts';
import { check, operandsOf } from './propertiesProblem.ts';

const runs = 12;
type Options = RandomProblem['options'];

/** Holds both for random problems against each other. */
function same(
  limits: AttentionBounds,
  left: (problem: RandomProblem) => Attend,
  right: (problem: RandomProblem) => Attend,
): void {
  check(limits, runs, (problem) => {
    const operands = operandsOf(problem);
    expectNear(run(left(problem), operands), run(right(problem), operands), 2e-5, 2e-5);
  });
}

describe.each(implementations)('%s', (implementation) => {
  const of = (options: Options): Attend => implemented(implementation, options);

  test('a window of the axis is dense attention', () =>
    same(
      { wholeWindows: true, hasRpb: false },
      ({ options }) => of(options),
      ({ options: { scale } }) => dense(scale),
    ));

  test('dilation is one problem for each group, groups of unequal length among them', () =>
    same(
      {},
      ({ options }) => of(options),
      ({ options: { dilation, ...options } }) => byGroups(implemented(implementation, options), dilation),
    ));

  test('stride = kernelSize is attention within blocks, with their bias', () =>
    check({ wholeWindows: true, longest: [7, 4, 3], hasAdditional: false }, runs, (problem) => {
      const { kernelSize, scale } = problem.options;
      // Three blocks along each axis.
      const query = problem.shapes.query.map((n, axis) => (axis > 0 && axis <= kernelSize.length ? 3 * n : n));
      const operands = operandsOf({ ...problem, shapes: { ...problem.shapes, query } });
      const blocks = { kernelSize, ...(scale !== undefined && { scale }) };
      const whole = implemented(implementation, { ...blocks, stride: kernelSize });
      const byBlocks = withinBlocks(implemented(implementation, blocks), kernelSize);
      expectNear(run(whole, operands), run(byBlocks, operands), 2e-5, 2e-5);
    }));

  test('transposing axes with their parameters transposes the result', () =>
    same(
      { minAxes: 2 },
      ({ options }) => of(options),
      ({ options }) => {
        const turned = Object.fromEntries(
          Object.entries(options).map(([name, value]) => [name, Array.isArray(value) ? value.toReversed() : value]),
        ) as Options;
        return transposed(of(turned));
      },
    ));

  test('permuting batch entries or heads permutes the result', () =>
    check({}, runs, (problem) => {
      const operands = operandsOf(problem);
      const want = run(of(problem.options), operands);
      expectNear(run(reversed(of(problem.options), 'batch'), operands), want, 1e-5, 1e-5);
      expectNear(run(reversed(of(problem.options), 'heads'), operands), want, 1e-5, 1e-5);
    }));

  test('additional tokens are attention to them, merged', () =>
    same(
      {},
      ({ options }) => of(options),
      ({ options }) =>
        (query, key, value, more = {}) => {
          const { additionalKeys, additionalValues, ...rest } = more;
          const near = of(options)(query, key, value, rest);
          if (!additionalKeys || !additionalValues) return near;
          const line = query.reshape([query.shape[0]!, -1, ...query.shape.slice(-2)]);
          const scale = options.scale === undefined ? {} : { scale: options.scale };
          const added = attention(line, additionalKeys, additionalValues, { ...scale, returnLogsumexp: true });
          const output = added.output.reshape(near.output.shape);
          return mergeAttentions(
            [near.output, output],
            [near.logsumexp, added.logsumexp.reshape(near.logsumexp.shape)],
          );
        },
    ));

  test('kernelSize 1 passes the values through', () => {
    const { gradLogsumexp: _none, ...operands } = drawOperands([1, 5, 6, 2, 7]);
    const zero = { shape: operands.query.shape, data: new Float32Array(operands.query.data.length) };
    const want = { output: operands.value, gradQuery: zero, gradKey: zero, gradValue: operands.gradOutput };
    expectNear(run(implemented(implementation, { kernelSize: 1 }), operands), want, 2e-6, 2e-6);
  });
});

test('halves of the keys, merged, are the whole', () =>
  check({ wholeWindows: true, longest: [23, 7, 5], hasRpb: false, hasAdditional: false }, 2 * runs, (problem) => {
    const { kernelSize, scale } = problem.options;
    const scaled = scale === undefined ? {} : { scale };
    const merged: Attend = (query, key, value) => {
      const [q, k, v] = [query, key, value].map((x) => x.reshape([x.shape[0]!, -1, ...x.shape.slice(-2)])) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const cut = Math.ceil(k.shape[1]! / 3);
      const parts = [
        [0, cut],
        [cut, k.shape[1]!],
      ].map(([start, end]) => {
        const part = (x: Tensor): Tensor => x.slice({ axis: 1, start: start!, end: end! });
        return attention(q, part(k), part(v), { ...scaled, returnLogsumexp: true });
      });
      const whole = mergeAttentions(
        parts.map(({ output }) => output),
        parts.map(({ logsumexp }) => logsumexp),
      );
      const rows = query.shape.slice(0, -1);
      return { output: whole.output.reshape([...rows, value.shape.at(-1)!]), logsumexp: whole.logsumexp.reshape(rows) };
    };
    const operands = operandsOf(problem);
    expectNear(run(merged, operands), run(fused({ kernelSize, ...scaled }), operands), 2e-5, 2e-5);
  }));
