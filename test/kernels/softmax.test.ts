import { describe, expect, test } from 'vitest';
import { grad, logSoftmax, scope, softmax, tensor } from '../../index.ts';
import { Generator } from '../../tensor/philox.ts';
import { devices } from '../devices.ts';
import { draw, readScoped, secondOrderError } from './operands.ts';
import { expectSameBits } from './threads.ts';

const hidden = -Infinity;
/** Rows with special values, padded to four columns. */
const rows: readonly (readonly number[])[] = [
  [1e4, 1e4, hidden, 0],
  [hidden, hidden, hidden, hidden],
  [NaN, hidden, 1, 2],
  [NaN, NaN, NaN, NaN],
  [hidden, hidden, hidden, NaN],
  [Infinity, 0, 1, 2],
  [-1e30, 1e30, 0, 0],
];
const expected = [[0.5, 0.5, 0, 0], [0, 0, 0, 0], ...[2, 3, 4, 5].map(() => [NaN, NaN, NaN, NaN]), [0, 1, 0, 0]];

describe.each(devices)('on %s', (device) => {
  test.each([
    ['rows', 1],
    ['strips', 0],
  ])('special values, %s', async (_title, axis) => {
    const read = async (f: typeof softmax): Promise<unknown> => {
      const { shape, data } = await readScoped(() => {
        const x = tensor(rows, { device });
        return axis === 1 ? f(x) : f(x.transpose().contiguous(), { axis: 0 }).transpose().contiguous();
      });
      return Array.from({ length: shape[0]! }, (_, i) => Array.from(data.slice(i * shape[1]!, (i + 1) * shape[1]!)));
    };
    expect(await read(softmax)).toEqual(expected);
    // An infinite logit among finite ones leaves them at NaN as well: ∞ − ∞ is in the sum.
    const logs = expected.map((row) => row.map((p) => Math.log(p)));
    logs[0] = [-Math.log(2), -Math.log(2), hidden, -1e4 - Math.log(2)];
    logs[6] = [-2e30, 0, -1e30, -1e30];
    const got = (await read(logSoftmax)) as number[][];
    got.forEach((row, i) =>
      row.forEach((v, k) => {
        if (Number.isFinite(logs[i]![k])) expect(v / (logs[i]![k] || 1)).toBeCloseTo(logs[i]![k] ? 1 : 0, 6);
        else expect(v).toBe(logs[i]![k]);
      }),
    );
  });

  test.each([
    ['softmax', softmax],
    ['logSoftmax', logSoftmax],
  ])('%s of a hidden row has gradient 0, whatever arrives', async (_name, f) => {
    for (const axis of [0, 1]) {
      const { data } = await readScoped(() => {
        const x = tensor(
          [
            [hidden, hidden, hidden],
            [1, 2, hidden],
          ],
          { device, requiresGrad: true },
        );
        const turned = axis === 1 ? x : x.transpose();
        const gradOutput = tensor(
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
          { device },
        );
        const options = { gradOutput: axis === 1 ? gradOutput : gradOutput.transpose() };
        return grad(f(turned, { axis }), [x], options)[0]!;
      });
      expect(Array.from(data.slice(0, 3))).toEqual([0, 0, 0]);
      expect(data.slice(3).every((v) => Number.isFinite(v))).toBe(true);
    }
  });
});

test('threads do not change a bit', async () => {
  const generator = new Generator(3);
  const [x, g] = [draw(generator, [41, 53, 130]), draw(generator, [41, 53, 130])];
  for (const axis of [1, 2]) {
    for (const f of [softmax, logSoftmax]) {
      await expectSameBits(() => {
        const leaf = tensor(x, { shape: [41, 53, 130], requiresGrad: true });
        return grad(f(leaf, { axis }), [leaf], { gradOutput: tensor(g, { shape: [41, 53, 130] }) })[0]!;
      });
    }
  }
});

test('second derivatives', () => {
  for (const axis of [0, 1]) {
    expect(secondOrderError((x) => softmax(x, { axis }), [[3, 4]])).toBeLessThan(1e-6);
    expect(secondOrderError((x) => logSoftmax(x, { axis }), [[3, 4]])).toBeLessThan(1e-6);
  }
});

test('methods', () => {
  scope(() => {
    const x = tensor([1, 1]);
    expect(Array.from(x.softmax().dataNow()!)).toEqual([0.5, 0.5]);
    expect(() => x.logSoftmax({ axis: 3 })).toThrow('logSoftmax: axis 3 is out of range');
  });
});
