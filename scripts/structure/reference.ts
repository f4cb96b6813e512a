import ts from 'typescript';
import type { Sources } from './sources.ts';
import { importsOf, reach } from './imports.ts';
import { walk } from './sources.ts';

const isKernels = (path: string): boolean => path.startsWith('kernels/');
const isFast = (path: string): boolean => /\.(cpu|webgpu|webgl)\.ts$/.test(path) || path.endsWith('/window.ts');

/**
 * Reference forms that lean on what a fast kernel uses: an oracle that shares code with what it judges repeats its mistakes.
 * Followed by name: a `reference` property, what it names in its own file, and the files it imports under kernels/.
 */
export function sharedWithKernels(sources: Sources): string[] {
  const fast = new Set<string>();
  for (const path of sources.keys()) {
    if (isKernels(path) && isFast(path)) for (const used of reach(sources, path, isKernels)) fast.add(used);
  }
  return [...sources].flatMap(([path, file]) =>
    isKernels(path)
      ? [...referenceImports(sources, file)]
          .filter((used) => fast.has(used))
          .map((used) => `${path}: its reference form uses ${used}, which a fast kernel uses too`)
      : [],
  );
}

function referenceImports(sources: Sources, file: ts.SourceFile): Set<string> {
  const used = new Set<string>();
  const names = referenceNames(file);
  for (const { target, typeOnly, names: bound } of importsOf(file)) {
    if (typeOnly || !isKernels(target) || !bound.some((name) => names.has(name))) continue;
    for (const path of reach(sources, target, isKernels)) used.add(path);
  }
  return used;
}

/** Every identifier in the `reference` forms of a file and in the declarations of the file that they name. */
function referenceNames(file: ts.SourceFile): Set<string> {
  const declarations = new Map<string, ts.Node>();
  for (const statement of file.statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name) declarations.set(statement.name.text, statement);
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (ts.isIdentifier(name) && initializer) declarations.set(name.text, initializer);
    }
  }
  const names = new Set<string>();
  const collect = (node: ts.Node): void =>
    walk(node, (child) => {
      if (!ts.isIdentifier(child) || names.has(child.text)) return;
      if (ts.isPropertyAccessExpression(child.parent) && child.parent.name === child) return; // the exp of Math.exp
      names.add(child.text);
      const declaration = declarations.get(child.text);
      if (declaration) collect(declaration);
    });
  walk(file, (node) => {
    if (ts.isObjectLiteralElement(node) && node.name?.getText(file) === 'reference') collect(node);
  });
  return names;
}
