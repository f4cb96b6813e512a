// What winograd.as.ts and winogradGrad.as.ts share: how tiles of a source are transformed.
//
// Winograd's F(2×2, 3×3) takes 16 multiplications for 2×2 results of 3×3 taps, not 36.
// @source Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2015)
//
// Legend: an output map is cut into tiles of 2×2. Such a tile sees 4×4 values of a channel, its neighbour those two
// further to the right: to window.as.ts a convolution by 4×4 taps with stride 2, whose positions are the tiles.
//   forward    Y = Aᵀ [ Σ_c (G w_c Gᵀ) ⊙ (Bᵀ x_c B) ] A      w 3×3, x 4×4, Y 2×2
//   weights    ∂w = Gᵀ [ Σ_tiles (A ∂Y Aᵀ) ⊙ (Bᵀ x B) ] G
//   Bᵀ = 1  0 −1  0    G = 1  0  0     Aᵀ = 1 1  1  0
//        0  1  1  0        ½  ½  ½          0 1 −1 −1
//        0 −1  1  0        ½ −½  ½
//        0  1  0 −1        0  0  1
// Each of the 16 products ⊙ is one of matrices. A place k = 4 i + j is where in the 4×4 it belongs.
// Scratch: a block's (block.as.ts), the places of the taps, the band, the values of 8 tiles under all taps, the
// transformed values, then the sums or the transformed gradient.

import { bandRows, fillBand, Geometry, placeTaps } from './window.as';

/** Rows whose sums are made at a time. */
@inline
export const mostRows: i32 = 64;

/** Bytes of 8 tiles' values of a channel. */
@inline
export const tileBytes: usize = 512;

/** Behind the values of 8 tiles. */
@inline
export function valuesAt(g: Geometry, scratch: usize): usize {
  return scratch + g.panelsAt + <usize>g.blockChannels * tileBytes;
}

/** Makes what tiles [first, last) see of `channels` channels ready for packPositions. */
@inline
export function openBand(g: Geometry, source: usize, channels: i32, first: i32, last: i32, scratch: usize): void {
  const rows = bandRows(g, first, last - 1);
  fillBand(g, source, channels, first, rows, scratch);
  placeTaps(g, channels, rows, scratch);
}

/** Bᵀ x B of 8 tiles: place k of them at from + 32 k, of the result at to + k · place. */
export function transformValues(from: usize, to: usize, place: usize): void {
  for (let half = 0; half < 2; half++, from += 16, to += 16) {
    const a0 = v128.load(from), a1 = v128.load(from, 32), a2 = v128.load(from, 64), a3 = v128.load(from, 96);
    const c0 = v128.load(from, 256), c1 = v128.load(from, 288), c2 = v128.load(from, 320), c3 = v128.load(from, 352);
    valueLine(f32x4.sub(a0, c0), f32x4.sub(a1, c1), f32x4.sub(a2, c2), f32x4.sub(a3, c3), to, place);
    const b0 = v128.load(from, 128), b1 = v128.load(from, 160), b2 = v128.load(from, 192), b3 = v128.load(from, 224);
    valueLine(f32x4.add(b0, c0), f32x4.add(b1, c1), f32x4.add(b2, c2), f32x4.add(b3, c3), to + 4 * place, place);
    valueLine(f32x4.sub(c0, b0), f32x4.sub(c1, b1), f32x4.sub(c2, b2), f32x4.sub(c3, b3), to + 8 * place, place);
    const d0 = v128.load(from, 384), d1 = v128.load(from, 416), d2 = v128.load(from, 448), d3 = v128.load(from, 480);
    valueLine(f32x4.sub(b0, d0), f32x4.sub(b1, d1), f32x4.sub(b2, d2), f32x4.sub(b3, d3), to + 12 * place, place);
  }
}

@inline
function valueLine(x: v128, y: v128, z: v128, w: v128, to: usize, place: usize): void {
  v128.store(to, f32x4.sub(x, z));
  v128.store(to + place, f32x4.add(y, z));
  v128.store(to + 2 * place, f32x4.sub(z, y));
  v128.store(to + 3 * place, f32x4.sub(y, w));
}
