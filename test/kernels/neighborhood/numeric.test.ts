// Cases computed in float64 by loops of their own, their gradients checked by finite differences.

import { describe, expect, test } from 'vitest';
import type { NaAttrs } from '../../../kernels/neighborhood/fused.ts';
import type { Host, Operands, Results } from './attend.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { biasShape, expectNear, fused, run } from './attend.ts';

/** amplitude · sin(a n + b) at flat index n. */
function wave(shape: readonly number[], a: number, b: number, amplitude = 1): Host {
  return { shape, data: Float64Array.from({ length: sizeOf(shape) }, (_, n) => amplitude * Math.sin(a * n + b)) };
}

/** Σ xₙ ((n mod 7) + 1), Σ |xₙ|, x₀. */
type Summary = readonly [weighted: number, absolute: number, first: number];

function summaryOf({ data }: Host): Summary {
  const values = Array.from(data);
  return [
    values.reduce((sum, x, n) => sum + x * ((n % 7) + 1), 0),
    values.reduce((sum, x) => sum + Math.abs(x), 0),
    values[0]!,
  ];
}

interface NumericCase {
  name: string;
  /** [B, *X, N, D]. */
  query: readonly number[];
  headsKv: number;
  dimValue: number;
  attrs: NaAttrs & { kernelSize: readonly number[] };
  additional: number;
  hasBias: boolean;
  want: Partial<Record<keyof Results, Summary>>;
}

const plain = { additional: 0, hasBias: false };

const cases: readonly NumericCase[] = [
  {
    name: 'G1: dilated and strided',
    ...plain,
    query: [1, 11, 2, 4],
    headsKv: 2,
    dimValue: 4,
    attrs: { kernelSize: [3], dilation: 3, stride: 2 },
    want: {
      output: [-3.8233127737, 10.8070725185, -0.1790153012],
      logsumexp: [95.1132943889, 25.9524062772, 2.086596088],
      gradQuery: [-3.7465663372, 3.0160444725, -0.09605004],
      gradKey: [-1.0488431438, 10.0434811778, 0.2378438707],
      gradValue: [0.0950158738, 46.3582758413, 0.407558975],
    },
  },
  {
    name: 'G2: causal, dilated, strided, one key head, values of another dim, two additional tokens',
    ...plain,
    query: [1, 9, 2, 4],
    headsKv: 1,
    dimValue: 6,
    additional: 2,
    attrs: { kernelSize: [4], dilation: 2, stride: 3, isCausal: true },
    want: {
      output: [15.5120642535, 30.6823312615, 0.3556837266],
      logsumexp: [116.4740576682, 31.3075490995, 1.8508553691],
      gradQuery: [-6.7645931703, 18.9956118163, -0.0584028968],
      gradKey: [-9.201818026, 7.0812197199, -0.0330673841],
      gradValue: [7.0669071699, 21.4475389829, 0.9874043662],
      gradAdditionalKeys: [13.8484224964, 5.4517467945, -1.0735017651],
      gradAdditionalValues: [-9.6583011617, 3.3323963624, -0.1251458612],
    },
  },
  {
    name: 'G3: two axes with a bias',
    ...plain,
    query: [2, 5, 6, 2, 4],
    headsKv: 2,
    dimValue: 4,
    hasBias: true,
    attrs: { kernelSize: [3, 5] },
    want: {
      output: [31.4715310885, 55.6676206917, -0.0777620955],
      logsumexp: [1466.8183445406, 368.6577889662, 3.3545566549],
      gradQuery: [-0.2345013576, 9.273995071, -0.0158515806],
      gradKey: [-0.6558326967, 40.1165117936, -0.1774344622],
      gradValue: [2.8807295185, 37.9003386033, -0.0531635496],
      gradRpb: [-5.833329561, 21.7690714903, 0.0425600373],
    },
  },
  {
    name: 'G4: a bias with dilation',
    ...plain,
    query: [1, 7, 9, 1, 8],
    headsKv: 1,
    dimValue: 8,
    hasBias: true,
    attrs: { kernelSize: [3, 3], dilation: [2, 3] },
    want: {
      output: [6.2147283166, 38.1897963439, -0.1060085625],
      logsumexp: [619.3443694318, 155.6799990882, 2.5300623212],
      gradQuery: [4.7525853076, 18.2813293174, -0.0231002503],
      gradKey: [6.5282602197, 38.20904998, -0.0787690782],
      gradValue: [18.830749466, 90.8174652508, 0.1307317737],
      gradRpb: [-1.5381072715, 5.1781336724, -0.457091384],
    },
  },
  {
    name: 'G5: shared key heads, one axis causal, an even size',
    ...plain,
    query: [1, 5, 6, 4, 4],
    headsKv: 2,
    dimValue: 4,
    attrs: { kernelSize: [3, 2], dilation: [1, 2], stride: [2, 1], isCausal: [false, true] },
    want: {
      output: [22.4221310547, 74.9773270412, -0.0355019439],
      logsumexp: [831.9101384298, 209.8150699006, 2.0639268539],
      gradQuery: [-2.5717104443, 22.9137848048, -0.0454435111],
      gradKey: [0.385825234, 41.6920134276, 0.4040952296],
      gradValue: [16.5332968463, 27.0477729796, -0.1548054199],
    },
  },
  {
    name: 'G6: three axes, one causal, an additional token',
    ...plain,
    query: [1, 4, 5, 6, 2, 4],
    headsKv: 2,
    dimValue: 4,
    additional: 1,
    attrs: { kernelSize: [2, 3, 3], dilation: [2, 1, 2], stride: [1, 2, 3], isCausal: [true, false, false] },
    want: {
      output: [155.4728801846, 93.1285290629, 0.0629087164],
      logsumexp: [2780.1725272845, 699.2370427384, 2.6930519146],
      gradQuery: [-31.6676197839, 47.4655697437, 0.1435783521],
      gradKey: [1.3464117984, 35.750856714, 0.0796805703],
      gradValue: [16.3495148505, 66.3501188295, -0.0136261658],
      gradAdditionalKeys: [0.1272539873, 0.3831654159, -0.0360019009],
      gradAdditionalValues: [2.8096698119, 0.6796299695, 0.0091621297],
    },
  },
];

