import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { FormatError, Generator, ShapeError, tensor } from '../../index.ts';
import * as nn from '../../nn/index.ts';

const { decodeImage, encodeImage, ImageFolder, makeGrid } = nn.data;
type HostArray = nn.data.HostArray;

const colors: HostArray = { shape: [3, 2, 2], data: Uint8Array.of(255, 0, 0, 9, 0, 255, 0, 8, 0, 0, 255, 7) };
const noise = (height: number, width: number): HostArray => ({
  shape: [3, height, width],
  data: Uint8Array.from(new Generator(4).integers(3 * height * width, 0, 256)),
});

describe('a picture file', () => {
  test.each<[string, HostArray]>([
    ['colours', colors],
    ['noise of odd sides', noise(7, 13)],
    ['grey', { shape: [1, 1, 3], data: Uint8Array.of(0, 100, 255) }],
    ['opacity', { shape: [4, 1, 2], data: Uint8Array.of(200, 3, 100, 2, 50, 1, 255, 128) }],
  ])('of %s comes back as it was', async (_, image) => {
    const file = await encodeImage(image);
    expect(await decodeImage(file, { channels: image.shape[0] as 1 | 3 | 4 })).toEqual(image);
    expect(await decodeImage(new Blob([file as Uint8Array<ArrayBuffer>]), { channels: image.shape[0] as 1 })).toEqual(
      image,
    );
  });

  test('has the colours, the turn and the depth that one sees', async () => {
    // Row by row red, green; blue, (9, 8, 7).
    const rows = Buffer.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7]);
    const picture = sharp(rows, { raw: { width: 2, height: 2, channels: 3 } });
    expect(await decodeImage(await picture.png().toBuffer())).toEqual(colors);
    const turned = await picture.withMetadata({ orientation: 6 }).png().toBuffer(); // to be turned by 90° clockwise
    expect((await decodeImage(turned)).data.slice(0, 4)).toEqual(Uint8Array.of(0, 255, 9, 0));
    const values = Uint16Array.of(0, 0x8080, 0xffff);
    const raw = { width: 1, height: 1, channels: 3 } as const;
    const deep = await sharp(values, { raw }).toColourspace('rgb16').png().toBuffer();
    expect((await decodeImage(deep)).data).toEqual(Uint8Array.of(0, 0x80, 255));
    const grey = await decodeImage(await picture.clone().withMetadata({ orientation: 1 }).png().toBuffer(), {
      channels: 1,
    });
    expect(grey.data).toEqual(Uint8Array.of(76, 150, 29, 8)); // PIL: Image.convert('L')
  });

  test('of floats is cut to 0..1, of a tensor is read', async () => {
    const image: HostArray = { shape: [1, 1, 4], data: Float32Array.of(-1, 0.5, 1, 3) };
    const want = Uint8Array.of(0, 128, 255, 255);
    expect((await decodeImage(await encodeImage(image), { channels: 1 })).data).toEqual(want);
    using x = tensor(image.data, { shape: image.shape });
    expect((await decodeImage(await encodeImage(x), { channels: 1 })).data).toEqual(want);
  });

  test.each(['jpeg', 'webp'] as const)('of %s is about the image, and smaller with less quality', async (format) => {
    const image = nn.data.resize([40, 60], { interpolation: 'bicubic' })(noise(4, 6), new Generator());
    const file = await encodeImage(image, { format });
    const { shape, data } = await decodeImage(file);
    expect(shape).toEqual([3, 40, 60]);
    let error = 0;
    for (let i = 0; i < data.length; i++) error += Math.abs(data[i]! - image.data[i]!) / data.length;
    expect(error).toBeLessThan(8);
    expect((await encodeImage(image, { format, quality: 20 })).length).toBeLessThan(file.length);
  });

  test('that is none, or half of one, is refused', async () => {
    await expect(decodeImage(new TextEncoder().encode('hello'))).rejects.toThrow(FormatError);
    await expect(decodeImage(new Uint8Array(0))).rejects.toThrow(FormatError);
    const file = await encodeImage(noise(50, 50), { format: 'jpeg' });
    await expect(decodeImage(file.subarray(0, file.length / 2))).rejects.toThrow(
      'decodeImage: the image cannot be decoded',
    );
    await expect(decodeImage('a.png' as never)).rejects.toThrow(
      "decodeImage: the file must be a Uint8Array, got 'a.png'",
    );
    await expect(decodeImage(file, { channels: 2 as never })).rejects.toThrow('channels is 2; it must be 1, 3 or 4');
  });

  test('is not made of what is no image', async () => {
    await expect(encodeImage({ shape: [2, 1, 1], data: new Uint8Array(2) })).rejects.toThrow(
      'has 2 channels; it must have 1, 3 or 4',
    );
    await expect(encodeImage({ shape: [1, 1], data: new Uint8Array(1) })).rejects.toThrow(ShapeError);
    await expect(encodeImage({ shape: [1, 1, 1], data: new Int32Array(1) })).rejects.toThrow(
      'the image is int32; it must be uint8 or float',
    );
    await expect(encodeImage(colors, { format: 'bmp' as never })).rejects.toThrow(
      "format 'bmp' is unknown; use png, jpeg, webp",
    );
    await expect(encodeImage(colors, { format: 'jpeg', quality: 0 })).rejects.toThrow(
      'quality is 0; it must be a number of 1..100',
    );
  });
});

