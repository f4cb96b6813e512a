// A module as a tree with the number of its parameters.

import type { Module } from './module.ts';
import type { Found } from './tree.ts';
import { formatShape } from '../tensor/shape.ts';
import { Parameter } from './parameter.ts';
import { isModule, walk } from './tree.ts';

interface Line {
  readonly text: string;
  readonly count: string;
}

/** Lines such as `├─ qkv: Linear(64, 192)    12,480`, and the total under them. */
export function printTree(root: Module): string {
  const found = [...walk(root)];
  const lines: Line[] = [{ text: title(root), count: '' }, ...children(root, '', found, '')];
  const width = Math.max(...lines.map(({ text }) => text.length));
  const digits = Math.max(...lines.map(({ count }) => count.length));
  const body = lines.map(({ text, count }) => `${text.padEnd(width)}  ${count.padStart(digits)}`.trimEnd());
  const parameters = new Set(found.map(({ value }) => value).filter((value) => value instanceof Parameter));
  const trained = [...parameters].filter(({ requiresGrad }) => requiresGrad);
  return [...body, `${number(total(parameters))} parameters, ${number(total(trained))} trainable`].join('\n');
}

function children(parent: Module, path: string, found: readonly Found[], indent: string): Line[] {
  const isTold = parent.describe() !== '';
  const shown = found.filter((item) => nearest(item, found) === path && (isModule(item.value) || !isTold));
  return shown.flatMap((item, i) => {
    const isLast = i === shown.length - 1;
    const name = path === '' ? item.path : item.path.slice(path.length + 1);
    const text = `${indent}${isLast ? '└─' : '├─'} ${name}: `;
    const { value } = item;
    if (!isModule(value)) {
      return [{ text: text + title(value), count: value instanceof Parameter ? number(value.size) : '' }];
    }
    const own = new Set(value.parameters());
    const line = { text: text + title(value), count: own.size > 0 ? number(total(own)) : '' };
    return [line, ...children(value, item.path, found, `${indent}${isLast ? '  ' : '│ '} `)];
  });
}

/** The path of the innermost module around `item`; undefined for the root itself. */
function nearest(item: Found, found: readonly Found[]): string | undefined {
  if (item.path === '') return undefined;
  let best = '';
  for (const { path, value } of found) {
    if (isModule(value) && item.path.startsWith(`${path}.`) && path.length > best.length) best = path;
  }
  return best;
}

function title(value: Found['value']): string {
  if (!isModule(value)) return `${value.constructor.name} ${formatShape(value.shape)}`;
  const text = value.describe();
  return value.constructor.name + (text === '' ? '' : `(${text})`);
}

function total(parameters: Iterable<Parameter>): number {
  let sum = 0;
  for (const { size } of parameters) sum += size;
  return sum;
}

/** With commas between thousands. */
export function number(value: number): string {
  return value.toLocaleString('en-US');
}
