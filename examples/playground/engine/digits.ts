import * as nn from 'vicinal/nn';

/** A digit: `image` [1, 28, 28] of bytes, light on dark, and `label` 0..9. */
export type Digits = Awaited<ReturnType<typeof nn.data.idxDataset>>;

/** The digits that the build put beside the page. */
export async function fetchDigits(base: string, part: 'train' | 'test'): Promise<Digits> {
  const [images, labels] = await Promise.all(['images', 'labels'].map((kind) => read(`${base}${part}-${kind}.idx.gz`)));
  return nn.data.idxDataset(images!, labels!);
}

async function read(address: string): Promise<Uint8Array> {
  const response = await fetch(address);
  if (!response.ok)
    throw new Error(`The digits are missing: ${address} answers ${response.status}; is the site whole?`);
  return new Uint8Array(await response.arrayBuffer());
}