test('a grid holds its images in rows, with padding between them', () => {
  const images = [1, 2, 3].map((value): HostArray => ({ shape: [1, 1, 2], data: Uint8Array.of(value, value) }));
  const { shape, data } = makeGrid(images, { nrow: 2, padding: 1, padValue: 9 });
  expect(shape).toEqual([1, 5, 7]);
  expect([...data].join('').match(/.{7}/g)).toEqual(['9999999', '9119229', '9999999', '9339999', '9999999']);
  expect(makeGrid([colors, colors], { padding: 0 }).shape).toEqual([3, 2, 4]);
  expect(() => makeGrid([])).toThrow('makeGrid: there are no images');
  expect(() => makeGrid([colors, images[0]!])).toThrow(
    'image 1 has shape [1, 1, 2], image 0 [3, 2, 2]; they must be equal',
  );
});

describe('a folder of images', () => {
  const root = mkdtempSync(join(tmpdir(), 'vicinal-images-'));
  const at = (path: string): string => join(root, path);
  let file: Uint8Array;

  beforeAll(async () => {
    file = await encodeImage(colors);
    for (const folder of ['pets/dog/old', 'pets/cat', 'pets/.hidden', 'empty', 'bare/cat', 'torn/cat'])
      mkdirSync(at(folder), { recursive: true });
    for (const name of [
      'pets/dog/old/7.png',
      'pets/dog/1.PNG',
      'pets/cat/b.png',
      'pets/cat/a.png',
      'pets/.hidden/x.png',
      'torn/cat/a.png',
    ])
      writeFileSync(at(name), file);
    writeFileSync(at('pets/cat/notes.txt'), 'not a picture');
    writeFileSync(at('bare/cat/notes.txt'), 'not a picture');
    writeFileSync(at('torn/cat/b.png'), file.subarray(0, 40));
    writeFileSync(at('torn/cat/c.png'), 'hello');
    symlinkSync(at('pets/cat'), at('pets/kitten'));
    symlinkSync(at('nowhere'), at('pets/lost'));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test('has its classes by name, and images at any depth', async () => {
    const dataset = new ImageFolder(at('pets'));
    expect(dataset.classes).toEqual(['.hidden', 'cat', 'dog', 'kitten']);
    expect(Object.fromEntries(dataset.classToIndex)).toEqual({ '.hidden': 0, cat: 1, dog: 2, kitten: 3 });
    const found = dataset.samples.map(({ path, label }) => `${label} ${path.slice(root.length + 1)}`);
    expect(found).toEqual([
      '0 pets/.hidden/x.png',
      '1 pets/cat/a.png',
      '1 pets/cat/b.png',
      '2 pets/dog/1.PNG',
      '2 pets/dog/old/7.png',
      '3 pets/kitten/a.png',
      '3 pets/kitten/b.png',
    ]);
    const { image, label } = await dataset.get(4);
    expect(image).toEqual(colors);
    expect(label).toEqual({ shape: [], data: Int32Array.of(2) });
  });

  test('is read by a loader, its labels as integers', async () => {
    const transform = ({ image, label }: nn.data.ImageSample, generator: Generator): nn.data.ImageSample => ({
      image: nn.data.toFloat()(image, generator),
      label,
    });
    for await (const { image, label } of new nn.data.DataLoader(new ImageFolder(at('pets')), {
      batchSize: 7,
      transform,
    })) {
      expect([image.shape, image.dtype, label.shape, label.dtype]).toEqual([[7, 3, 2, 2], 'float32', [7], 'int32']);
    }
  });

  test('is decoded by another function, if one is given', async () => {
    const decode = (bytes: Uint8Array | Blob, path: string): HostArray => ({
      shape: [1, 1, 2],
      data: Float32Array.of((bytes as Uint8Array).length, path.length),
    });
    const dataset = new ImageFolder(at('pets'), { decode, extensions: ['.txt', '.png'] });
    expect((await dataset.get(3)).image.data).toEqual(Float32Array.of(13, at('pets/cat/notes.txt').length));
  });

  test('of sources by path takes the folder of each as its class', async () => {
    const blob = new File([readFileSync(at('pets/cat/a.png'))], 'a.png');
    Object.defineProperty(blob, 'webkitRelativePath', { value: 'pictures/dog/a.png' });
    expect(new ImageFolder([blob]).classes).toEqual(['dog']);
    const sources = {
      './x/dog/1.png': pathToFileURL(at('pets/dog/1.PNG')),
      './x/cat/2.png': at('pets/cat/a.png'),
      './x/cat/1.png': blob,
    };
    const dataset = new ImageFolder(sources);
    expect([dataset.classes, dataset.samples.map(({ path }) => path)]).toEqual([
      ['cat', 'dog'],
      ['./x/cat/1.png', './x/cat/2.png', './x/dog/1.png'],
    ]);
    for (let i = 0; i < 3; i++) expect((await dataset.get(i)).image).toEqual(colors);
  });

  test('with a broken image names it, and a loader may leave it out', async () => {
    const dataset = new ImageFolder(at('torn'));
    await expect(dataset.get(1)).rejects.toThrow(`ImageFolder: '${at('torn/cat/b.png')}': the image cannot be decoded`);
    await expect(dataset.get(2)).rejects.toThrow(FormatError);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const sizes: number[] = [];
    for await (const { label } of new nn.data.DataLoader(dataset, { batchSize: 3, skipBroken: true }))
      sizes.push(label.size);
    expect(sizes).toEqual([1]);
    const [[message]] = warn.mock.calls as [[string]];
    expect(message.split('\n')).toHaveLength(3);
    expect(message).toContain(`sample 1: ImageFolder: '${at('torn/cat/b.png')}'`);
    warn.mockRestore();
  });

  test.each<[string, () => unknown, string]>([
    ['that is not there', () => new ImageFolder(at('nowhere')), "nowhere' does not exist; check the path"],
    [
      'that is a file',
      () => new ImageFolder(at('torn/cat/a.png')),
      "a.png' goes through a file as if it were a folder",
    ],
    [
      'without classes',
      () => new ImageFolder(at('empty')),
      "empty' has no class folders; it needs images in folders that name their classes",
    ],
    [
      'whose class has no image',
      () => new ImageFolder(at('bare')),
      'ImageFolder: no images in cat; it needs images in folders',
    ],
    ['of sources without folders', () => new ImageFolder({ 'a.png': file }), "'a.png' lies in no folder"],
    ['of no sources', () => new ImageFolder([]), 'ImageFolder: root has no class folders'],
    [
      'that is none',
      () => new ImageFolder(3 as never),
      'ImageFolder: root is 3; it must be a path, files, or sources by path',
    ],
    ['with another option', () => new ImageFolder(at('pets'), { transform: 1 } as never), "has no option 'transform'"],
  ])('%s is refused', (_, run, message) => expect(run).toThrow(message));

  test('an image that is gone', async () => {
    const dataset = new ImageFolder({ 'cat/a.png': at('gone.png') });
    await expect(dataset.get(0)).rejects.toThrow(`readFile: '${at('gone.png')}' does not exist`);
  });
});
