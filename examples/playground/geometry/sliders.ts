import { element } from '../page/element.ts';
import { longest, type AxisSettings } from './settings.ts';

type Numeric = Exclude<keyof AxisSettings, 'isCausal'>;

/** Rows of the table, with how far each slider goes on an axis of at most `most` tokens. */
const rows: readonly { name: Numeric; label: string; hint: string; range: (most: number) => [number, number] }[] = [
  { name: 'length', label: 'length', hint: 'tokens along the axis', range: (most) => [1, most] },
  { name: 'kernelSize', label: 'kernelSize', hint: 'keys per query', range: (most) => [1, most] },
  { name: 'stride', label: 'stride', hint: 'queries that share a window', range: (most) => [1, Math.min(most, 16)] },
  { name: 'dilation', label: 'dilation', hint: 'distance of neighbouring keys', range: () => [1, 8] },
  { name: 'queryTile', label: 'queryTileSize', hint: 'queries of a tile', range: (most) => [1, Math.min(most, 16)] },
  { name: 'keyTile', label: 'keyTileSize', hint: 'keys of a tile', range: (most) => [1, Math.min(most, 16)] },
];

/** Fills `table` with a slider for each number of each axis; `changed` gets the axes after each move. */
export function makeSliders(
  table: HTMLElement,
  axes: readonly AxisSettings[],
  changed: (axes: AxisSettings[]) => void,
): void {
  const now = [...axes];
  const set = (axis: number, change: Partial<AxisSettings>): void => {
    now[axis] = { ...now[axis]!, ...change };
    changed([...now]);
  };
  const most = longest[axes.length - 1]!;
  const heads = axes.map((_, i) => element('span', { class: 'axis' }, `axis ${'XYZ'[i]!}`));
  const body = rows.flatMap(({ name, label, hint, range }) => [
    rowHead(label, hint),
    ...axes.map((axis, i) =>
      slider(`${label} along ${'XYZ'[i]!}`, axis[name], range(most), (value) => set(i, { [name]: value })),
    ),
  ]);
  const causal = axes.map(({ isCausal }, i) => {
    const box = element('input', { type: 'checkbox', 'aria-label': `isCausal along ${'XYZ'[i]!}`, checked: isCausal });
    box.addEventListener('change', () => set(i, { isCausal: box.checked }));
    return element('div', { class: 'slider' }, box);
  });
  table.style.setProperty('--axes', String(axes.length));
  table.replaceChildren(...heads, ...body, rowHead('isCausal', 'nothing after the query'), ...causal);
}

function rowHead(label: string, hint: string): HTMLElement {
  return element('div', { class: 'row-head' }, element('code', {}, label), element('small', {}, hint));
}

function slider(
  label: string,
  value: number,
  [min, max]: readonly [number, number],
  changed: (value: number) => void,
): HTMLElement {
  const range = element('input', { type: 'range', min, max, step: 1, value, 'aria-label': label });
  const output = element('output', {}, String(value));
  range.addEventListener('input', () => {
    output.textContent = range.value;
    changed(Number(range.value));
  });
  return element('div', { class: 'slider' }, range, output);
}
