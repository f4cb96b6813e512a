// Loss scaling: gradients are divided and looked through, and the scale follows, without a read.

import type { Kernel } from '../../autograd/types.ts';
import type { UnscaleInputs } from './unscale.ts';
import type { UpdateScaleAttrs } from './updateScale.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { storedType } from '../runtime/webgpu/types.ts';

const lanes = 256;

/** Every lane that finds an ∞ or a NaN writes the same 1; atomically, as WGSL asks of writes to one place. */
export const unscaleWebgpu: Kernel<UnscaleInputs> = ({ grad, overflow, scale }) => {
  const { size, offset, dtype } = grad;
  if (size === 0) return;
  const width = size % 4 === 0 && offset % 4 === 0 ? 4 : 1;
  const count = size / width;
  launch(
    `unscale ${dtype} ${width}`,
    () => {
      const stored = storedType(dtype);
      const [type, real, bits] = width === 4 ? [`vec4<${stored}>`, 'vec4f', 'vec4u'] : [stored, 'f32', 'u32'];
      const isWrong = `(bitcast<${bits}>(value) & ${bits}(0x7f800000u)) == ${bits}(0x7f800000u)`;
      return {
        name: 'unscale',
        buffers: [
          ['grads', type, 'write'],
          ['overflow', 'atomic<u32>', 'write'],
          ['scale', 'f32'],
        ],
        params: [['count', 'u32']],
        workgroupSize: [lanes],
        body: `  let i = (group.y * groups.x + group.x) * ${lanes}u + lane;
  if (i >= params.count) { return; }
  let at = params.gradsOffset / ${width}u + i;
  let value = ${real}(grads[at]) * (1.0 / scale[params.scaleOffset]);
  grads[at] = ${type}(value);
  if (${width === 4 ? `any(${isWrong})` : isWrong}) { atomicStore(&overflow[params.overflowOffset], bitcast<u32>(1.0)); }`,
      };
    },
    [grad, overflow, scale],
    [count],
    Math.ceil(count / lanes),
  );
};

export const updateScaleWebgpu: Kernel<['scale', 'overflow'], UpdateScaleAttrs> = (
  { scale, overflow },
  { growthFactor, backoffFactor, growthInterval },
) =>
  launch(
    `updateScale ${scale.dtype} ${overflow.dtype}`,
    () => {
      const [ofScale, ofOverflow] = [storedType(scale.dtype), storedType(overflow.dtype)];
      return {
        name: 'updateScale',
        buffers: [
          ['scale', ofScale, 'write'],
          ['overflow', ofOverflow, 'write'],
        ],
        params: (['growth', 'backoff', 'interval'] as const).map((name) => [name, 'f32'] as const),
        workgroupSize: [1],
        body: `  let at = params.scaleOffset;
  let found = params.overflowOffset;
  let before = f32(scale[at]);
  let streak = f32(scale[at + 1u]) + 1.0;
  let isDue = streak >= params.interval;
  let grown = before * params.growth;
  let isFinite = (bitcast<u32>(grown) & 0x7f800000u) != 0x7f800000u;
  if (overflow[found] != 0.0) {
    scale[at] = ${ofScale}(before * params.backoff);
    scale[at + 1u] = 0.0;
    overflow[found + 1u] += 1.0;
  } else {
    if (isDue && isFinite) { scale[at] = ${ofScale}(grown); }
    scale[at + 1u] = ${ofScale}(select(streak, 0.0, isDue));
  }
  overflow[found] = 0.0;`,
      };
    },
    [scale, overflow],
    [growthFactor, backoffFactor, growthInterval],
    1,
  );
