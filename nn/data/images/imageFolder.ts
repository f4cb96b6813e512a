import type { Dataset } from '../dataset.ts';
import type { HostArray } from '../hostArray.ts';
import type { ImageEntry, ImageSource } from './imageEntries.ts';
import { FormatError } from '../../../index.ts';
import { checkOptions } from '../../../tensor/options.ts';
import { decodeImage } from './decodeImage.ts';
import { entriesOf, readSource } from './imageEntries.ts';

/** An image and the number of its class, int32 []. */
export type ImageSample = Record<'image' | 'label', HostArray>;

export interface ImageFolderOptions {
  /** Makes an image of a file. Default: `decodeImage`, of three channels. */
  decode?: (file: Uint8Array | Blob, path: string) => HostArray | Promise<HostArray>;
  /** Endings of what counts as an image, in lower case. Default: those of the formats that are decoded. */
  extensions?: readonly string[];
}

const extensions = ['.jpg', '.jpeg', '.png', '.webp', '.gif', '.avif', '.bmp', '.tif', '.tiff'];

/**
 * Images in folders that name their classes: `root/cat/1.jpg`, `root/dog/old/7.png`. Classes are the folders of `root` in order of their
 * names, numbered from 0; images lie in them at any depth. Only names are read at first; `get` reads and decodes.
 *
 * In pages `root` is the files of an `<input type="file" webkitdirectory>`, or addresses (or files) by path, as Vite's `import.meta.glob`
 * gives them; there the folder that an image lies in names its class.
 *
 * @param root - a folder, files, or sources by path: what is a string there is a path in Node and an address in pages
 * @throws ArgumentError when there is no such folder, no class in it, or no image in a class. From `get`, FormatError that names the file
 *   when it is no picture; `skipBroken` of DataLoader leaves such out
 * @source torchvision: `datasets.ImageFolder`
 * @example
 * const file = await nn.data.encodeImage({ shape: [3, 4, 4], data: new Uint8Array(48) });
 * const dataset = new nn.data.ImageFolder({ 'dog/a.png': file, 'cat/a.png': file, 'cat/b.png': file });
 * dataset.classes; // ['cat', 'dog']
 * (await dataset.get(2)).label.data; // [1]
 */
export class ImageFolder implements Dataset<ImageSample> {
  /** Names, in order of their numbers. */
  readonly classes: readonly string[];
  readonly classToIndex: ReadonlyMap<string, number>;
  /** The path and the class's number of each image. */
  readonly samples: readonly { readonly path: string; readonly label: number }[];
  readonly #entries: readonly ImageEntry[];
  readonly #decode: NonNullable<ImageFolderOptions['decode']>;

  constructor(root: string | Iterable<File> | Readonly<Record<string, ImageSource>>, options: ImageFolderOptions = {}) {
    const op = 'ImageFolder';
    const given = checkOptions(op, options, ['decode', 'extensions']);
    this.#decode = given.decode ?? ((file) => decodeImage(file));
    const { classes, entries } = entriesOf(op, root, given.extensions ?? extensions);
    this.classes = classes;
    this.classToIndex = new Map(classes.map((name, i) => [name, i]));
    this.samples = entries.map(({ path, className }) => ({ path, label: this.classToIndex.get(className)! }));
    this.#entries = entries;
  }

  get size(): number {
    return this.samples.length;
  }

  async get(index: number): Promise<ImageSample> {
    const { path, source } = this.#entries[index]!;
    const file = await readSource(source);
    try {
      const image = await this.#decode(file, path);
      return { image, label: { shape: [], data: Int32Array.of(this.samples[index]!.label) } };
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      const reason = error.message.replace(/^decodeImage: /, '');
      throw new FormatError(`'${path}': ${reason}`, { op: 'ImageFolder', path });
    }
  }
}
