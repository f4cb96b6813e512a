/**
 * Lists of tensors that belong together (parameters, their gradients, what is remembered of them) as one range of
 * items. An item is a piece: some thousand elements, or fewer where a tensor ends, at one place of a parameter, its
 * gradient and so on. Not a kernel itself.
 *
 * Pieces are rows of eight 32-bit words that the launcher writes: the number of elements, then for each list the
 * address of the piece in its tensor, or 0 for a list that is empty.
 */

export const pieceBytes: usize = 32;

@inline
export function pieceAt(pieces: usize, i: i32): usize {
  return pieces + <usize>i * pieceBytes;
}

/** How many elements. */
@inline
export function lengthOf(piece: usize): i32 {
  return <i32>load<u32>(piece);
}

/** Where list number `list` has them. */
@inline
export function partOf(piece: usize, list: usize): usize {
  return <usize>load<u32>(piece + 4 + (list << 2));
}
