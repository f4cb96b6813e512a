import { expect, test } from 'vitest';
import { Generator } from '../../index.ts';
import * as nn from '../../nn/index.ts';

const { resize, rotate } = nn.data;
type HostArray = nn.data.HostArray;

const imageOf = (channels: number, height: number, width: number): HostArray => ({
  shape: [channels, height, width],
  data: new Uint8Array(channels * height * width),
});
const apply = (transform: nn.data.Transform, image: HostArray): HostArray => transform(image, new Generator());

const image = imageOf(3, 4, 5);
const cases: [string, () => unknown, string][] = [
  [
    'a size of three',
    () => resize([1, 2, 3] as never),
    'resize: size is [1, 2, 3]; it must be a number or [height, width]',
  ],
  ['a size of 0', () => nn.data.centerCrop(0), 'centerCrop: height is 0; it must be an integer >= 1'],
  [
    'an unknown interpolation',
    () => resize(3, { interpolation: 'lanczos' as never }),
    "interpolation 'lanczos' is unknown; use nearest, nearestExact, bilinear, bicubic",
  ],
  [
    'a maxSize that is less',
    () => resize(3, { maxSize: 3 }),
    'resize: maxSize is 3; it must be an integer above size 3',
  ],
  [
    'an image without channels',
    () => apply(resize(3), { shape: [4, 5], data: new Uint8Array(20) }),
    'resize: the image has shape [4, 5]; it must be [C, Y, X]',
  ],
  [
    'an empty image',
    () => apply(rotate(3), { shape: [3, 0, 5], data: new Uint8Array(0) }),
    'rotate: the image [3, 0, 5] has no pixels',
  ],
  [
    'colours of integers',
    () => apply(nn.data.adjustContrast(2), { shape: [1, 1, 1], data: Int32Array.of(3) }),
    'adjustContrast: the image is int32; it must be uint8 or float',
  ],
  [
    'colours of two channels',
    () => apply(nn.data.grayscale(), imageOf(2, 1, 1)),
    'grayscale: the image has 2 channels; it must have 1 or 3',
  ],
  [
    'a padding of five',
    () => nn.data.pad([1, 2, 3, 4, 5]),
    'pad: padding is [1, 2, 3, 4, 5]; it must be integers >= 0',
  ],
  [
    'a mirror wider than the image',
    () => apply(nn.data.pad(4, { paddingMode: 'reflect' }), image),
    "pad: 4 pixels of padding at a side of 4; 'reflect' has at most 3",
  ],
  [
    'two fills for three channels',
    () => apply(rotate(5, { fill: [1, 2] }), image),
    'rotate: fill has 2 entries, the image 3 channels',
  ],
  ['an angle that is none', () => rotate(NaN), 'rotate: angle must be a finite number, got NaN'],
  [
    'a range upside down',
    () => nn.data.randomResizedCrop(3, { scale: [1, 0.5] }),
    'randomResizedCrop: scale is [1, 0.5]; it must be [least, most], both of 0..1',
  ],
  ['a probability of 2', () => nn.data.randomErasing({ p: 2 }), 'randomErasing: p must be a number of 0..1, got 2'],
  ['a hue of 1', () => nn.data.colorJitter({ hue: 1 }), 'colorJitter: hue is 1; it must be a number of 0..0.5'],
  [
    'a negative brightness',
    () => nn.data.adjustBrightness(-1),
    'adjustBrightness: factor must be a finite number >= 0, got -1',
  ],
  ['no transform to choose', () => nn.data.randomChoice(), 'randomChoice: there are no transforms'],
  [
    'an alpha of 0',
    () => nn.data.mixup({ numClasses: 3, alpha: 0 }),
    'mixup: alpha is 0; it must be a finite number above 0',
  ],
  [
    'labels beyond the classes',
    () =>
      nn.data.cutmix({ numClasses: 2 })(
        {
          image: { dtype: 'float32', shape: [1, 1, 1, 1], data: new Float32Array(1) },
          label: { dtype: 'int32', shape: [1], data: Int32Array.of(2) },
        },
        new Generator(),
      ),
    'cutmix: label 0 is 2; with 2 classes use 0..1',
  ],
  [
    'bytes to mix',
    () =>
      nn.data.mixup({ numClasses: 2 })(
        {
          image: { dtype: 'uint8', shape: [1, 1, 1, 1], data: new Uint8Array(1) },
          label: { dtype: 'int32', shape: [1], data: Int32Array.of(1) },
        },
        new Generator(),
      ),
    'mixup: image is uint8; it must be float',
  ],
  [
    'a batch without labels',
    () => nn.data.mixup({ numClasses: 2 })({}, new Generator()),
    'mixup: the batch has ; it needs image and label',
  ],
  [
    'a cropRatio of 2',
    () => nn.data.imagenetPreprocess({ cropRatio: 2 }),
    'imagenetPreprocess: cropRatio is 2; it must be above 0 and at most 1',
  ],
  ['another option', () => nn.data.colorJitter({ colour: 1 } as never), "colorJitter: has no option 'colour'"],
];
test.each(cases)('%s', (_, run, message) => expect(run).toThrow(message));
