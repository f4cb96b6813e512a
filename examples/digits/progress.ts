const width = 24;

/** One line that is rewritten in a terminal; elsewhere a line every tenth of the way. */
export class Progress {
  #lastTenth = -1;
  readonly #total: number;
  readonly #start = performance.now();
  readonly #first: number;

  /** `done` of `total` steps are behind us already (after --resume). */
  constructor(total: number, done = 0) {
    this.#total = total;
    this.#first = done;
  }

  update(step: number, { loss, accuracy, batch }: { loss: number; accuracy: number; batch: number }): void {
    const seconds = (performance.now() - this.#start) / 1000;
    const rate = (step - this.#first) / seconds;
    const left = Math.round((this.#total - step) / rate);
    const filled = Math.round((step / this.#total) * width);
    const bar = '█'.repeat(filled) + '░'.repeat(width - filled);
    const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
    const line = `${bar} ${step}/${this.#total}  loss ${loss.toFixed(3)}  accuracy ${(100 * accuracy).toFixed(1)} %  ${Math.round(rate * batch)} images/s  ${clock} left`;
    if (process.stdout.isTTY) {
      process.stdout.write(`\r${line}\x1b[K`);
    } else {
      const tenth = Math.floor((10 * step) / this.#total);
      if (tenth !== this.#lastTenth) console.log(line);
      this.#lastTenth = tenth;
    }
  }

  end(): void {
    if (process.stdout.isTTY) process.stdout.write('\n');
  }
}
