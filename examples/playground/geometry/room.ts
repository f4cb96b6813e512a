import { fitCanvas, pointOn } from '../page/canvas.ts';
import { element } from '../page/element.ts';
import { find } from '../page/find.ts';
import { onPaletteChange, palette } from '../page/palette.ts';
import { describeSight, showWork } from './facts.ts';
import { layOut, tokenAt, type Layout } from './layout.ts';
import { mostTokens, showMask, type Mask } from './maskView.ts';
import { countTiles, problemOf } from './problem.ts';
import { examples, withAxes, type AxisSettings } from './settings.ts';
import { indexOf, sightOf, tokensOf } from './sight.ts';
import { makeSliders } from './sliders.ts';
import { drawTokens } from './tokens.ts';

/** The room in which the problem is moved. */
class Geometry {
  readonly #canvas = find('geometry-tokens', HTMLCanvasElement);
  readonly #maskCanvas = find('geometry-mask', HTMLCanvasElement);
  readonly #status = find('geometry-status', HTMLElement);
  #axes: readonly AxisSettings[] = examples[0]!.axes;
  #query: number[] = [];
  #layout: Layout | undefined;
  #isRefused = false;
  #mask: Mask | null = null;

  constructor() {
    this.#connectControls();
    this.#connectCanvas();
    onPaletteChange(() => this.#problemChanged());
    new ResizeObserver(() => this.#draw()).observe(this.#canvas.parentElement!);
    this.#setAxes(this.#axes);
  }

  #connectControls(): void {
    const select = find('geometry-example', HTMLSelectElement);
    select.append(...examples.map(({ name }, i) => element('option', { value: i }, name)));
    select.addEventListener('change', () => this.#setAxes(examples[Number(select.value)]!.axes));
    for (const radio of document.querySelectorAll<HTMLInputElement>('input[name="axes"]'))
      radio.addEventListener('change', () => this.#setAxes(withAxes(this.#axes, Number(radio.value))));
    for (const id of ['show-keys', 'show-queries', 'show-tiles'])
      find(id, HTMLInputElement).addEventListener('change', () => this.#draw());
  }

  #connectCanvas(): void {
    const canvas = this.#canvas;
    const point = (event: PointerEvent): void => {
      const at = this.#layout ? tokenAt(this.#layout, pointOn(canvas, event)) : -1;
      const token = at < 0 ? undefined : tokensOf(this.#lengths())[at];
      if (token && token.join() !== this.#query.join()) this.#setQuery(token);
    };
    canvas.addEventListener('pointermove', point);
    canvas.addEventListener('pointerdown', point);
    canvas.addEventListener('keydown', (event) => {
      const moved = movedBy(event, this.#query, this.#lengths());
      if (!moved) return;
      event.preventDefault();
      this.#setQuery(moved);
    });
  }

  /** Other axes, so other sliders. */
  #setAxes(axes: readonly AxisSettings[]): void {
    const radio = document.querySelector<HTMLInputElement>(`input[name="axes"][value="${axes.length}"]`);
    if (radio) radio.checked = true;
    this.#query = axes.map(({ length }) => Math.floor(length / 2));
    makeSliders(find('geometry-sliders', HTMLElement), axes, (changed) => this.#change(changed));
    this.#change(axes);
  }

  #change(axes: readonly AxisSettings[]): void {
    this.#axes = axes;
    this.#query = this.#query.map((place, i) => Math.min(place, axes[i]!.length - 1));
    this.#problemChanged();
  }

  #problemChanged(): void {
    const count = countTiles(this.#axes);
    this.#isRefused = 'fault' in count;
    const fault = find('geometry-fault', HTMLElement);
    fault.hidden = !this.#isRefused;
    fault.textContent = 'fault' in count ? count.fault : '';
    find('geometry', HTMLElement).classList.toggle('refused', this.#isRefused);
    if (!('fault' in count)) showWork(count);
    void this.#makeMask();
    this.#draw();
  }

  #setQuery(query: number[]): void {
    this.#query = query;
    this.#draw();
  }

  #lengths(): number[] {
    return this.#axes.map(({ length }) => length);
  }

  #draw(): void {
    const lengths = this.#lengths();
    const room = this.#canvas.parentElement!.clientWidth - 2 * padding;
    if (room <= 0) return; // another room is shown
    const layout = (this.#layout = layOut(lengths, room));
    const sight = this.#isRefused ? null : sightOf(this.#axes, this.#query);
    const layers = {
      keys: find('show-keys', HTMLInputElement).checked,
      queries: find('show-queries', HTMLInputElement).checked,
      tiles: find('show-tiles', HTMLInputElement).checked,
    };
    const query = indexOf(lengths, this.#query);
    const context = fitCanvas(this.#canvas, layout.width, layout.height);
    drawTokens(context, layout, { sight, query, layers, colors: palette() });
    this.#status.textContent = sight ? describeSight(this.#query, sight) : 'There is no such problem.';
    if (this.#mask) showMask(this.#maskCanvas, this.#mask, query, palette());
  }

  /** The mask of the problem as it is now; an older one that comes late is dropped. */
  async #makeMask(): Promise<void> {
    const axes = this.#axes;
    const { lengths, problem } = problemOf(axes);
    const tokens = lengths.reduce((product, length) => product * length, 1);
    this.#mask = null;
    const isShown = !this.#isRefused && tokens <= mostTokens;
    this.#maskCanvas.hidden = !isShown;
    find('mask-caption', HTMLElement).textContent = isShown
      ? `${tokens} × ${tokens}: queries down, keys across, in row-major order. The query’s row holds its keys, the same token’s column who sees it.`
      : `${tokens} × ${tokens} pairs are more than a picture shows; up to ${mostTokens} tokens are drawn.`;
    if (!isShown) return;
    const { makeMask } = await import('./mask.ts'); // with the library's kernels, which the rest can do without
    const mask = await makeMask(lengths, problem, palette().soft);
    if (axes !== this.#axes) return;
    this.#mask = mask;
    this.#draw();
  }
}

/** Of a panel, on either side. */
const padding = 20;

/** Where a key moves the query to; null for keys that are not ours. The last axis is across, the one before down, the first by page. */
function movedBy({ key }: KeyboardEvent, query: readonly number[], lengths: readonly number[]): number[] | null {
  const last = lengths.length - 1;
  const moves: Readonly<Record<string, readonly [axis: number, by: number]>> = {
    ArrowLeft: [last, -1],
    ArrowRight: [last, 1],
    ArrowUp: [Math.max(last - 1, 0), -1],
    ArrowDown: [Math.max(last - 1, 0), 1],
    PageUp: [0, -1],
    PageDown: [0, 1],
    Home: [last, -Infinity],
    End: [last, Infinity],
  };
  const move = moves[key];
  if (!move) return null;
  const [axis, by] = move;
  return query.map((place, i) => (i === axis ? Math.min(Math.max(place + by, 0), lengths[i]! - 1) : place));
}

let room: Geometry | undefined;

/** Makes the room when it is first entered. */
export function enter(): void {
  room ??= new Geometry();
}
