import type { Tensor } from '../../tensor/tensor.ts';
import { scope } from '../../tensor/scope.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { mul } from '../elementwise/arithmetic.ts';
import { expand } from '../layout/expand.ts';
import { checkTensors } from '../layout/list.ts';
import { permute } from '../layout/permute.ts';
import { reshape } from '../layout/reshape.ts';
import { slice } from '../layout/slice.ts';
import { matmul } from '../matmul/matmul.ts';
import { sum } from '../reduce/sum.ts';
import { parse } from './equation.ts';

/** A tensor whose axes are named, each once. */
interface Named {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

/**
 * Products of tensors summed over shared axes: in `equation` a letter names an axis, the letters of each tensor stand between commas,
 * those of the result behind the arrow; a letter that is not in the result is summed over. `'...'` stands for any further axes, which
 * broadcast; a letter twice in one tensor takes its diagonal; without an arrow the result has the letters that stand once, sorted.
 * Tensors are multiplied from left to right, by `matmul` where they share a summed axis.
 *
 * @throws ArgumentError for an equation that cannot be read, ShapeError where the shapes do not fit it
 * @example
 * const [a, b] = [tensor([[1, 2], [3, 4]]), tensor([[5, 6], [7, 8]])];
 * einsum('ij,jk->ik', a, b); // [[19, 22], [43, 50]]
 * einsum('ii', a); // 5
 * einsum('...hqd,...hkd->...hqk', zeros([2, 4, 9, 8]), zeros([2, 4, 7, 8])).shape; // [2, 4, 9, 7]
 */
export function einsum(equation: string, ...tensors: Tensor[]): Tensor {
  checkTensors('einsum', tensors);
  const { operands, output, sizes } = parse(
    equation,
    tensors.map(({ shape }) => shape),
  );
  return scope(() => {
    const terms = tensors.map((x, i) => simplify(x, operands[i]!, sizes));
    const isNeeded = (label: string, after: number): boolean =>
      output.includes(label) || terms.slice(after).some(({ labels }) => labels.includes(label));
    const joined = terms
      .slice(1)
      .reduce((left, right, i) => product(left, right, (label) => isNeeded(label, i + 2)), terms[0]!);
    return finish(joined, output, sizes);
  });
}

/** Repeated letters become their diagonal; axes of size 1 that others stretch go away. */
function simplify(tensor: Tensor, given: readonly string[], sizes: ReadonlyMap<string, number>): Named {
  let x = tensor;
  let labels = given;
  for (const label of new Set(given)) {
    for (let first = labels.indexOf(label); first !== labels.lastIndexOf(label); first = labels.indexOf(label)) {
      const second = labels.lastIndexOf(label);
      x = diagonal(x, first, second);
      labels = [...labels.filter((_, i) => i !== first && i !== second), label];
    }
  }
  const kept = labels.filter((label, i) => !(x.shape[i] === 1 && sizes.get(label) !== 1));
  if (kept.length < labels.length) {
    x = reshape(
      x,
      x.shape.filter((_, i) => kept.includes(labels[i]!)),
    );
  }
  return { x, labels: kept };
}

/** The elements where both axes have the same index, along a new last axis. An axis of size 1 is stretched. */
function diagonal(x: Tensor, first: number, second: number): Tensor {
  const n = Math.max(x.shape[first]!, x.shape[second]!);
  const rest = x.shape.map((_, axis) => axis).filter((axis) => axis !== first && axis !== second);
  const square = expand(permute(x, ...rest, first, second), [...rest.map((axis) => x.shape[axis]!), n, n]);
  const flat = reshape(square, [...square.shape.slice(0, -2), n * n]);
  return slice(flat, { axis: -1, step: n + 1 });
}

/** Two terms as one: axes that nobody needs later are summed. */
function product(a: Named, b: Named, isNeeded: (label: string) => boolean): Named {
  const left = sumOver(a, (label) => !b.labels.includes(label) && !isNeeded(label));
  const right = sumOver(b, (label) => !a.labels.includes(label) && !isNeeded(label));
  const shared = left.labels.filter((label) => right.labels.includes(label));
  const batch = shared.filter(isNeeded);
  const summed = shared.filter((label) => !isNeeded(label));
  const ofLeft = left.labels.filter((label) => !shared.includes(label));
  const ofRight = right.labels.filter((label) => !shared.includes(label));
  const labels = [...batch, ...ofLeft, ...ofRight];
  const sizes = [...batch, ...ofLeft].map((label) => sizeIn(left, label));
  const shape = [...sizes, ...ofRight.map((label) => sizeIn(right, label))];
  if (summed.length === 0) {
    const x = arranged(left, [batch, ofLeft]);
    const ones = ofRight.map(() => 1);
    const y = arranged(right, [batch, ofRight]);
    const seen = reshape(y, [
      ...y.shape.slice(0, batch.length),
      ...ofLeft.map(() => 1),
      ...y.shape.slice(batch.length),
    ]);
    return { x: mul(reshape(x, [...x.shape, ...ones]), seen), labels };
  }
  const x = matmul(flattened(left, [batch, ofLeft, summed]), flattened(right, [batch, summed, ofRight]));
  return { x: reshape(x, shape), labels };
}

function sizeIn({ x, labels }: Named, label: string): number {
  return x.shape[labels.indexOf(label)]!;
}

function sumOver(term: Named, isSummed: (label: string) => boolean): Named {
  const axis = term.labels.flatMap((label, i) => (isSummed(label) ? [i] : []));
  if (axis.length === 0) return term;
  return { x: sum(term.x, { axis }), labels: term.labels.filter((label) => !isSummed(label)) };
}

/** The axes in the order of the groups. */
function arranged({ x, labels }: Named, groups: readonly (readonly string[])[]): Tensor {
  return permute(x, ...groups.flat().map((label) => labels.indexOf(label)));
}

/** The same with one axis for each group. */
function flattened(term: Named, groups: readonly (readonly string[])[]): Tensor {
  return reshape(
    arranged(term, groups),
    groups.map((group) => sizeOf(group.map((label) => sizeIn(term, label)))),
  );
}

function finish(term: Named, output: readonly string[], sizes: ReadonlyMap<string, number>): Tensor {
  const reduced = sumOver(term, (label) => !output.includes(label));
  const there = output.filter((label) => reduced.labels.includes(label));
  const x = arranged(reduced, [there]);
  return reshape(
    x,
    output.map((label) => sizes.get(label)!),
  );
}
