import { expect, test } from 'vitest';
import type { ReferenceOptions } from '../../../kernels/neighborhood/reference.ts';
import type { NdArray } from '../../../tensor/runtime.ts';
import { attentionBackwardReference, attentionReference } from '../../../kernels/neighborhood/reference.ts';

function wave(shape: number[], a: number, b: number): NdArray & { data: Float64Array } {
  return {
    shape,
    data: Float64Array.from({ length: shape.reduce((x, y) => x * y, 1) }, (_, n) => Math.sin(a * n + b)),
  };
}

/** Operands as NATTEN's golden cases were made: sines of the flat index. */
function operands(shape: number[]) {
  return {
    query: wave(shape, 0.37, 0.1),
    key: wave(shape, 0.53, 0.2),
    value: wave(shape, 0.71, 0.3),
    gradOutput: wave(shape, 0.29, 0.4),
  };
}

function sum(data: ArrayLike<number>, term: (x: number, n: number) => number): number {
  return Array.from(data, term).reduce((a, b) => a + b, 0);
}

function forwardBackward(shape: number[], options: ReferenceOptions, gradLogsumexp?: NdArray) {
  const { gradOutput, ...inputs } = operands(shape);
  const [output, logsumexp] = attentionReference(inputs, options);
  const gradients = attentionBackwardReference({ ...inputs, output, logsumexp, gradOutput, gradLogsumexp }, options);
  return { output, logsumexp, gradients };
}

test('golden case G1: dilated and strided, to 1e-9', () => {
  const options = { kernelSize: 3, dilation: 3, stride: 2, isCausal: false, scale: null };
  const { output, logsumexp, gradients } = forwardBackward([1, 11, 2, 4], options);
  const summary = ({ data }: NdArray): number[] => [
    sum(data, (x, n) => x * ((n % 7) + 1)),
    sum(data, Math.abs),
    data[0]!,
  ];
  const wanted = [
    [-3.8233127737, 10.8070725185, -0.1790153012],
    [95.1132943889, 25.9524062772, 2.086596088],
    [-3.7465663372, 3.0160444725, -0.09605004],
    [-1.0488431438, 10.0434811778, 0.2378438707],
    [0.0950158738, 46.3582758413, 0.407558975],
  ];
  [output, logsumexp, ...gradients].forEach((array, i) =>
    summary(array).forEach((x, k) => expect(Math.abs(x - wanted[i]![k]!)).toBeLessThan(1e-9)),
  );
});

test.each<[name: string, shape: number[], options: ReferenceOptions]>([
  [
    'two axes, one causal, even size',
    [2, 5, 6, 1, 3],
    { kernelSize: [3, 2], dilation: [1, 2], stride: [2, 1], isCausal: [false, true], scale: 0.7 },
  ],
  [
    'three axes',
    [1, 4, 3, 5, 2, 2],
    { kernelSize: [2, 3, 2], dilation: [2, 1, 2], stride: [1, 2, 2], isCausal: [true, false, false], scale: null },
  ],
  ['one axis, scale 0', [1, 7, 1, 2], { kernelSize: 3, dilation: 2, stride: 1, isCausal: false, scale: 0 }],
])('gradients equal central differences, that of logsumexp included: %s', (_, shape, options) => {
  const gradLogsumexp = wave(shape.slice(0, -1), 0.83, 0.5);
  const { gradOutput, ...inputs } = operands(shape);
  const loss = (): number => {
    const [output, logsumexp] = attentionReference(inputs, options);
    const along = (a: NdArray, b: NdArray): number => sum(a.data, (x, n) => x * b.data[n]!);
    return along(output, gradOutput) + along(logsumexp, gradLogsumexp);
  };
  const { gradients } = forwardBackward(shape, options, gradLogsumexp);
  (['query', 'key', 'value'] as const).forEach((name, which) => {
    const { data } = inputs[name];
    for (let n = 0; n < data.length; n += 5) {
      const kept = data[n]!;
      const [up, down] = [1e-5, -1e-5].map((step) => {
        data[n] = kept + step;
        return loss();
      }) as [number, number];
      data[n] = kept;
      expect(Math.abs((up - down) / 2e-5 - gradients[which]!.data[n]!), `${name}[${n}]`).toBeLessThan(1e-8);
    }
  });
});
