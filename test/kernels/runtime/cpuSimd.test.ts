import { describe, expect, it } from 'vitest';
import { hasRelaxedSimd } from '../../../kernels/runtime/cpu/instance.ts';
import { unfused } from '../../../kernels/runtime/cpu/unfused.ts';
import { compileTestKernels } from './testKernels.ts';

const functions = ['exp', 'log', 'erf', 'tanh'] as const;
type Name = (typeof functions)[number];

const source = `
import { exp4, log4, erf4, tanh4, exp1, log1, erf1, tanh1, sum4, max4, madd, nmadd, isFused, writeNumbers }
  from '../../../kernels/runtime/cpu/simd.as';
${functions
  .map(
    (name) => `
export function ${name}Four(x: usize, y: usize, begin: i32, end: i32): void {
  for (let i = <usize>begin << 4; i < <usize>end << 4; i += 16) v128.store(y + i, ${name}4(v128.load(x + i)));
}
export function ${name}One(x: f32): f32 { return ${name}1(x); }`,
  )
  .join('')}
export function start(): void { writeNumbers(); }
export function sum(x: usize): f32 { return sum4(v128.load(x)); }
export function largest(x: usize): f32 { return max4(v128.load(x)); }
export function fused(a: f32, b: f32, c: f32): f32 {
  return f32x4.extract_lane(madd(f32x4.splat(a), f32x4.splat(b), f32x4.splat(c)), 1);
}
export function fuses(): bool { return isFused(); }
export function negated(a: f32, b: f32, c: f32): f32 {
  return f32x4.extract_lane(nmadd(f32x4.splat(a), f32x4.splat(b), f32x4.splat(c)), 1);
}
`;

/** erf by its series, or its continued fraction where that cancels. */
function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 3) {
    let fraction = 0;
    for (let k = 60; k > 0; k--) fraction = k / 2 / (a + fraction);
    return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction));
  }
  let sum = x;
  for (let n = 1, term = x; n < 80; n++) sum += (term *= (-x * x) / n) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const exact: Record<Name, (x: number) => number> = { exp: Math.exp, log: Math.log, erf, tanh: Math.tanh };
const length = 65536;

const built = await compileTestKernels(source);
const builds = hasRelaxedSimd() ? (['base', 'relaxed'] as const) : (['base'] as const);

describe.each(builds)('simd.as.ts, %s build', async (simd) => {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true });
  const module = await WebAssembly.compile(simd === 'relaxed' ? built : unfused(built));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const call = (name: string, ...args: number[]) => (exports[name] as (...args: number[]) => number)(...args);
  call('start');
  const x = new Float32Array(memory.buffer, 65536, length);
  const y = new Float32Array(memory.buffer, 65536 + 4 * length, length);

  /** The largest errors over values spread evenly by `place`. Throws when a scalar form gives other bits. */
  function errors(name: Name, place: (u: number) => number) {
    for (let i = 0; i < length; i++) x[i] = place((i + 0.5) / length);
    call(`${name}Four`, x.byteOffset, y.byteOffset, 0, length / 4);
    let [relative, absolute] = [0, 0];
    for (let i = 0; i < length; i++) {
      const right = exact[name](x[i]!);
      const error = Math.abs(y[i]! - right);
      absolute = Math.max(absolute, error);
      relative = Math.max(relative, error / Math.abs(right));
      if (!Object.is(call(`${name}One`, x[i]!), y[i])) throw new Error(`${name}1(${x[i]}) differs from ${name}4`);
    }
    return { relative, absolute };
  }
  const linear = (from: number, to: number) => (u: number) => from + u * (to - from);
  const exponential = (from: number, to: number) => (u: number) => from * (to / from) ** u;

  it('exp: 1e-7 relative over all normal results', () => {
    expect(errors('exp', linear(-87.3, 88.7)).relative).toBeLessThan(1e-7);
    expect(errors('exp', linear(-1, 1)).relative).toBeLessThan(1e-7);
    expect(errors('exp', linear(-103, -87)).absolute).toBeLessThan(2e-45);
  });

  it('log: 1e-7 relative, denormals too', () => {
    expect(errors('log', exponential(1.2e-38, 3.4e38)).relative).toBeLessThan(1e-7);
    expect(errors('log', exponential(1e-44, 1.1e-38)).relative).toBeLessThan(1e-7);
    expect(errors('log', linear(0.5, 2)).relative).toBeLessThan(1e-7);
  });

  it('erf: 5e-7 absolute', () => {
    expect(errors('erf', linear(-6, 6)).absolute).toBeLessThan(5e-7);
    expect(errors('erf', exponential(1e-30, 1)).relative).toBeLessThan(4e-7);
  });

  it('tanh: 1.5e-7 relative, tiny values too', () => {
    expect(errors('tanh', linear(-12, 12)).relative).toBeLessThan(1.5e-7);
    expect(errors('tanh', exponential(1e-38, 1)).relative).toBeLessThan(1.5e-7);
  });

  const tiny = 2 ** -149;
  const special: Record<Name, [number, number][]> = {
    exp: [
      [0, 1],
      [-0, 1],
      [88.73, Infinity],
      [3e38, Infinity],
      [Infinity, Infinity],
      [-103.9, tiny],
      [-104, 0],
      [-Infinity, 0],
      [NaN, NaN],
    ],
    log: [
      [1, 0],
      [0, -Infinity],
      [-0, -Infinity],
      [Infinity, Infinity],
      [-1, NaN],
      [-tiny, NaN],
      [-Infinity, NaN],
      [NaN, NaN],
    ],
    erf: [
      [0, 0],
      [-0, -0],
      [50, 1],
      [Infinity, 1],
      [-Infinity, -1],
      [NaN, NaN],
    ],
    tanh: [
      [0, 0],
      [-0, -0],
      [tiny, tiny],
      [Infinity, 1],
      [-Infinity, -1],
      [NaN, NaN],
    ],
  };
  it.each(functions)('%s of special values', (name) => {
    for (const [value, right] of special[name]) expect([value, call(`${name}One`, value)]).toEqual([value, right]);
  });

  it('sums and compares four lanes', () => {
    x.set([1, 2, 4, 8]);
    expect(call('sum', x.byteOffset)).toBe(15);
    expect(call('largest', x.byteOffset)).toBe(8);
    x.set([1, NaN, 4, 8]);
    expect(call('largest', x.byteOffset)).toBeNaN();
  });

  it('multiplies and adds, in one rounding where it can', () => {
    expect(call('fused', 3, 5, 7)).toBe(22);
    expect(call('negated', 3, 5, 7)).toBe(-8);
    const [a, rounded] = [1 + 2 ** -12, 1 + 2 ** -11]; // a² = rounded + 2⁻²⁴
    expect(call('fused', a, a, -rounded)).toBe(simd === 'relaxed' ? 2 ** -24 : 0);
    expect(call('fuses')).toBe(Number(simd === 'relaxed'));
    expect(call('negated', a, a, rounded)).toBe(simd === 'relaxed' ? -(2 ** -24) : 0);
  });
});
