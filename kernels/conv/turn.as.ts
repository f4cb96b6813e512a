// What the gradient of a convolution's input needs besides a convolution.

/**
 * Taps (firstY + i · stepY, firstX + j · stepX), i < tapsY, j < tapsX, of weights [G, rows, channels, height, width],
 * with rows and channels exchanged: [G, channels, rows, tapsY, tapsX]. An item is one channel of one group.
 */
export function convolutionTurnWeights(
  weights: usize, rows: i32, channels: i32, height: i32, width: i32,
  firstY: i32, stepY: i32, tapsY: i32, firstX: i32, stepX: i32, tapsX: i32, to: usize, begin: i32, end: i32,
): void {
  for (let item = begin; item < end; item++) {
    const group = item / channels, channel = item % channels;
    let at = to + (<usize>(item * rows) * (tapsY * tapsX) << 2);
    for (let row = 0; row < rows; row++) {
      const from = ((group * rows + row) * channels + channel) * height;
      for (let i = 0; i < tapsY; i++) {
        const line = (from + firstY + i * stepY) * width + firstX;
        for (let j = 0; j < tapsX; j++, at += 4) store<f32>(at, load<f32>(weights + (<usize>(line + j * stepX) << 2)));
      }
    }
  }
}

/** Writes maps [height, width] to every stride-th row and column of larger ones, from (y, x) on. An item is one map. */
export function convolutionInterleave(
  from: usize, height: i32, width: i32, to: usize, toHeight: i32, toWidth: i32,
  y: i32, x: i32, strideY: i32, strideX: i32, begin: i32, end: i32,
): void {
  let at = from + (<usize>(begin * height * width) << 2);
  for (let item = begin; item < end; item++) {
    for (let i = 0; i < height; i++) {
      let target = to + (<usize>((item * toHeight + y + i * strideY) * toWidth + x) << 2);
      for (let j = 0; j < width; j++, at += 4, target += <usize>strideX << 2) store<f32>(target, load<f32>(at));
    }
  }
}
