import type { Session, State } from '../engine/session.ts';
import type { Sight } from '../engine/sight.ts';
import type { Digit } from '../engine/trainer.ts';
import { theSession } from '../engine/session.ts';
import { fitCanvas, pointOn } from '../page/canvas.ts';
import { element } from '../page/element.ts';
import { find } from '../page/find.ts';
import { percent } from '../page/numbers.ts';
import { onPaletteChange, palette } from '../page/palette.ts';
import { Bars } from './bars.ts';
import { centered, side } from './center.ts';
import { drawDigit } from './digit.ts';
import { Maps, tokenAt, type Place } from './maps.ts';
import { Pad } from './pad.ts';

/** Test digits to pick from at a time. */
const shown = 10;
/** Steps that the room itself asks for. */
const lesson = 300;
/** The first tokens' grid: how far an arrow key moves. */
const finest = [14, 14] as const;

/** The room in which a digit is drawn, and looked at with the network. */
class Look {
  readonly #session: Session = theSession();
  readonly #pad = new Pad(find('look-pad', HTMLCanvasElement), () => this.#drawn());
  readonly #bars = new Bars(find('look-bars', HTMLElement));
  readonly #maps = new Maps(find('look-maps', HTMLElement));
  readonly #seen = find('look-seen', HTMLCanvasElement);
  #pixels: Uint8Array | null = null;
  #sight: Sight | null = null;
  #place: Place = { down: 0.5, across: 0.5 };
  #from = 0;
  #offered: readonly Digit[] = [];
  #isAsking = false;
  /** Whether picture or network changed since the network was asked. */
  #isStale = false;
  #stepsSeen = 0;

