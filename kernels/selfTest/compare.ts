// A kernel held to the float64 reference form of its op: the one comparison of the self-test and of the test suite.

import type { AnyOpDefinition } from '../../autograd/types.ts';
import type { TypedArray } from '../../tensor/dtype.ts';
import type { Device, DeviceName, NdArray } from '../../tensor/runtime.ts';
import type { AnyOp, HostInput, HostSample, Lay } from './samples.ts';
import { noGrad } from '../../autograd/tape.ts';
import { resolveDevice } from '../../tensor/runtime.ts';
import { isFloat } from '../../tensor/dtype.ts';
import { scope } from '../../tensor/scope.ts';
import { formatShape, sameShape } from '../../tensor/shape.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { drawSample, halved, makeArguments } from './samples.ts';

/** Of the reference device, which computes as the reference form does. */
const referenceTolerance = 1e-6;
/** Of results that are stored in half precision, 11 bits, and may be rounded once more on the way. */
const halfTolerance = 2e-3;

/** How the op's results on a device differ from the reference form's; null where they do not. */
export type Comparison = (device: Device | DeviceName, lay: Lay) => Promise<string | null>;

/**
 * Draws a sample's values and works out what the reference form makes of them, which each device is then compared with.
 *
 * @param real what the sample's reals are stored as; for 'float16' they are rounded to that first
 */
export function comparisonOf(
  op: AnyOp,
  sample: Record<string, unknown>,
  real: 'float32' | 'float16' = 'float32',
): Comparison {
  const { definition } = op;
  const attrs = sample['attrs'] ?? {};
  const drawn = drawSample(definition, sample);
  const host = real === 'float16' ? halved(definition, drawn) : drawn;
  const wanted = expected(definition, host, attrs);
  return async (device, lay) => {
    const isReference = (typeof device === 'string' ? device : device.name) === 'reference';
    const ofKernel = real === 'float16' ? Math.max(halfTolerance, definition.tolerance) : definition.tolerance;
    const tolerance = isReference ? referenceTolerance : ofKernel;
    const got = await resultsOf(op, () => makeArguments(definition, host, attrs, device, lay));
    if (got.length !== wanted.length) return `${got.length} outputs where the reference form has ${wanted.length}`;
    const faults = got.map((output, i) => differenceOf(output, wanted[i]!, tolerance));
    const i = faults.findIndex((fault) => fault !== null);
    return i < 0 ? null : `output ${i} ${faults[i]}`;
  };
}

/** The first difference or error in the op's samples on a device, in each of its real dtypes; null where there is none. */
export async function faultOf(op: AnyOp, device: Device | DeviceName): Promise<string | null> {
  const { definition } = op;
  if (definition.samples.length === 0) return 'its declaration has no samples to try it on';
  const reals = resolveDevice(device).dtypes.includes('float16')
    ? (['float32', 'float16'] as const)
    : ['float32' as const];
  for (const sample of definition.samples) {
    for (const real of reals) {
      const compare = comparisonOf(op, sample, real);
      for (const lay of laysOf(definition)) {
        const fault = await compare(device, lay).catch((error: Error) => error.message);
        if (fault !== null) return `sample ${JSON.stringify(sample)}, ${real}, ${lay}: ${fault}`;
      }
    }
  }
  return null;
}

/** The ways in which an op's operands may lie. What is written in place lies as its owner made it. */
export function laysOf({ mutates }: AnyOpDefinition): readonly Lay[] {
  return mutates.length > 0 ? ['contiguous'] : ['contiguous', 'strided'];
}

/** The reference form on a sample's values. */
function expected(definition: AnyOpDefinition, host: HostSample, attrs: object): readonly NdArray[] {
  const real = ({ shape, dtype, data }: HostInput): NdArray => ({
    shape,
    data: isFloat(dtype) ? Float64Array.from(data) : data,
  });
  const inputs = Object.fromEntries(
    definition.slots.map(({ name }) => {
      const value = host[name];
      return [name, Array.isArray(value) ? value.map(real) : value && real(value)];
    }),
  );
  return [definition.reference(inputs, { ...definition.attrs, ...attrs })].flat();
}

/** What a call leaves: its outputs, or the inputs that it wrote. */
function resultsOf(op: AnyOp, makeArguments: () => unknown[]): Promise<NdArray[]> {
  const { mutates, slots } = op.definition;
  const reads: Promise<NdArray>[] = [];
  noGrad(() =>
    scope(() => {
      const args = makeArguments();
      const outputs = op(...args);
      const written = mutates.flatMap((name) => args[slots.findIndex((slot) => slot.name === name)]);
      for (const x of mutates.length > 0 ? written : [outputs].flat()) if (x instanceof Tensor) reads.push(hostOf(x));
    }),
  );
  return Promise.all(reads);
}

const hostOf = async (x: Tensor): Promise<NdArray> => ({ shape: x.shape, data: await x.data() });

/** Differences count relative to the largest element, and to 1e-3 where all are smaller, so that zeros compare. */
function differenceOf(got: NdArray, want: NdArray, tolerance: number): string | null {
  if (!sameShape(got.shape, want.shape))
    return `has shape ${formatShape(got.shape)} where the reference form has ${formatShape(want.shape)}`;
  const { error, at } = largestError(got.data, want.data);
  if (error < tolerance) return null;
  const shown = `element ${at} of ${formatShape(want.shape)} is ${got.data[at]}, the reference form gives ${want.data[at]}`;
  return `is off by ${error.toPrecision(2)} of its largest element, where ${tolerance} is allowed: ${shown}`;
}

function largestError(got: TypedArray, want: TypedArray): { error: number; at: number } {
  let scale = 1e-3;
  let worst = 0;
  let at = 0;
  for (let i = 0; i < want.length; i++) {
    const [a, b] = [got[i]!, want[i]!];
    if (Number.isFinite(b)) scale = Math.max(scale, Math.abs(b));
    if (Object.is(a, b) || a === b) continue;
    const distance = Number.isFinite(a) && Number.isFinite(b) ? Math.abs(a - b) : Infinity;
    if (distance > worst) [worst, at] = [distance, i];
  }
  return { error: worst / scale, at };
}
