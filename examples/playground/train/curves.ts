import uPlot from 'uplot';
import type { Progress } from '../engine/trainer.ts';
import { onPaletteChange, palette, type Palette } from '../page/palette.ts';

/** Steps that a running mean takes in. */
const span = 20;
const height = 210;

type Columns = [steps: number[], ...values: (number | null)[][]];

/** Curves of one quantity that grow with the training. */
class Curve {
  readonly #place: HTMLElement;
  readonly #options: (colors: Palette) => Omit<uPlot.Options, 'width' | 'height'>;
  #data: Columns;
  #plot: uPlot | undefined;

  constructor(
    place: HTMLElement,
    empty: Columns,
    options: (colors: Palette) => Omit<uPlot.Options, 'width' | 'height'>,
  ) {
    this.#place = place;
    this.#data = empty;
    this.#options = options;
    onPaletteChange(() => this.#make());
    new ResizeObserver(() => this.#fit()).observe(place);
  }

  show(data: Columns): void {
    this.#data = data;
    this.#plot?.setData(data);
  }

  #fit(): void {
    const width = this.#place.clientWidth;
    if (width === 0) return;
    if (this.#plot) this.#plot.setSize({ width, height });
    else this.#make();
  }

  /** Colours are fixed when a plot is made. */
  #make(): void {
    const width = this.#place.clientWidth;
    this.#plot?.destroy();
    this.#plot = undefined;
    if (width > 0) this.#plot = new uPlot({ ...this.#options(palette()), width, height }, this.#data, this.#place);
  }
}

function axes({ soft, line }: Palette, values: (value: number) => string): uPlot.Axis[] {
  const common = { stroke: soft, font: '12px system-ui, sans-serif', ticks: { show: false } };
  return [
    { ...common, size: 28, grid: { show: false } },
    {
      ...common,
      size: 48,
      grid: { stroke: line, width: 1 },
      values: (_plot, splits) => splits.map((split) => (split === null ? '' : values(split))),
    },
  ];
}

const common = {
  legend: { show: false },
  cursor: { show: false },
  padding: [8, 18, 0, 0] as [number, number, number, number],
};

/** The loss of each step and its running mean. */
export class LossCurve {
  readonly #curve: Curve;

  constructor(place: HTMLElement) {
    this.#curve = new Curve(place, [[], [], []], (colors) => ({
      ...common,
      scales: { x: { time: false }, y: { range: (_plot, _least, most) => [0, 1.05 * (most || 1)] } },
      axes: axes(colors, (value) => String(value)),
      series: [
        {},
        { stroke: colors.tile, width: 1.25, points: { show: false } },
        { stroke: colors.sees, width: 2, points: { show: false } },
      ],
    }));
  }

  show(history: readonly Progress[]): void {
    const losses = history.map(({ loss }) => loss);
    this.#curve.show([history.map(({ step }) => step), losses, runningMean(losses)]);
  }
}

/** The running mean of the share recognised of each batch, and the tests. */
export class AccuracyCurve {
  readonly #curve: Curve;

  constructor(place: HTMLElement) {
    this.#curve = new Curve(place, [[], [], []], (colors) => ({
      ...common,
      scales: { x: { time: false }, y: { range: [0, 1] } },
      axes: axes(colors, (value) => `${Math.round(100 * value)} %`),
      series: [
        {},
        { stroke: colors.sees, width: 2, points: { show: false } },
        { stroke: colors.seen, width: 1.5, spanGaps: true, points: { show: true, size: 6, fill: colors.seen } },
      ],
    }));
  }

  show(history: readonly Progress[]): void {
    const steps = history.map(({ step }) => step);
    const tests = history.map(({ test }) => test);
    this.#curve.show([steps, runningMean(history.map(({ accuracy }) => accuracy)), tests]);
  }
}

/** The mean of each value and those before it, up to `span` of them. */
function runningMean(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((value, i) => {
    sum += value - (i >= span ? values[i - span]! : 0);
    return sum / Math.min(i + 1, span);
  });
}
