// What the owners of an invocation do with the part of the box in workgroup memory, in each of the tiled programs.
//
// All branches around shuffles are taken by whole subgroups: elsewhere a driver must gather the subgroup for each of them. Where all
// see all owners' cells they are taken together, else owner by owner; what an owner does not see may be NaN and is not added.

import type { Tile } from './tileParts.ts';
import { isLine, join, loadHalf, partsOf, product, range } from './tileParts.ts';

/** Cells of the box that are taken together. */
interface Cells {
  readonly count: number;
  /** The seat of cell k. */
  readonly seat: (k: number) => string;
  /** Whether cell k is seen where not all of them are: an expression. */
  readonly isSeen?: (k: number) => string;
}

/** Owners that are made together, and where not all of a subgroup see the cells, whether this invocation's does. */
interface Owners {
  readonly list: readonly number[];
  readonly isSeeing?: string;
}

/** The rows of the part at (row, column), one after another; in scope `lines`, how many there are. */
export function seeBox(tile: Tile): string {
  return isLine(tile) ? seeLine(tile) : seeRows(tile);
}

const see = (tile: Tile, owners: Owners, cells: Cells): string =>
  tile.kind === 'forward' ? seeForward(tile, owners, cells) : seeBackward(tile, owners, cells);

const all = (list: readonly number[], name: (j: number) => string, operator: string): string =>
  list.map(name).join(operator);

const when = (condition: string | undefined, body: string): string =>
  condition ? `if (${condition}) {\n${body}\n}` : body;

/** Row by row, chunks of columns. */
function seeRows(tile: Tile): string {
  const { each, boxColumns, chunk, isEven, columns } = tile;
  const seat = (k: string): string => `u32((r * ${boxColumns} + ${k}) * ${partsOf(tile)}) + part`;
  const cells: Cells = isEven
    ? { count: chunk, seat: (k) => seat(`c + ${k}`) }
    : { count: chunk, seat: (k) => seat(`max(min(c + ${k}, high - 1), 0)`), isSeen: (k) => `c + ${k} < high` };
  const walk = (owners: Owners): string => `for (var i = 0; i < steps; i++) {
let c = low + i * ${chunk};
${see(tile, owners, cells)}
}`;
  const list = range(each);
  const alone = list.map((j) => `if (subgroupAny(see${j})) {\n${walk({ list: [j], isSeeing: `see${j}` })}\n}`);
  return `    let low = max(start - column, 0);
    let high = min(stop - column, ${boxColumns});
    let steps = ${isEven ? `${columns / chunk}` : `subgroupMax(max(high - low + ${chunk - 1}, 0) / ${chunk})`};
    for (var r = 0; r < lines; r++) {
      let y = row + r;
${join(each, (j) => `      let see${j} = y >= from${j} && y < to${j}${isEven ? '' : ' && low < high'};`)}
      if (subgroupAll(${all(list, (j) => `see${j}`, ' && ')})) {
${walk({ list })}
      } else {
${alone.join('\n')}
      }
    }`;
}

/** One column: chunks of rows. */
function seeLine(tile: Tile): string {
  const { each, chunk } = tile;
  const seat = (k: string): string => `u32((${k}) * ${partsOf(tile)}) + part`;
  const list = range(each);
  const alone = list.map(
    (j) => `{ let isMine = y >= from${j} && y < to${j};
if (subgroupAny(isMine)) {\n${see(tile, { list: [j], isSeeing: 'isMine' }, { count: 1, seat: () => seat('cell') })}\n} }`,
  );
  return `    for (var r = 0; r < lines; r += ${chunk}) {
      let first = row + r;
      let last = min(r + ${chunk}, lines);
      if (last == r + ${chunk} && subgroupAll(${all(list, (j) => `first >= from${j} && first + ${chunk} <= to${j}`, ' && ')})) {
${see(tile, { list }, { count: chunk, seat: (k) => seat(`r + ${k}`) })}
      } else if (subgroupAny(${all(list, (j) => `(first < to${j} && row + last > from${j})`, ' || ')})) {
        for (var cell = r; cell < last; cell++) {
          let y = row + cell;
${alone.join('\n')}
        }
      }
    }`;
}

