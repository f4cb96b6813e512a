import { ArgumentError, readFile } from '../../../index.ts';
import { pathError } from '../../../tensor/io/file.ts';
import { kindOf } from '../../../tensor/options.ts';

/** A file's bytes, or where they are: an address in pages, a path in Node. */
export type ImageSource = string | URL | Blob | Uint8Array;

/** An image that was found. */
export interface ImageEntry {
  readonly path: string;
  readonly className: string;
  readonly source: ImageSource;
}

/** The classes and their images, both in order of their names. @throws ArgumentError when there is none */
export function entriesOf(
  op: string,
  root: unknown,
  extensions: readonly string[],
): { classes: readonly string[]; entries: readonly ImageEntry[] } {
  const isImage = (path: string): boolean => extensions.some((end) => path.toLowerCase().endsWith(end));
  const { classes, entries } = typeof root === 'string' ? inFolder(op, root, isImage) : ofSources(op, root, isImage);
  const empty = classes.filter((name) => !entries.some(({ className }) => className === name));
  if (empty.length > 0 || classes.length === 0) {
    const what =
      classes.length === 0 ? `${describeRoot(root)} has no class folders` : `no images in ${empty.join(', ')}`;
    const known = extensions.join(' ');
    throw new ArgumentError(`${what}; it needs images in folders that name their classes, cat/1.jpg (${known})`, {
      op,
      classes,
    });
  }
  return { classes, entries };
}

function describeRoot(root: unknown): string {
  return typeof root === 'string' ? `'${root}'` : 'root';
}

/** Class by class, path by path, as by the order of their code units. */
function sorted(entries: ImageEntry[]): ImageEntry[] {
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return entries.sort((a, b) => order(a.className, b.className) || order(a.path, b.path));
}

function inFolder(
  op: string,
  root: string,
  isImage: (path: string) => boolean,
): { classes: string[]; entries: ImageEntry[] } {
  const fs = globalThis.process?.getBuiltinModule?.('node:fs');
  if (!fs) {
    throw new ArgumentError(`'${root}' cannot be opened, there is no file system here; give files or addresses`, {
      op,
      root,
    });
  }
  const list = (path: string): { name: string; path: string; isFolder: boolean }[] => {
    try {
      return fs.readdirSync(path, { withFileTypes: true }).map((entry) => {
        const inside = `${path}/${entry.name}`;
        // What a link leads to counts, if anything.
        const target = entry.isSymbolicLink() ? fs.statSync(inside, { throwIfNoEntry: false }) : entry;
        return { name: entry.name, path: inside, isFolder: target?.isDirectory() ?? false };
      });
    } catch (error) {
      throw pathError(op, path, error);
    }
  };
  const imagesIn = (path: string): string[] =>
    list(path).flatMap((entry) => (entry.isFolder ? imagesIn(entry.path) : isImage(entry.name) ? [entry.path] : []));
  const folders = list(root).filter(({ isFolder }) => isFolder);
  const entries = folders.flatMap(({ name, path }) =>
    imagesIn(path).map((image) => ({ path: image, className: name, source: image })),
  );
  return { classes: folders.map(({ name }) => name).sort(), entries: sorted(entries) };
}

function ofSources(
  op: string,
  root: unknown,
  isImage: (path: string) => boolean,
): { classes: string[]; entries: ImageEntry[] } {
  if (typeof root !== 'object' || root === null) {
    const wanted = "a path, files, or sources by path { 'cat/1.jpg': source }";
    throw new ArgumentError(`root is ${kindOf(root)}; it must be ${wanted}`, { op, root });
  }
  const isFiles = Symbol.iterator in root;
  const named: [string, ImageSource][] = isFiles
    ? [...(root as Iterable<File>)].map((file) => [file.webkitRelativePath || file.name, file])
    : Object.entries(root as Record<string, ImageSource>);
  const entries = named
    .filter(([path]) => isImage(path))
    .map(([path, source]) => {
      const className = path.split('/').at(-2);
      if (className !== undefined && className !== '' && className !== '.') return { path, className, source };
      throw new ArgumentError(`'${path}' lies in no folder; the folder that an image lies in names its class`, {
        op,
        path,
      });
    });
  return { classes: [...new Set(entries.map(({ className }) => className))].sort(), entries: sorted(entries) };
}

/** @throws ArgumentError when there is nothing at the path or address */
export async function readSource(source: ImageSource): Promise<Uint8Array | Blob> {
  if (typeof source !== 'string' && !(source instanceof URL)) return source;
  const url = globalThis.process?.getBuiltinModule?.('node:url');
  if (url && typeof source === 'string') return readFile(source);
  if (url && source instanceof URL && source.protocol === 'file:') return readFile(url.fileURLToPath(source));
  const response = await fetch(source).catch((error: Error) => error);
  if (response instanceof Response && response.ok) return response.blob();
  const reason = response instanceof Error ? response.message : `${response.status} ${response.statusText}`;
  throw new ArgumentError(`'${String(source)}' cannot be fetched: ${reason}`, {
    op: 'ImageFolder',
    source: String(source),
  });
}
