import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { einsum, Generator, gradientCheck, randn, scope, tensor, zeros } from '../../index.ts';
import { devices } from '../devices.ts';

describe.each(devices)('on %s', (device) => {
  test.each([
    [
      'ij,jk->ik',
      [
        [2, 3],
        [3, 4],
      ],
    ],
    [
      'ij,jk',
      [
        [2, 3],
        [3, 4],
      ],
    ],
    [
      'bij,bjk->bik',
      [
        [2, 3, 4],
        [2, 4, 5],
      ],
    ],
    [
      'bhqd,bhkd->bhqk',
      [
        [2, 2, 3, 4],
        [2, 2, 5, 4],
      ],
    ],
    [
      '...d,ed->...e',
      [
        [2, 3, 4],
        [5, 4],
      ],
    ],
    ['i,j->ji', [[2], [3]]],
    ['i,i', [[4], [4]]],
    ['ij->', [[2, 3]]],
    ['ij->ji', [[2, 3]]],
    ['ii->i', [[3, 3]]],
    ['iji->j', [[3, 2, 3]]],
    ['iii', [[3, 3, 3]]],
    ['ij,kj,k->i', [[2, 3], [4, 3], [4]]],
    [
      'ij,ij->ij',
      [
        [2, 3],
        [2, 3],
      ],
    ],
    ['ba', [[2, 3]]],
    [
      '...ij,...jk',
      [
        [1, 2, 3],
        [4, 3, 2],
      ],
    ],
    [
      'ab,bc->ac',
      [
        [2, 1],
        [5, 3],
      ],
    ],
    ['a,ab,abc->abc', [[2], [2, 3], [2, 3, 4]]],
    ['i,j->', [[0], [2]]],
  ] as [string, number[][]][])('einsum %s', async (equation, shapes) => {
    const reference = scope(() => {
      const given = shapes.map((shape, i) => randn(shape, { device: 'reference', generator: new Generator(i + 1) }));
      return { want: bruteForce(equation, given).data(), given: given.map((x) => x.data()) };
    });
    const data = await Promise.all(reference.given);
    const got = scope(() => {
      const x = einsum(equation, ...shapes.map((shape, i) => tensor(Float32Array.from(data[i]!), { shape, device })));
      return { shape: x.shape, data: x.data() };
    });
    const [values, want] = [await got.data, await reference.want];
    expect(values.length).toBe(want.length);
    values.forEach((value, i) => expect(value).toBeCloseTo(want[i]!, 4));
  });
});

/** By its definition, an element at a time: letters only stand for one axis each, sizes of 1 stretch. */
function bruteForce(equation: string, tensors: readonly Tensor[]): Tensor {
  const [left, right] = equation.split('->');
  const axes = left!.split(',').map((term, i) => tensors[i]!.rank - term.replace('...', '').length);
  const terms = left!.split(',').map((term, i) => term.replace('...', 'YZ'.slice(2 - axes[i]!)));
  const result = right?.replace('...', 'YZ'.slice(2 - Math.max(...axes)));
  const letters = [...new Set(terms.join(''))];
  const once = letters
    .filter((letter) => terms.join('').split(letter).length === 2 || letter === 'Z')
    .sort((a, b) => (a < b ? -1 : 1));
  const output = (result ?? once.join('')).split('');
  const order = [...output, ...letters.filter((letter) => !output.includes(letter))];
  const sizes = order.map((letter) =>
    terms.reduce((size, term, i) => {
      const n = tensors[i]!.shape[term.indexOf(letter)];
      return n === undefined || n === 1 ? size : n;
    }, 1),
  );
  const total = sizes.reduce((a, b) => a * b, 1);
  const host = tensors.map((x) => x.dataNow()!);
  const values = new Float64Array(sizes.slice(0, output.length).reduce((a, b) => a * b, 1));
  for (let i = 0; i < total; i++) {
    const place = new Map<string, number>();
    for (let k = order.length - 1, rest = i; k >= 0; rest = Math.floor(rest / sizes[k--]!))
      place.set(order[k]!, rest % sizes[k]!);
    const value = terms.reduce((product, term, t) => {
      const { shape } = tensors[t]!;
      const position = term.split('').reduce((at, letter, k) => {
        return at * shape[k]! + (shape[k] === 1 ? 0 : place.get(letter)!);
      }, 0);
      return product * host[t]![position]!;
    }, 1);
    values[Math.floor(i / (total / values.length))]! += value;
  }
  return tensor(values, { device: 'reference' });
}

test('gradients flow through diagonals and sums', async () => {
  const draw = (...shape: number[]): Tensor => randn(shape, { device: 'reference' });
  await gradientCheck((x, y) => einsum('iik,...kj->i...j', x, y), [draw(3, 3, 2), draw(2, 2, 2)]);
});

test('what is refused', () => {
  const x = zeros([2, 3]);
  expect(() => einsum('ij,jk', x)).toThrow('names 2 tensors, 1 were given');
  expect(() => einsum('ijk->i', x)).toThrow('names 3 axes, its tensor [2, 3] has 2');
  expect(() => einsum('ij->k', x)).toThrow("'k' of the result");
  expect(() => einsum('ij->ii', x)).toThrow("'i' stands twice");
  expect(() => einsum('ij,ij', x, zeros([2, 4]))).toThrow('is 3 in one tensor and 4 in tensor 1');
  expect(() => einsum('i1', x)).toThrow('is no list of letters');
});
