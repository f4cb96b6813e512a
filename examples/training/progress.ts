import cliProgress from 'cli-progress';

/** How far a run is: one line that is rewritten in a terminal; elsewhere a line every tenth of the way. */
export class Progress {
  readonly #total: number;
  readonly #first: number;
  readonly #samplesPerStep: number;
  readonly #start = performance.now();
  readonly #bar: cliProgress.SingleBar | undefined;
  readonly #means = new Map<string, number>();
  #lastTenth = -1;

  /** `done` of `total` steps are behind us already (after --resume). */
  constructor(total: number, done: number, samplesPerStep: number) {
    this.#total = total;
    this.#first = done;
    this.#samplesPerStep = samplesPerStep;
    if (!process.stdout.isTTY) return;
    const format = '{bar} {value}/{total}  {status}  {eta_formatted} left';
    this.#bar = new cliProgress.SingleBar(
      { stream: process.stdout, format, barsize: 24, etaBuffer: 50 },
      cliProgress.Presets.shades_classic,
    );
    this.#bar.start(total, done, { status: 'starting' });
  }

  update(step: number, metrics: Readonly<Record<string, number>>): void {
    const status = this.#status(step, metrics);
    if (this.#bar) return this.#bar.update(step, { status });
    const tenth = Math.floor((10 * step) / this.#total);
    if (tenth !== this.#lastTenth) console.log(`${step}/${this.#total}  ${status}`);
    this.#lastTenth = tenth;
  }

  stop(): void {
    this.#bar?.stop();
  }

  /** Each metric's mean over about the last fifty steps, and the samples per second since the start. */
  #status(step: number, metrics: Readonly<Record<string, number>>): string {
    const count = step - this.#first;
    const parts = Object.entries(metrics).map(([name, value]) => {
      const mean = this.#means.get(name) ?? value;
      this.#means.set(name, mean + (value - mean) / Math.min(count, 50));
      return `${name} ${this.#means.get(name)!.toPrecision(4)}`;
    });
    const rate = (count * this.#samplesPerStep * 1000) / (performance.now() - this.#start);
    return [...parts, `${Math.round(rate)} samples/s`].join('  ');
  }
}
