import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Pair } from '../conv/problem.ts';
import type { AdaptiveAttrs, AdaptiveBackwardAttrs } from './adaptiveAvgPool2d.ts';
import type { AvgPoolAttrs, AvgPoolBackwardAttrs } from './avgPool2d.ts';
import type { PoolWindows } from './problem.ts';
import { engine } from '../runtime/cpu/instance.ts';
import { launch, pointer, temporary } from '../runtime/cpu/launch.ts';
import { resolvePool } from './problem.ts';

export const avgPool2dCpu: Kernel<['x'], AvgPoolAttrs> = ({ x }, attrs, [y]) => {
  averageForward(x, y!, windowTable(resolvePool('avgPool2d', x.shape, attrs), attrs));
};

export const avgPool2dBackwardCpu: Kernel<['gradient'], AvgPoolBackwardAttrs> = ({ gradient }, attrs, [dx]) => {
  averageBackward(gradient, dx!, windowTable(resolvePool('avgPool2dBackward', dx!.shape, attrs), attrs));
};

export const adaptiveAvgPool2dCpu: Kernel<['x'], AdaptiveAttrs> = ({ x }, _attrs, [y]) => {
  averageForward(x, y!, adaptiveTable(mapOf(x), mapOf(y!)));
};

export const adaptiveAvgPool2dBackwardCpu: Kernel<['gradient'], AdaptiveBackwardAttrs> = (inputs, _attrs, [dx]) => {
  averageBackward(inputs.gradient, dx!, adaptiveTable(mapOf(dx!), mapOf(inputs.gradient)));
};

/** Three numbers for each row of windows, then for each column: first place, one after the last, part of the divisor. */
interface Table {
  readonly numbers: readonly number[];
  readonly isPairs: boolean;
}

function windowTable(windows: PoolWindows, { countIncludePad, divisorOverride }: Required<AvgPoolAttrs>): Table {
  const { source, size, kernel, stride, padding } = windows;
  const numbers = ([0, 1] as const).flatMap((axis) =>
    Array.from({ length: size[axis] }, (_, i) => {
      const start = i * stride[axis] - padding[axis];
      const end = Math.min(start + kernel[axis], source[axis] + padding[axis]);
      const [first, last] = [Math.max(start, 0), Math.min(end, source[axis])];
      const count = countIncludePad ? end - start : last - first;
      return [first, last, divisorOverride === undefined ? count : axis === 0 ? divisorOverride : 1];
    }).flat(),
  );
  const isSideBySide = [...kernel, ...stride].every((n) => n === 2) && padding.every((n) => n === 0);
  const isPairs = isSideBySide && !windows.ceilMode && divisorOverride === undefined;
  return { numbers, isPairs };
}

function adaptiveTable(source: Pair, size: Pair): Table {
  const numbers = ([0, 1] as const).flatMap((axis) =>
    Array.from({ length: size[axis] }, (_, i) => {
      const first = Math.floor((i * source[axis]) / size[axis]);
      const last = Math.ceil(((i + 1) * source[axis]) / size[axis]);
      return [first, last, last - first];
    }).flat(),
  );
  return { numbers, isPairs: false };
}

function averageForward(x: Tensor, y: Tensor, { numbers, isPairs }: Table): void {
  const [source, size] = [mapOf(x), mapOf(y)];
  withTable(numbers, (table) => {
    const args = [pointer(x), pointer(y), table, Number(isPairs), ...source, ...size];
    launch('averagePoolForward', args, x.shape[0]! * x.shape[1]!, { work: source[0] * source[1] + size[0] * size[1] });
  });
}

function averageBackward(gradient: Tensor, dx: Tensor, { numbers }: Table): void {
  const [source, size] = [mapOf(dx), mapOf(gradient)];
  withTable(numbers, (table) => {
    const args = [pointer(gradient), pointer(dx), table, ...source, ...size];
    launch('averagePoolBackward', args, dx.shape[0]! * dx.shape[1]!, {
      work: 2 * source[0] * source[1] + size[0] * size[1],
    });
  });
}

function mapOf(x: Tensor): Pair {
  return [x.shape[2]!, x.shape[3]!];
}

function withTable(numbers: readonly number[], body: (address: number) => void): void {
  temporary(4 * numbers.length, (address) => {
    new Int32Array(engine().memory.buffer, address, numbers.length).set(numbers);
    body(address);
  });
}
