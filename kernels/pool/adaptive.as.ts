// Maximum over windows that cover maps evenly.
//
// Legend: maps [height, width] → [rows, columns]; an item is one map. Window i of n along an axis of `length` goes from
// ⌊i · length / n⌋ to ⌈(i + 1) · length / n⌉. No memory beside the buffers.

/** The largest of each window, and where it is in its map: the first of equals, or the last NaN. */
export function adaptiveMaxPool(
  x: usize, values: usize, indices: usize, height: i32, width: i32, rows: i32, columns: i32, begin: i32, end: i32,
): void {
  for (let item = begin; item < end; item++) {
    const map = x + (<usize>(item * height * width) << 2);
    let at = <usize>(item * rows * columns) << 2;
    for (let row = 0; row < rows; row++) {
      const top = row * height / rows, bottom = ((row + 1) * height + rows - 1) / rows;
      for (let column = 0; column < columns; column++, at += 4) {
        const left = column * width / columns, right = ((column + 1) * width + columns - 1) / columns;
        let index = top * width + left;
        let best = load<f32>(map + (<usize>index << 2));
        for (let y = top; y < bottom; y++) {
          for (let place = y * width + left; place < y * width + right; place++) {
            const value = load<f32>(map + (<usize>place << 2));
            if (value > best || value != value) {
              best = value;
              index = place;
            }
          }
        }
        store<f32>(values + at, best);
        store<i32>(indices + at, index);
      }
    }
  }
}
