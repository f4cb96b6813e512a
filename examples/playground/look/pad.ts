import { onPaletteChange } from '../page/palette.ts';

/** Pixels of a side of the drawing, whatever size it is shown at. */
const resolution = 280;
/** As strokes of MNIST are when the digit is 20 pixels high. */
const penWidth = 28;

/** A field to draw on with a pen, a finger or a mouse; its ink is opacity, its colour the style sheet's. */
export class Pad {
  readonly canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #changed: () => void;
  #last: { x: number; y: number } | null = null;
  #isTelling = false;

  constructor(canvas: HTMLCanvasElement, changed: () => void) {
    this.canvas = canvas;
    this.#changed = changed;
    [canvas.width, canvas.height] = [resolution, resolution];
    this.#context = canvas.getContext('2d', { willReadFrequently: true })!;
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.#last = null;
      this.#drawTo(event);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (event.buttons !== 0) this.#drawTo(event);
    });
    onPaletteChange(() => this.#recolor());
  }

  #drawTo(event: PointerEvent): void {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const point = {
      x: ((event.clientX - left) / width) * resolution,
      y: ((event.clientY - top) / height) * resolution,
    };
    const context = this.#context;
    context.strokeStyle = this.#color();
    context.lineWidth = penWidth;
    context.lineCap = 'round';
    context.beginPath();
    context.moveTo(this.#last?.x ?? point.x, this.#last?.y ?? point.y);
    context.lineTo(point.x, point.y);
    context.stroke();
    this.#last = point;
    this.#tell();
  }

  clear(): void {
    this.#context.clearRect(0, 0, resolution, resolution);
    this.#tell();
  }

  /** Once a frame, as a pen moves more often. */
  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    requestAnimationFrame(() => {
      this.#isTelling = false;
      this.#changed();
    });
  }

  #color(): string {
    return getComputedStyle(this.canvas).color;
  }

  #recolor(): void {
    this.#context.globalCompositeOperation = 'source-in';
    this.#context.fillStyle = this.#color();
    this.#context.fillRect(0, 0, resolution, resolution);
    this.#context.globalCompositeOperation = 'source-over';
  }
}
