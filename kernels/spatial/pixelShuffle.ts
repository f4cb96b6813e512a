import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { scope } from '../../tensor/scope.ts';
import { formatShape } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';

function check(op: string, x: Tensor, name: string, factor: number): void {
  checkTensor(op, 'x', x);
  if (!Number.isInteger(factor) || factor < 1) {
    throw new ArgumentError(`${name} ${String(factor)} must be an integer >= 1`, { op, [name]: factor });
  }
  if (x.rank >= 3) return;
  throw new ShapeError(`x ${formatShape(x.shape)} has rank ${x.rank}; it must be [..., C, H, W]`, { op, x: x.shape });
}

function refuse(op: string, x: Shape, what: string, factor: number): never {
  throw new ShapeError(`x ${formatShape(x)} has ${what}`, { op, x, factor });
}

/**
 * Channels as pixels: r² channels become r rows and r columns for each pixel, the channel c · r² + i · r + j at row i,
 * column j. x [..., C · r², H, W] → [..., C, H · r, W · r].
 *
 * @throws ShapeError when r² does not divide the channels
 * @source Shi et al. 2016 (arXiv 1609.05158), eq. 4. PyTorch: `torch.nn.functional.pixel_shuffle`
 * @example
 * pixelShuffle(zeros([1, 8, 3, 4]), 2).shape;     // [1, 2, 6, 8]
 */
export function pixelShuffle(x: Tensor, upscaleFactor: number): Tensor {
  const [op, r] = ['pixelShuffle', upscaleFactor];
  check(op, x, 'upscaleFactor', r);
  const lead = x.shape.slice(0, -3);
  const [channels, height, width] = x.shape.slice(-3) as [number, number, number];
  if (channels % r ** 2 !== 0) refuse(op, x.shape, `${channels} channels; ${r ** 2} must divide them`, r);
  return scope(() => {
    const depth = channels / r ** 2;
    const parts = x.reshape([...lead, depth, r, r, height, width]);
    const at = lead.length;
    const order = [at, at + 3, at + 1, at + 4, at + 2];
    return parts.permute(...lead.keys(), ...order).reshape([...lead, depth, height * r, width * r]);
  });
}

/**
 * Pixels as channels, the way back from `pixelShuffle`. x [..., C, H · r, W · r] → [..., C · r², H, W].
 *
 * @throws ShapeError when r does not divide height and width
 * @source PyTorch: `torch.nn.functional.pixel_unshuffle`
 * @example
 * pixelUnshuffle(zeros([1, 2, 6, 8]), 2).shape;     // [1, 8, 3, 4]
 */
export function pixelUnshuffle(x: Tensor, downscaleFactor: number): Tensor {
  const [op, r] = ['pixelUnshuffle', downscaleFactor];
  check(op, x, 'downscaleFactor', r);
  const lead = x.shape.slice(0, -3);
  const [channels, height, width] = x.shape.slice(-3) as [number, number, number];
  if (height % r !== 0 || width % r !== 0) {
    refuse(op, x.shape, `maps of ${height} × ${width}; ${r} must divide both`, r);
  }
  return scope(() => {
    const parts = x.reshape([...lead, channels, height / r, r, width / r, r]);
    const at = lead.length;
    const order = [at, at + 2, at + 4, at + 1, at + 3];
    return parts.permute(...lead.keys(), ...order).reshape([...lead, channels * r ** 2, height / r, width / r]);
  });
}
