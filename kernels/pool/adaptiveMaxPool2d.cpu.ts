import type { Kernel } from '../../autograd/types.ts';
import type { AdaptiveAttrs } from './adaptiveAvgPool2d.ts';
import { launch, pointer } from '../runtime/cpu/launch.ts';

export const adaptiveMaxPool2dCpu: Kernel<['x'], AdaptiveAttrs> = ({ x }, _attrs, [y, indices]) => {
  const [height, width] = x.shape.slice(2) as [number, number];
  const [rows, columns] = y!.shape.slice(2) as [number, number];
  const args = [pointer(x), pointer(y!), pointer(indices!), height, width, rows, columns];
  launch('adaptiveMaxPool', args, x.shape[0]! * x.shape[1]!, { work: 2 * (height * width + rows * columns) });
};
