// NaN, the infinities and huge numbers on a page's WebGL2.

import { expect, test } from 'vitest';
import type { AnyOp } from '../../kernels/selfTest/samples.ts';
import { device } from '../../index.ts';
import { comparisonOf } from '../../kernels/selfTest/compare.ts';
import { ops } from '../../kernels/selfTest/samples.ts';
import { specialCases } from '../kernels/specialCases.ts';
import { holdKeys } from './texts.ts';

const webgl = await device('webgl');
holdKeys();

test.each(specialCases)('%s', async (_what, op, sample) =>
  expect(await comparisonOf(op as AnyOp, sample)(webgl, 'contiguous')).toBeNull(),
);

const near = [0, -0, 1e-30, -1e-30, 1e-4, -1e-4, 0.3, -0.3, 1, -1, 3, -3, 20, -20, 80, -80, 1e4, -1e4];
const far = [300, -300, 1e18, -1e18, 1e30, -1e30, Infinity, -Infinity, NaN];
/** Beyond these, in float32, sines have no digits, and what follows from an output of such a size is none's. */
const ofNear = ['sin', 'cos', 'sigmoidBackward', 'tanhBackward'];

/** Ops that give one number for each, of those with these inputs. */
const elementwise = (inputs: string): (readonly [string, AnyOp])[] =>
  ops
    .filter(({ definition: { slots, kernels, required } }) => {
      return kernels.webgl && required.length === 0 && slots.map(({ name }) => name).join() === inputs;
    })
    .map((op) => [op.definition.name, op] as const);

/** Of 1e39 and more. */
const tooLarge = /is -?Infinity, the reference form gives -?[\d.]+e\+(39|[4-9]\d|\d{3})$/;

/** What is different from the reference form, whose results may be too large for float32. */
async function differences(
  name: string,
  op: AnyOp,
  sampleOf: (x: number) => Record<string, unknown>,
): Promise<string[]> {
  const found: string[] = [];
  for (const x of ofNear.includes(name) ? near : [...near, ...far]) {
    const fault = await comparisonOf(op, sampleOf(x))(webgl, 'contiguous');
    if (fault && !tooLarge.test(fault)) found.push(`${x}: ${fault}`);
  }
  return found;
}

const one = (x: number) => ({ shape: [1], values: [x] });

test.each(elementwise('g,saved'))('%s', async (name, op) =>
  expect(await differences(name, op, (x) => ({ g: one(1), saved: one(x) }))).toEqual([]),
);

test.each(elementwise('x').filter(([, { definition }]) => definition.outputs.length === 1))('%s', async (name, op) =>
  expect(await differences(name, op, (x) => ({ x: one(x) }))).toEqual([]),
);
