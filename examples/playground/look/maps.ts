import { windowOf } from 'vicinal/kernels';
import type { AttentionMap } from '../engine/sight.ts';
import { fitCanvas } from '../page/canvas.ts';
import { element } from '../page/element.ts';
import { palette, type Palette } from '../page/palette.ts';
import { drawDigit } from './digit.ts';

/** A place in the picture: 0..1 from the top and from the left. */
export interface Place {
  readonly down: number;
  readonly across: number;
}

/** The attention of every layer and head, over the picture. */
export class Maps {
  readonly #host: HTMLElement;
  /** Of the layers and heads that the canvases in the page are for. */
  #made = '';
  #canvases: HTMLCanvasElement[][] = [];

  constructor(host: HTMLElement) {
    this.#host = host;
  }

  show(maps: readonly AttentionMap[], pixels: Uint8Array, place: Place): void {
    this.#make(maps);
    const colors = palette();
    maps.forEach((map, layer) => {
      for (let head = 0; head < map.heads; head++)
        drawMap(this.#canvases[layer]![head]!, map, head, { pixels, place, colors });
    });
  }

  #make(maps: readonly AttentionMap[]): void {
    const made = maps.map(({ path, heads, kernelSize }) => `${path} ${heads} ${kernelSize}`).join();
    if (made === this.#made) return;
    this.#made = made;
    this.#canvases = maps.map(({ heads, path }) =>
      Array.from({ length: heads }, (_, head) =>
        element('canvas', { role: 'img', 'aria-label': `Attention of head ${head + 1} in ${path}` }),
      ),
    );
    this.#host.replaceChildren(...maps.map((map, layer) => section(map, this.#canvases[layer]!)));
  }
}

function section(
  { path, tokens, kernelSize, heads }: AttentionMap,
  canvases: readonly HTMLCanvasElement[],
): HTMLElement {
  const counts = `${tokens.join(' × ')} tokens, ${kernelSize} × ${kernelSize} keys, ${heads} heads`;
  const made = element(
    'section',
    { class: 'layer' },
    element('h3', {}, element('code', {}, path)),
    element('small', {}, counts),
    element('div', { class: 'heads' }, ...canvases),
  );
  made.style.setProperty('--heads', String(heads));
  return made;
}

function drawMap(
  canvas: HTMLCanvasElement,
  map: AttentionMap,
  head: number,
  { pixels, place, colors }: { pixels: Uint8Array; place: Place; colors: Palette },
): void {
  const { tokens, kernelSize, heads, weights } = map;
  const size = Math.max(canvas.clientWidth, 56);
  const context = fitCanvas(canvas, size, size);
  canvas.style.width = canvas.style.height = ''; // the style sheet's
  context.fillStyle = colors.cell;
  context.fillRect(0, 0, size, size);
  drawDigit(context, pixels, { size, color: colors.soft });
  const [row, column] = tokenAt(tokens, place);
  const [rows, columns] = tokens;
  const along = (length: number, position: number) =>
    windowOf({ length, kernelSize, stride: 1, dilation: 1, isCausal: false }, length, position);
  const [down, across] = [along(rows, row), along(columns, column)];
  const begin = ((row * columns + column) * heads + head) * kernelSize ** 2;
  const own = weights.subarray(begin, begin + kernelSize ** 2);
  const most = Math.max(...own);
  const [height, width] = [size / rows, size / columns];
  context.fillStyle = colors.sees;
  own.forEach((weight, i) => {
    context.globalAlpha = 0.95 * (weight / most);
    const [y, x] = [down.start + Math.floor(i / kernelSize), across.start + (i % kernelSize)];
    context.fillRect(x * width, y * height, width, height);
  });
  context.globalAlpha = 1;
  context.lineWidth = 1;
  context.strokeStyle = colors.soft;
  context.strokeRect(
    across.start * width + 0.5,
    down.start * height + 0.5,
    kernelSize * width - 1,
    kernelSize * height - 1,
  );
  context.lineWidth = 2;
  context.strokeStyle = colors.ink;
  context.strokeRect(column * width + 1, row * height + 1, width - 2, height - 2);
}

/** The token of a layer that is at a place. */
export function tokenAt([rows, columns]: readonly [number, number], { down, across }: Place): [number, number] {
  return [Math.min(Math.floor(down * rows), rows - 1), Math.min(Math.floor(across * columns), columns - 1)];
}
