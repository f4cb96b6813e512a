import sharp from 'sharp';
import { noGrad, scope, tensor } from 'vicinal';
import type { DigitNat } from './model.ts';

/** The probability of each digit for a picture of one. */
export async function predictFile(model: DigitNat, path: string): Promise<Float32Array> {
  const pixels = await readDigit(path);
  model.eval();
  using probabilities = noGrad(() => scope(() => model.forward(tensor(pixels, { shape: [1, 1, 28, 28] })).softmax()));
  return (await probabilities.data()) as Float32Array;
}

/** A picture as the training digits are: light on black, 20 pixels high or wide in the middle of 28 × 28. */
async function readDigit(path: string): Promise<Buffer> {
  // Each step ends in a buffer: within one pipeline sharp orders the steps itself.
  const picture = sharp(path).flatten({ background: 'white' }).toColourspace('b-w').png();
  const grey = await picture.toBuffer().catch((error: Error) => {
    throw new Error(`${path} cannot be read as a picture: ${error.message}`);
  });
  const lightOnBlack = (await isPaperLight(grey)) ? await sharp(grey).negate().png().toBuffer() : grey;
  const digit = await sharp(lightOnBlack).trim({ background: 'black', threshold: 40 }).png().toBuffer();
  const fitted = sharp(digit).resize(20, 20, { fit: 'contain', background: 'black' });
  const border = { top: 4, bottom: 4, left: 4, right: 4, background: 'black' };
  return sharp(await fitted.png().toBuffer())
    .extend(border)
    .toColourspace('b-w')
    .raw()
    .toBuffer();
}

/** Whether the outermost pixels are nearer to white than to black. */
async function isPaperLight(image: Buffer): Promise<boolean> {
  const { data, info } = await sharp(image).raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const edge = data.filter((_, i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    return row === 0 || column === 0 || row === height - 1 || column === width - 1;
  });
  return edge.reduce((sum, value) => sum + value, 0) > 127 * edge.length;
}
