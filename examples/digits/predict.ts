import sharp from 'sharp';
import { noGrad, scope, tensor } from 'vicinal';
import type { DigitNat } from './model.ts';

/** The probability of each digit for a picture of one. Dark ink on light paper is turned over, as the training digits are light on dark. */
export async function predictFile(model: DigitNat, path: string): Promise<Float32Array> {
  const picture = sharp(path).flatten({ background: 'white' }).greyscale();
  const { channels } = await picture.stats();
  const upright = channels[0]!.mean > 127 ? picture.negate({ alpha: false }) : picture;
  const trimmed = await upright
    .trim({ background: 'black', threshold: 40 })
    .resize(20, 20, { fit: 'contain', background: 'black' })
    .toBuffer();
  const pixels = await sharp(trimmed)
    .extend({ top: 4, bottom: 4, left: 4, right: 4, background: 'black' })
    .greyscale()
    .raw()
    .toBuffer();
  using probabilities = noGrad(() =>
    scope(() =>
      model
        .eval()
        .forward(tensor(pixels, { shape: [1, 1, 28, 28] }))
        .softmax(),
    ),
  );
  return (await probabilities.data()) as Float32Array;
}
