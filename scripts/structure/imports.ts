import { posix } from 'node:path';
import ts from 'typescript';
import type { Sources } from './sources.ts';
import { readEntryPoints } from '../entryPoints.ts';
import { walk } from './sources.ts';

export interface Import {
  /** The path of the imported file. */
  readonly target: string;
  /** Erased by the compiler, so that it orders nothing at run time. */
  readonly typeOnly: boolean;
  /** The names that it binds here. */
  readonly names: readonly string[];
  /** An `import()`, which loads the file when it is called. */
  readonly isLate?: true;
}

/** The package's own entry points, as examples name them. */
const entries = new Map(readEntryPoints().map(({ name, source }) => [name, source]));

/** The imports, re-exports and dynamic imports of a file that lead to files of this repository. */
export function importsOf(file: ts.SourceFile): Import[] {
  const found: Import[] = [];
  const add = (
    specifier: ts.Node | undefined,
    typeOnly: boolean,
    names: string[],
    late: { isLate?: true } = {},
  ): void => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    const name = specifier.text;
    const target = name.startsWith('.') ? posix.join(posix.dirname(file.fileName), name) : entries.get(name);
    if (target !== undefined) found.push({ target, typeOnly, names, ...late });
  };
  walk(file, (node) => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword, boundNames(node));
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, node.isTypeOnly, []);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false, [], { isLate: true });
    }
  });
  return found;
}

function boundNames({ importClause }: ts.ImportDeclaration): string[] {
  const bindings = importClause?.namedBindings;
  const own = importClause?.name ? [importClause.name.text] : [];
  if (!bindings) return own;
  return [...own, ...(ts.isNamespaceImport(bindings) ? [bindings] : bindings.elements).map(({ name }) => name.text)];
}

/** The first chain of run-time imports that returns to its start, `a.ts → b.ts → a.ts`, for each file that closes one. */
export function cycles(sources: Sources): string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const found: string[] = [];
  const visit = (name: string): void => {
    const at = path.indexOf(name);
    if (at >= 0) found.push([...path.slice(at), name].join(' → '));
    const file = sources.get(name);
    if (at >= 0 || done.has(name) || !file) return;
    path.push(name);
    for (const { target, typeOnly } of importsOf(file)) if (!typeOnly) visit(target);
    path.pop();
    done.add(name);
  };
  for (const name of sources.keys()) visit(name);
  return found;
}

/** The floors, lowest first; what lies above them all may import anything. */
const floors = [
  /^tensor\//,
  /^autograd\//,
  /^kernels\//,
  /^(index|methods)\.ts$/,
  /^nn\//,
  /^testing\//,
  /^distributed\//,
  /^examples\//,
];

function floorOf(path: string): number {
  const floor = floors.findIndex((pattern) => pattern.test(path));
  return floor < 0 ? floors.length : floor;
}

/** Imports, types included, that go up a floor. */
export function upwardImports(sources: Sources): string[] {
  return [...sources].flatMap(([path, file]) =>
    importsOf(file)
      .filter(({ target }) => floorOf(target) > floorOf(path))
      .map(({ target }) => `${path} imports ${target}, which is above it`),
  );
}

/** The files that `start` reaches by run-time imports, itself included, as far as `follow` allows. */
export function reach(sources: Sources, start: string, follow: (path: string) => boolean): Set<string> {
  const reached = new Set<string>();
  const visit = (path: string): void => {
    if (reached.has(path) || !follow(path)) return;
    reached.add(path);
    const file = sources.get(path);
    for (const { target, typeOnly } of file ? importsOf(file) : []) if (!typeOnly) visit(target);
  };
  visit(start);
  return reached;
}

const forLater = /\.(webgpu|webgl|samples)\.ts$|^kernels\/runtime\/(webgpu|webgl)\/|\/samples\//;

/** Kernels and runtimes of GPUs, and samples of ops, that come with an entry point: pages should load them when they start the device or try it. */
export function loadedTooSoon(sources: Sources, start: string): string[] {
  const reached = new Set<string>();
  const found: string[] = [];
  const visit = (path: string): void => {
    const file = sources.get(path);
    if (reached.has(path) || !file) return;
    reached.add(path);
    for (const { target, typeOnly, isLate } of importsOf(file)) {
      if (typeOnly || isLate) continue;
      if (forLater.test(target)) found.push(`${path} imports ${target}, which ${start} need not load`);
      else visit(target);
    }
  };
  visit(start);
  return found;
}