function operandsOf({ query, headsKv, dimValue, attrs, additional, hasBias }: Omit<NumericCase, 'want'>): Operands {
  const [batch, heads, dim] = [query[0]!, query.at(-2)!, query.at(-1)!];
  const tokens = query.slice(0, -2);
  return {
    query: wave(query, 0.37, 0.1),
    key: wave([...tokens, headsKv, dim], 0.53, 0.2),
    value: wave([...tokens, headsKv, dimValue], 0.71, 0.3),
    gradOutput: wave([...tokens, heads, dimValue], 0.29, 0.4),
    ...(hasBias && { rpb: wave([heads, ...biasShape(attrs.kernelSize)], 0.61, 0.5, 0.5) }),
    ...(additional > 0 && {
      additionalKeys: wave([batch, additional, headsKv, dim], 0.43, 0.6),
      additionalValues: wave([batch, additional, headsKv, dimValue], 0.47, 0.7),
    }),
  };
}

describe.each(cases)('$name', ({ want, ...numeric }) => {
  const operands = operandsOf(numeric);

  test('to 1e-9 on reference', () => {
    const got = run(fused(numeric.attrs), operands, 'reference');
    for (const [name, summary] of Object.entries(want) as [keyof Results, Summary][])
      summaryOf(got[name]).forEach((x, i) => expect(Math.abs(x - summary[i]!), `${name} ${i}`).toBeLessThan(1e-9));
  });

  test('to 2e-5 on cpu', () =>
    expectNear(run(fused(numeric.attrs), operands), run(fused(numeric.attrs), operands, 'reference'), 2e-5, 2e-5));
});
