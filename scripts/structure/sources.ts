import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';

/** Parsed sources by their path from the root, with forward slashes: the tree's own, or some that a test makes up. */
export type Sources = ReadonlyMap<string, ts.SourceFile>;

export function parse(files: Readonly<Record<string, string>>): Sources {
  const entries = Object.entries(files);
  return new Map(entries.map(([path, text]) => [path, ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)]));
}

/** Every TypeScript source of the repository but what is generated or installed. */
export function readTree(): Sources {
  const skipped = /(^|\/)(node_modules|dist|docs|temp)\/|^kernels\/runtime\/cpu\/binary\.ts$/;
  const folders = [
    'tensor',
    'autograd',
    'kernels',
    'nn',
    'testing',
    'distributed',
    'bin',
    'examples',
    'test',
    'bench',
    'scripts',
  ];
  const paths = ['.', ...folders].flatMap((folder) =>
    readdirSync(folder, { recursive: folder !== '.' })
      .map((name) => (folder === '.' ? '' : `${folder}/`) + String(name).replaceAll('\\', '/'))
      .filter((path) => path.endsWith('.ts') && !skipped.test(path)),
  );
  return parse(Object.fromEntries(paths.map((path) => [path, readFileSync(path, 'utf8')])));
}

/** Walks a syntax tree, the node itself first. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}
