import type { Shape } from '../../tensor/shape.ts';
import type { Pair, Sides, WindowAttrs } from '../conv/problem.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { checkCount } from '../../tensor/range.ts';
import { formatShape, sameShape } from '../../tensor/shape.ts';
import { checkImages, countWindows, readPair } from '../conv/problem.ts';

export interface PoolAttrs {
  kernelSize: Sides;
  /** Default kernelSize: windows side by side. */
  stride?: Sides | undefined;
  /** On each side, at most half of kernelSize. Default 0. */
  padding?: Sides;
  /** Whether a last window that reaches beyond the padding counts. Default false. */
  ceilMode?: boolean;
}

/** The windows of one pooling, on maps of `source`: `size` of them. */
export interface PoolWindows extends WindowAttrs {
  readonly source: Pair;
  readonly size: Pair;
}

/** The windows of a pooling of x [N, C, H, W]. All checks of the pooling ops are here. */
export function resolvePool(op: string, x: Shape, attrs: PoolAttrs & { dilation?: Sides }): PoolWindows {
  checkImages(op, x);
  const kernel = readPair(op, 'kernelSize', attrs.kernelSize, 1);
  const stride = readPair(op, 'stride', attrs.stride ?? attrs.kernelSize, 1);
  const padding = readPair(op, 'padding', attrs.padding ?? 0, 0);
  const dilation = readPair(op, 'dilation', attrs.dilation ?? 1, 1);
  if (padding.some((n, axis) => 2 * n > kernel[axis]!)) {
    throw new ArgumentError(
      `padding ${formatShape(padding)} is more than half of kernelSize ${formatShape(kernel)}; windows could lie outside`,
      { op, padding, kernel },
    );
  }
  const source: Pair = [x[2]!, x[3]!];
  const ceilMode = attrs.ceilMode ?? false;
  const size = countWindows(op, source, { kernel, stride, padding, dilation, ceilMode });
  return { kernel, stride, padding, dilation, ceilMode, source, size };
}

/** Throws unless the sums of windows can be divided by what was given, if anything was. */
export function checkDivisor(op: string, { divisorOverride }: { divisorOverride?: number | undefined }): void {
  if (divisorOverride !== undefined) checkCount(op, { divisorOverride });
}

/** Throws unless `gradient` is [N, C, *size]. Gives the shape of the input, [N, C, *source]. */
export function inputShape(op: string, gradient: Shape, source: Pair, size: Pair): Shape {
  const [images, channels] = gradient as [number, number];
  const wanted = [images, channels, ...size];
  if (sameShape(gradient, wanted)) return [images, channels, ...source];
  throw new ShapeError(
    `gradient ${formatShape(gradient)} does not fit; it must be the output's ${formatShape(wanted)}`,
    { op, gradient, wanted },
  );
}