  constructor() {
    find('look-clear', HTMLButtonElement).addEventListener('click', () => this.#pad.clear());
    find('look-more', HTMLButtonElement).addEventListener('click', () => void this.#offer((this.#from += shown)));
    find('look-lesson', HTMLButtonElement).addEventListener('click', () => void this.#session.train(lesson));
    this.#connectPlace(find('look-attention', HTMLElement));
    onPaletteChange(() => {
      this.#drawOffered();
      this.#draw();
    });
    new ResizeObserver(() => this.#draw()).observe(find('look-maps', HTMLElement));
    this.#session.subscribe((state) => this.#heard(state));
  }

  /** Shows test digits from one on, when there is a network to look at them. */
  async #offer(from: number): Promise<void> {
    this.#offered = await this.#session.digits(from, shown);
    this.#drawOffered();
    if (!this.#pixels) this.#show(this.#offered[0]!.pixels);
  }

  #drawOffered(): void {
    find('look-digits', HTMLElement).replaceChildren(...this.#offered.map((digit) => this.#button(digit)));
  }

  #button({ pixels, label }: Digit): HTMLElement {
    const picture = element('canvas');
    [picture.width, picture.height] = [side, side];
    drawDigit(picture.getContext('2d')!, pixels, { size: side, color: palette().ink });
    const button = element('button', { type: 'button', 'aria-label': `a test digit, labelled ${label}` }, picture);
    button.addEventListener('click', () => this.#show(pixels));
    return button;
  }

  #connectPlace(area: HTMLElement): void {
    const point = (event: PointerEvent): void => {
      if (!(event.target instanceof HTMLCanvasElement)) return;
      const { x, y } = pointOn(event.target, event);
      this.#setPlace({ down: y / event.target.clientHeight, across: x / event.target.clientWidth });
    };
    area.addEventListener('pointermove', point);
    area.addEventListener('pointerdown', point);
    area.addEventListener('keydown', (event) => {
      const moves: Readonly<Record<string, readonly [number, number]>> = {
        ArrowUp: [-1, 0],
        ArrowDown: [1, 0],
        ArrowLeft: [0, -1],
        ArrowRight: [0, 1],
      };
      const move = moves[event.key];
      if (!move) return;
      event.preventDefault();
      const [row, column] = tokenAt(finest, this.#place);
      this.#setPlace({ down: (row + move[0] + 0.5) / finest[0], across: (column + move[1] + 0.5) / finest[1] });
    });
  }

  #setPlace({ down, across }: Place): void {
    const inside = (value: number): number => Math.min(Math.max(value, 0), 1 - 1e-6);
    this.#place = { down: inside(down), across: inside(across) };
    this.#draw();
  }

  #drawn(): void {
    this.#show(centered(this.#pad.canvas));
  }

  #show(pixels: Uint8Array | null): void {
    this.#pixels = pixels;
    if (!pixels) this.#sight = null;
    this.#draw();
    void this.#ask();
  }

  /** Asks the network about the newest picture; the pictures between are left out. */
  async #ask(): Promise<void> {
    this.#isStale = true;
    const { doing } = this.#session.state;
    if (this.#isAsking || doing === 'starting' || doing === 'failed') return;
    this.#isAsking = true;
    while (this.#isStale) {
      this.#isStale = false;
      const pixels = this.#pixels;
      try {
        this.#sight = pixels && (await this.#session.look(pixels));
        if (this.#pixels === pixels) this.#draw();
      } catch (error) {
        this.#say((error as Error).message);
      }
    }
    this.#isAsking = false;
  }

  /** The network changed: it is asked again, now and then while it learns. */
  #heard({ doing, history, loaded, fault }: State): void {
    const steps = history.length;
    const note = find('look-note', HTMLElement);
    note.hidden = steps >= lesson || loaded !== null;
    find('look-lesson', HTMLButtonElement).disabled = doing !== 'waiting';
    find('look-note-text', HTMLElement).textContent = noteOf(doing, history, fault);
    const isReady = doing === 'waiting' || doing === 'training';
    if (isReady && find('look-digits', HTMLElement).childElementCount === 0) void this.#offer(this.#from);
    const isNews = doing === 'waiting' || steps < this.#stepsSeen || steps >= this.#stepsSeen + 10;
    if (!isReady || !isNews || find('look', HTMLElement).hidden) return;
    this.#stepsSeen = steps;
    void this.#ask();
  }

  #draw(): void {
    if (find('look', HTMLElement).hidden) return;
    const colors = palette();
    const size = this.#seen.clientWidth || 168;
    const context = fitCanvas(this.#seen, size, size);
    this.#seen.style.width = this.#seen.style.height = ''; // the style sheet's
    context.fillStyle = colors.cell;
    context.fillRect(0, 0, size, size);
    if (this.#pixels) drawDigit(context, this.#pixels, { size, color: colors.ink });
    this.#bars.show(this.#sight?.probabilities ?? null);
    const isSeen = this.#sight !== null && this.#pixels !== null;
    find('look-attention', HTMLElement).hidden = !isSeen;
    if (!this.#sight || !this.#pixels) return this.#say('Draw a digit, or pick one.');
    this.#maps.show(this.#sight.maps, this.#pixels, this.#place);
    const { probabilities } = this.#sight;
    const best = probabilities.indexOf(Math.max(...probabilities));
    this.#say(`It reads ${best}, with ${percent(probabilities[best]!)}.`);
  }

  #say(sentence: string): void {
    const status = find('look-status', HTMLElement);
    if (status.textContent !== sentence) status.textContent = sentence;
  }

  /** The room is seen again. */
  refresh(): void {
    this.#draw();
    void this.#ask();
  }
}

function noteOf(doing: State['doing'], history: State['history'], fault: string | null): string {
  if (fault) return fault;
  if (doing === 'starting') return 'The digits are fetched and the device is started.';
  if (doing === 'training') return `It learns: ${history.length} of ${lesson} steps.`;
  if (history.length === 0) return 'This network has seen no digit yet: what it says is chance.';
  return `This network has learned for ${history.length} steps only.`;
}

let room: Look | undefined;

/** Makes the room when it is first entered. */
export function enter(): void {
  if (room) room.refresh();
  else room = new Look();
}
