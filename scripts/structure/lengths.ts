import ts from 'typescript';
import type { Sources } from './sources.ts';
import { walk } from './sources.ts';

const longestFile = 300;
const longestFunction = 60;
const longestLine = 120;

/** Files, functions and (where no formatter reads them) lines that are too long: a sign that a concept is missing. */
export function tooLong(sources: Sources): string[] {
  return [...sources].flatMap(([path, file]) => {
    const lines = lineOf(file, file.end);
    const found = lines > longestFile ? [`${path} has ${lines} lines; at most ${longestFile}`] : [];
    return [...found, ...longFunctions(path, file), ...(path.endsWith('.as.ts') ? longLines(path, file) : [])];
  });
}

/** Functions from their first line to their last, without the comment before them; the bodies of `describe` are no functions of ours. */
function longFunctions(path: string, file: ts.SourceFile): string[] {
  const found: string[] = [];
  walk(file, (node) => {
    if (!ts.isFunctionLike(node) || isCallbackOfTest(path, node)) return;
    const first = lineOf(file, node.getStart(file));
    const lines = lineOf(file, node.end) - first + 1;
    if (lines > longestFunction)
      found.push(`${path}:${first}: a function of ${lines} lines; at most ${longestFunction}`);
  });
  return found;
}

function isCallbackOfTest(path: string, node: ts.Node): boolean {
  return path.startsWith('test/') && ts.isArrowFunction(node) && ts.isCallExpression(node.parent);
}

function longLines(path: string, file: ts.SourceFile): string[] {
  return file.text
    .split('\n')
    .flatMap((line, at) => (line.length > longestLine ? [`${path}:${at + 1}: a line of ${line.length}`] : []));
}

function lineOf(file: ts.SourceFile, position: number): number {
  return file.getLineAndCharacterOfPosition(position).line + 1;
}