/** Scores of the cells, then their weights times the values. */
function seeForward(tile: Tile, { list, isSeeing }: Owners, { count, seat, isSeen }: Cells): string {
  const { own } = tile;
  const scores = join(
    count,
    (k) => `let seat${k} = ${seat(k)};
${loadHalf(tile, `k${k}_`, 'a', `seat${k}`)}
${all(list, (j) => `var s${j}_${k} = whole(${product(tile, `query${j}_`, `k${k}_`)});`, '\n')}`,
  );
  const softmax = (j: number): string => {
    const mask = isSeen ? join(count, (k) => `s${j}_${k} = select(-3.0e38, s${j}_${k}, ${isSeen(k)});`) : '';
    const most = range(count).reduce((sum, k) => `max(${sum}, s${j}_${k})`, `m${j}`);
    const weight = (k: number): string => {
      const p = `exp2(s${j}_${k} - most${j})`;
      return isSeen ? `select(0.0, ${p}, ${isSeen(k)})` : p;
    };
    return `${mask}
let most${j} = ${most};
let shrink${j} = exp2(m${j} - most${j});
m${j} = most${j};
${join(count, (k) => `s${j}_${k} = ${weight(k)};`)}
l${j} = l${j} * shrink${j} + (${all(range(count), (k) => `s${j}_${k}`, ' + ')});
${join(own, (i) => `sum${j}_${i} *= shrink${j};`)}`;
  };
  const values = join(
    count,
    (k) => `${loadHalf(tile, `v${k}_`, 'b', `seat${k}`)}
${all(list, (j) => join(own, (i) => `sum${j}_${i} = fma(vec4f(s${j}_${k}), v${k}_${i}, sum${j}_${i});`), '\n')}`,
  );
  return `${scores}\n${when(isSeeing, `${list.map(softmax).join('\n')}\n${values}`)}`;
}

/** dS of each pair, and what it adds. */
function seeBackward(tile: Tile, { list, isSeeing }: Owners, { count, seat, isSeen }: Cells): string {
  const { kind, own } = tile;
  const isByKey = kind === 'backwardKey';
  const [mine, second] = isByKey ? ['key', 'value'] : ['query', 'grad'];
  const numbers = (j: number, k: number): readonly string[] =>
    isByKey ? [`numbers${k}.x`, `numbers${k}.y`] : [`lse${j}`, `delta${j}`];
  const pair = (j: number, k: number): string => {
    const p = `exp2(whole(${product(tile, `${mine}${j}_`, `a${k}_`)}) - ${numbers(j, k)[0]})`;
    return `let p${j}_${k} = ${isSeen ? `select(0.0, ${p}, ${isSeen(k)})` : p};
let ds${j}_${k} = p${j}_${k} * (whole(${product(tile, `${second}${j}_`, `e${k}_`)}) - ${numbers(j, k)[1]});`;
  };
  const add = (j: number, k: number): string =>
    isByKey
      ? join(
          own,
          (i) => `sumKey${j}_${i} = fma(vec4f(ds${j}_${k}), a${k}_${i}, sumKey${j}_${i});
sumValue${j}_${i} = fma(vec4f(p${j}_${k}), e${k}_${i}, sumValue${j}_${i});`,
        )
      : join(own, (i) => `sum${j}_${i} = fma(vec4f(ds${j}_${k}), a${k}_${i}, sum${j}_${i});`);
  const pairs = join(
    count,
    (k) => `let seat${k} = ${seat(k)};
${loadHalf(tile, `a${k}_`, 'a', `seat${k}`)}
${loadHalf(tile, `e${k}_`, 'b', `seat${k}`)}
${isByKey ? `let numbers${k} = box[seat${k}].numbers.xy;` : ''}
${all(list, (j) => pair(j, k), '\n')}`,
  );
  const sums = join(count, (k) => all(list, (j) => add(j, k), '\n'));
  return `${pairs}\n${when(isSeeing, sums)}`;
}
