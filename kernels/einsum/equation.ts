// The equation of an einsum, and its letters' sizes.

import type { Shape } from '../../tensor/shape.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { formatShape } from '../../tensor/shape.ts';

const op = 'einsum';

export interface Equation {
  /** The labels of each operand's axes: letters, and '0', '1' ... for the axes of an ellipsis, the last one '0'. */
  readonly operands: readonly (readonly string[])[];
  readonly output: readonly string[];
  /** Of each label: the size that all its axes have, but for those of size 1. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** @throws ArgumentError for an equation that cannot be read, ShapeError where the shapes do not fit it */
export function parse(equation: string, shapes: readonly Shape[]): Equation {
  if (typeof equation !== 'string') throw wrong(`equation must be a string, got ${String(equation)}`, equation);
  const [left = '', right, more] = equation.replaceAll(/\s/g, '').split('->');
  if (more !== undefined) throw wrong(`'${equation}' has two arrows`, equation);
  const terms = left.split(',');
  if (terms.length !== shapes.length) {
    throw wrong(`'${equation}' names ${terms.length} tensors, ${shapes.length} were given`, equation);
  }
  const operands = terms.map((term, i) => labelsOf(equation, term, shapes[i]!));
  const sizes = sizesOf(equation, operands, shapes);
  const output = right === undefined ? implied(operands) : outputOf(equation, right, operands);
  return { operands, output, sizes };
}

function wrong(message: string, equation: unknown): ArgumentError {
  return new ArgumentError(`${message}; write it as 'ij,jk->ik', with '...' for the axes in front`, { op, equation });
}

/** A term's letters before and after its ellipsis; `after` undefined without one. */
function partsOf(equation: string, term: string): { before: string[]; after: string[] | undefined } {
  const [before = '', after, more] = term.split('...');
  if (more !== undefined || !/^[A-Za-z]*$/.test(before + (after ?? '')))
    throw wrong(`'${term}' of '${equation}' is no list of letters`, equation);
  return { before: before.split(''), after: after?.split('') };
}

function labelsOf(equation: string, term: string, shape: Shape): string[] {
  const { before, after } = partsOf(equation, term);
  const letters = before.length + (after?.length ?? 0);
  if (after ? letters > shape.length : letters !== shape.length) {
    const named = `'${term}' of '${equation}' names ${letters} axes`;
    throw new ShapeError(`${named}, its tensor ${formatShape(shape)} has ${shape.length}; name each axis`, {
      op,
      equation,
      shape,
    });
  }
  return [...before, ...ellipsis(after ? shape.length - letters : 0), ...(after ?? [])];
}

/** Ellipses line up at their last axes. */
function ellipsis(count: number): string[] {
  return Array.from({ length: count }, (_, i) => String(count - 1 - i));
}

function sizesOf(equation: string, operands: Equation['operands'], shapes: readonly Shape[]): Map<string, number> {
  const sizes = new Map<string, number>();
  operands.forEach((labels, i) =>
    labels.forEach((label, axis) => {
      const n = shapes[i]![axis]!;
      const known = sizes.get(label) ?? 1;
      if (known !== 1 && n !== 1 && known !== n) {
        const name = /\d/.test(label) ? "an axis of '...'" : `'${label}'`;
        const both = `${name} of '${equation}' is ${known} in one tensor and ${n} in tensor ${i} ${formatShape(shapes[i]!)}`;
        throw new ShapeError(`${both}; they must be equal or 1`, { op, equation, shapes });
      }
      sizes.set(label, known === 1 ? n : known);
    }),
  );
  return sizes;
}

/** Without an arrow: the axes of the ellipsis, then the letters that stand once, in the order of the alphabet. */
function implied(operands: Equation['operands']): string[] {
  const all = operands.flat();
  const isLetter = (label: string): boolean => /[A-Za-z]/.test(label);
  const once = all.filter((label) => isLetter(label) && all.indexOf(label) === all.lastIndexOf(label));
  return [...ellipsisOf(operands), ...once.sort()];
}

function ellipsisOf(operands: Equation['operands']): string[] {
  return ellipsis(Math.max(...operands.map((labels) => labels.filter((label) => /\d/.test(label)).length)));
}

function outputOf(equation: string, term: string, operands: Equation['operands']): string[] {
  const { before, after } = partsOf(equation, term);
  const output = [...before, ...(after ? ellipsisOf(operands) : []), ...(after ?? [])];
  const twice = output.find((label, i) => output.indexOf(label) < i);
  if (twice !== undefined) throw wrong(`'${twice}' stands twice in the result of '${equation}'`, equation);
  const unknown = output.find((label) => !operands.flat().includes(label));
  if (unknown !== undefined) throw wrong(`'${unknown}' of the result of '${equation}' is in no tensor`, equation);
  return output;
}
