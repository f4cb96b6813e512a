import type { Tensor } from '../../tensor/tensor.ts';
import { engine } from '../runtime/cpu/instance.ts';
import { launch, pointer, temporary } from '../runtime/cpu/launch.ts';

/** Most elements of a piece. Many make a chunk, so that chunks take equally long whatever the tensors' sizes. */
const pieceSize = 4096;
/** 32-bit words of a piece; pieces.as.ts says which. */
const words = 8;

/**
 * Runs a kernel on lists of tensors that belong together, all in one launch.
 *
 * @param lists tensor i of each has the size of tensor i of the first; empty ones are given to the kernel as address 0
 * @param numbers the kernel's parameters between the pieces and `begin`
 */
export function launchStep(kernel: string, lists: readonly (readonly Tensor[])[], numbers: readonly number[]): void {
  let [pieces, elements] = [0, 0];
  for (const { size } of lists[0]!) {
    pieces += Math.ceil(size / pieceSize);
    elements += size;
  }
  if (pieces === 0) return;
  temporary(4 * words * pieces, (address) => {
    writePieces(new Uint32Array(engine().memory.buffer, address, words * pieces), lists);
    launch(kernel, [address, ...numbers], pieces, { work: (0.5 * elements) / pieces });
  });
}

function writePieces(rows: Uint32Array, lists: readonly (readonly Tensor[])[]): void {
  let row = 0;
  for (let i = 0; i < lists[0]!.length; i++) {
    const first = row;
    const { size } = lists[0]![i]!;
    for (let start = 0; start < size; start += pieceSize, row += words) rows[row] = Math.min(pieceSize, size - start);
    for (let k = 0; k < lists.length; k++) {
      const tensor = lists[k]![i];
      let address = tensor ? pointer(tensor) : 0;
      for (let at = first + 1 + k; at < row; at += words) {
        rows[at] = address;
        if (tensor) address += 4 * pieceSize;
      }
    }
  }
}
