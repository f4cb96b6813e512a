// What the owners of an invocation do with a row of the box, in each of the tiled programs.

import type { Tile } from './tileParts.ts';
import { join, loadPart, own, range } from './tileParts.ts';

const product = (a: (i: number) => string, b: (i: number) => string): string =>
  range(own)
    .map((i) => `dot(${a(i)}, ${b(i)})`)
    .join(' + ');

export function seeRow(tile: Tile): string {
  return tile.kind === 'forward' ? seeRowForward(tile) : seeRowBackward(tile);
}

/** Scores of a chunk of columns, then their weights times the values. */
function seeRowForward(tile: Tile): string {
  const { each, columns } = tile;
  const chunk = Math.ceil(columns / Math.ceil(columns / 8));
  const isSeen = (j: number): string => `y >= from${j} && y < to${j}`;
  const scores = join(
    chunk,
    (k) => `        {
          let c = min(column + ${k}, stop - 1);
${loadPart(tile, 'k', 'boxFirst')}
${join(
  each,
  (j) =>
    `          if (see${j}) { s${j}_${k} = whole(${product(
      (i) => `query${j}_${i}`,
      (i) => `k${i}`,
    )}); }`,
)}
        }`,
  );
  const softmax = join(each, (j) => {
    const masked = join(chunk, (k) => `          s${j}_${k} = select(-3.0e38, s${j}_${k}, column + ${k} < stop);`);
    const most = range(chunk).reduce((sum, k) => `max(${sum}, s${j}_${k})`, `m${j}`);
    return `        if (see${j}) {
${masked}
          let most = ${most};
          let shrink = exp2(m${j} - most);
          m${j} = most;
${join(chunk, (k) => `          s${j}_${k} = select(0.0, exp2(s${j}_${k} - most), column + ${k} < stop);`)}
          l${j} = l${j} * shrink + (${range(chunk)
            .map((k) => `s${j}_${k}`)
            .join(' + ')});
${join(own, (i) => `          sum${j}_${i} *= shrink;`)}
        }`;
  });
  const values = join(
    chunk,
    (k) => `        {
          let c = min(column + ${k}, stop - 1);
${loadPart(tile, 'v', 'boxSecond')}
${join(each, (j) => `          if (see${j}) {\n${join(own, (i) => `            sum${j}_${i} += s${j}_${k} * v${i};`)}\n          }`)}
        }`,
  );
  return `${join(each, (j) => `      let see${j} = ${isSeen(j)};`)}
      if (${range(each)
        .map((j) => `see${j}`)
        .join(' || ')}) {
      for (var column = start; column < stop; column += ${chunk}) {
${join(each, (j) => join(chunk, (k) => `        var s${j}_${k} = 0.0;`))}
${scores}
${softmax}
${values}
      }
      }`;
}

/** Column by column: dS of each pair, and what it adds. */
function seeRowBackward(tile: Tile): string {
  const { kind, each, boxColumns } = tile;
  const isByKey = kind === 'backwardKey';
  const [mine, second] = isByKey ? ['key', 'value'] : ['query', 'grad'];
  const numbers = isByKey ? `          let numbers = boxStats[r * ${boxColumns} + c];` : '';
  const pair = (j: number): string => {
    const [lse, delta] = isByKey ? ['numbers.x', 'numbers.y'] : [`lse${j}`, `delta${j}`];
    const add = isByKey
      ? join(own, (i) => `            sumKey${j}_${i} += ds * a${i};\n            sumValue${j}_${i} += p * e${i};`)
      : join(own, (i) => `            sum${j}_${i} += ds * a${i};`);
    return `          if (see${j}) {
            let s = whole(${product(
              (i) => `${mine}${j}_${i}`,
              (i) => `a${i}`,
            )});
            let dp = whole(${product(
              (i) => `${second}${j}_${i}`,
              (i) => `e${i}`,
            )});
            let p = exp2(s - ${lse});
            let ds = p * (dp - ${delta});
${add}
          }`;
  };
  return `${join(each, (j) => `      let see${j} = y >= from${j} && y < to${j};`)}
      if (${range(each)
        .map((j) => `see${j}`)
        .join(' || ')}) {
        for (var c = start; c < stop; c++) {
${loadPart(tile, 'a', 'boxFirst')}
${loadPart(tile, 'e', 'boxSecond')}
${numbers}
${join(each, pair)}
        }
      }`;
}
