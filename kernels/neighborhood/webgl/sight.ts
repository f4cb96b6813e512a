// GLSL of who sees whom. An owner walks those that it sees: a query the keys of its window, or a key the queries of its inverse window.
// Windows come in tables, one texture for each axis: that of the owner at coordinate t begins at position [2 t] and ends before [2 t + 1],
// positions being those of its dilation group.

import type { Shape } from '../../../tensor/shape.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import type { PlainAttrs } from '../plain.ts';
import type { Axis } from '../window.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { temporaryTensor } from '../../runtime/temporary.ts';
import { indices } from '../../runtime/webgl/glsl.ts';
import { lineWindows } from '../lineWindows.ts';
import { inverseWindowOf, windowOf, windowTable } from '../window.ts';

export interface Sight {
  /** What the texts depend on. */
  readonly key: string;
  /** Tokens of the owners, and of those that they see, along each axis. */
  readonly tokens: Shape;
  readonly others: Shape;
  /** Distance of neighbours along each axis, and keys per query, of which a bias is told. */
  readonly dilations: readonly number[];
  readonly kernelSizes: readonly number[];
  /** A table for each axis. */
  readonly tables: () => readonly Int32Array[];
}

/** The neighbours of queries, or by key the queries whose neighbour it is. */
export function neighbours(axes: readonly Axis[], by: 'query' | 'key'): Sight {
  const tokens = axes.map(({ length }) => length);
  const dilations = axes.map(({ dilation }) => dilation);
  const kernelSizes = axes.map(({ kernelSize }) => kernelSize);
  const rule = by === 'query' ? windowOf : inverseWindowOf;
  return {
    key: `${by} ${tokens.join()} ${dilations.join()} ${kernelSizes.join()}`,
    tokens,
    others: tokens,
    dilations,
    kernelSizes,
    tables: () => axes.map((axis) => windowTable(axis, rule)),
  };
}

/** Plain attention, of tokens in a row. */
export function line(queries: number, keys: number, attrs: Required<PlainAttrs>, by: 'query' | 'key'): Sight {
  const windows = lineWindows(queries, keys, attrs);
  const [tokens, others] = by === 'query' ? [queries, keys] : [keys, queries];
  return {
    key: `${by} ${tokens} ${others}`,
    tokens: [tokens],
    others: [others],
    dilations: [1],
    kernelSizes: [1],
    tables: () => [by === 'query' ? windows.byQuery() : windows.byKey()],
  };
}

/** Calls `body` with the tables of sights by the names that their texts give them: `w0`, `w1` ... or another letter. */
export function withTables(
  like: Tensor,
  sights: Readonly<Record<string, Sight>>,
  body: (tables: Readonly<Record<string, Tensor>>) => void,
): void {
  const made: Record<string, Tensor> = {};
  try {
    for (const [letter, sight] of Object.entries(sights)) {
      sight.tables().forEach((table, k) => {
        const x = temporaryTensor(like, 'int32', [table.length]);
        made[`${letter}${k}`] = x;
        x.storage.runtime.write(x.storage.handle, 'int32', 0, table);
      });
    }
    body(made);
  } finally {
    for (const table of Object.values(made)) table.dispose();
  }
}

/** Splits the token `t` of an owner into its coordinates t0, t1 ... */
export function coordinates({ tokens }: Sight): string {
  return indices(tokens, 't', 't');
}

/**
 * Runs `body` for each that the owner at t0, t1 ... sees: its position p0, p1 ... and its coordinate s0, s1 ... along each axis, and its
 * token `seen`.
 */
export function walk({ others, dilations }: Sight, body: string, letter = 'w'): string {
  const loops = others.map((_, k) => {
    const table = (edge: string): string => `int(${letter}${k}(2 * t${k}${edge}))`;
    return `  for (int p${k} = ${table('')}; p${k} < ${table(' + 1')}; p${k}++) {
    int s${k} = p${k} * ${dilations[k]} + t${k} % ${dilations[k]};`;
  });
  return `${loops.join('\n')}
    int seen = ${rowMajor(others, (k) => `s${k}`)};
${body}
  ${'}'.repeat(others.length)}`;
}

/** The place of these coordinates along axes of these sizes, the last fastest. */
export function rowMajor(sizes: Shape, coordinate: (axis: number) => string): string {
  return sizes.map((_, k) => `(${coordinate(k)}) * ${sizeOf(sizes.slice(k + 1))}`).join(' + ');
}
