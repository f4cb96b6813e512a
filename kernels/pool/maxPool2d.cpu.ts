import type { Kernel } from '../../autograd/types.ts';
import type { WinnersAttrs, MaxPoolAttrs } from './maxPool2d.ts';
import { launch, pointer } from '../runtime/cpu/launch.ts';
import { resolvePool } from './problem.ts';

export const maxPool2dCpu: Kernel<['x'], MaxPoolAttrs> = ({ x }, attrs, outputs) => {
  const { source, size, kernel, stride, padding, dilation } = resolvePool('maxPool2d', x.shape, attrs);
  const [values, indices] = [pointer(outputs[0]!), pointer(outputs[1]!)];
  const args = [pointer(x), values, indices, ...source, ...size, ...kernel, ...stride, ...padding, ...dilation];
  const work = size[0] * size[1] * (1 + kernel[0] * kernel[1]);
  launch('maxPoolForward', args, x.shape[0]! * x.shape[1]!, { work });
};

export const maxPool2dBackwardCpu: Kernel<['gradient', 'indices:int'], WinnersAttrs> = (inputs, _attrs, outputs) => {
  const { gradient, indices } = inputs;
  const [output] = outputs as [(typeof outputs)[0]];
  const [size, count] = [mapSize(output.shape), mapSize(gradient.shape)];
  const args = [pointer(gradient), pointer(indices), pointer(output), size, count];
  launch('maxPoolScatter', args, output.shape[0]! * output.shape[1]!, { work: count + size / 4 });
};

export const maxPool2dGatherCpu: Kernel<['x', 'indices:int']> = ({ x, indices }, _attrs, outputs) => {
  const [size, count] = [mapSize(x.shape), mapSize(indices.shape)];
  const args = [pointer(x), pointer(indices), pointer(outputs[0]!), size, count];
  launch('maxPoolGather', args, x.shape[0]! * x.shape[1]!, { work: count });
};

function mapSize(shape: readonly number[]): number {
  return shape[2]! * shape[3]!;
}
