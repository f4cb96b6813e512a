// Writes what of the manual is made from the code: manual/ops.md and the pictures. With --check it only compares.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { AnyOpDefinition, DtypeRule } from '../autograd/types.ts';
import type { Dtype } from '../tensor/dtype.ts';
import { add, device, div, zeros } from '../index.ts';
import { ops } from '../kernels/selfTest/samples.ts';
import '../kernels/webgl.ts';
import '../kernels/webgpu.ts';
import { pictures } from './manual-pictures.ts';

/** Without float64, which is the reference device's alone. */
const dtypes: readonly Dtype[] = ['bool', 'uint8', 'int32', 'float16', 'float32'];
const devices = ['cpu', 'webgpu', 'webgl'] as const;

const real: Readonly<Record<DtypeRule, string>> = {
  float: 'real',
  numeric: 'real, int32',
  any: 'all',
};

function dtypesOf({ dtypes: rule, slots }: AnyOpDefinition): string {
  if (slots.every(({ differentiable }) => !differentiable)) return slots.map(({ class: kind }) => kind).join(', ');
  return real[rule];
}

function deviceMark({ kernels, view, moves }: AnyOpDefinition, name: (typeof devices)[number]): string {
  return view || moves ? 'view' : kernels[name] ? 'yes' : '–';
}

function opRow(definition: AnyOpDefinition): string {
  const { name, inputs, outputs, backward, mutates, autocast, moves } = definition;
  const marks = devices.map((one) => (moves ? 'yes' : deviceMark(definition, one)));
  const gradient = mutates.length > 0 ? 'in place' : backward ? 'yes' : '–';
  const cells = [`\`${name}\``, inputs.join(', '), outputs.join(', '), dtypesOf(definition), ...marks];
  return `| ${[...cells, gradient, autocast ?? ''].join(' | ')} |`;
}

/** What an op of two tensors gives: found by running it. */
function promotion(op: typeof add): string[] {
  const kinds = dtypes.filter((dtype) => dtype !== 'float16');
  const line = (a: Dtype): string => {
    const results = kinds.map((b) => {
      using x = zeros([1], { dtype: a });
      using y = zeros([1], { dtype: b });
      using z = op(x, y);
      return z.dtype;
    });
    return `| **${a}** | ${results.join(' | ')} |`;
  };
  return [`| | ${kinds.join(' | ')} |`, `|---|${kinds.map(() => '---|').join('')}`, ...kinds.map(line)];
}

function page(): string {
  const sorted = ops.map(({ definition }) => definition).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return [
    '# Ops, devices and dtypes',
    '',
    'Made from the code by `npm run docs`. Functions that are made of these ops (`gelu`, `conv1d`, `einsum` ...) have what their ops have.',
    '',
    '- *dtypes*: `real` is float32, float16 where the device has it, and float64 on `reference`; other inputs are promoted to these. An',
    '  input `x:int`, `x:bool` is of that class alone; `x:wide` is float32 where the others are float16; `x?` may be left out; `x[]` is a list.',
    '- *cpu*, *webgpu*, *webgl*: a kernel of its own; `view` where only strides change; – where the device has none. Every op runs on',
    '  `reference`.',
    '- *gradient*: gradients flow; `in place` for ops of optimizers, which write what they are given.',
    '- *autocast*: what its inputs become there.',
    '',
    '| op | inputs | outputs | dtypes | cpu | webgpu | webgl | gradient | autocast |',
    '|---|---|---|---|---|---|---|---|---|',
    ...sorted.map(opRow),
    '',
    '## Promotion',
    '',
    "Of two tensors the dtype further right wins: bool, uint8, int32, float16, float32, float64. A number takes the tensor's dtype,",
    'unless it has a fraction and the tensor has none: then the result is real. What `add` gives:',
    '',
    ...promotion(add),
    '',
    'and `div`, which is real:',
    '',
    ...promotion(div),
    '',
  ].join('\n');
}

await device('cpu');
const isCheck = process.argv.includes('--check');
for (const [path, text] of Object.entries({ 'manual/ops.md': page(), ...pictures() })) {
  if (!isCheck) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } else if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
    console.error(`${path} differs from the code: npm run docs, and commit it.`);
    process.exitCode = 1;
  }
}
