import { device, manualSeed, setDefaultDevice, setThreads, VicinalError } from 'vicinal';
import * as nn from 'vicinal/nn';
import { drawMetrics } from './chart.ts';
import { readCheckpoint, restore, saveCheckpoint, type Checkpoint, type Parts } from './checkpoint.ts';
import type { Flags, Options, Settings } from './flags.ts';
import { Metrics } from './metrics.ts';
import { Progress } from './progress.ts';
import { renderReport } from './report.ts';
import { RunFolder } from './runFolder.ts';

/** Makes everything on the device that was asked for from here on. Says which it is. */
export async function startDevice(options: Pick<Options, 'device' | 'threads'>): Promise<string> {
  if (options.threads) setThreads(options.threads);
  const started = await device(options.device);
  setDefaultDevice(started);
  const { threads, adapter } = started.info as { threads?: number; adapter?: string };
  return adapter ? `${started.name} on ${adapter}` : `${threads} thread${threads === 1 ? '' : 's'}`;
}

/** Starts the device, claims the run's folder and seeds the default generator. */
export async function openRun<F extends Flags>(options: Options<F>): Promise<Run<F>> {
  const where = await startDevice(options);
  const folder = await RunFolder.open(options);
  manualSeed(folder.settings.seed);
  return new Run(folder, where, options);
}

/** What a training loop needs around it: it counts the steps, keeps what happened, and can be left and taken up again. */
export class Run<F extends Flags = Flags> implements AsyncDisposable {
  readonly settings: Settings<F>;
  /** 'webgpu on NVIDIA H200', '2 threads'. */
  readonly where: string;
  /** Steps done. */
  step = 0;
  totalSteps = 0;
  isInterrupted = false;
  readonly #folder: RunFolder<F>;
  readonly #options: Options<F>;
  #parts: Parts | undefined;
  #metrics: Metrics | undefined;
  #progress: Progress | undefined;
  #savedStep = 0;
  readonly #start = performance.now();

  constructor(folder: RunFolder<F>, where: string, options: Options<F>) {
    this.#folder = folder;
    this.settings = folder.settings;
    this.where = where;
    this.#options = options;
  }

  /**
   * Call it when all parts are made, before the loop: with `--resume` they are put where the newest checkpoint left them.
   *
   * @throws Error, one sentence, when there is no checkpoint that fits
   */
  async begin(
    parts: Parts,
    { totalSteps, samplesPerStep }: { totalSteps: number; samplesPerStep: number },
  ): Promise<void> {
    const checkpoint = this.#options.resume ? await this.#newestCheckpoint() : undefined;
    if (checkpoint) restore(checkpoint, parts);
    else await this.#folder.writeSettings();
    this.#parts = parts;
    this.#metrics = new Metrics(this.#folder.file('metrics.jsonl'));
    if (checkpoint) this.#metrics.rewind(checkpoint.state.metricsSize);
    this.step = this.#savedStep = checkpoint?.state.step ?? 0;
    this.totalSteps = totalSteps;
    process.on('SIGINT', this.#interrupt).on('SIGTERM', this.#interrupt);
    const size = [...parts.model.parameters()].reduce((sum, parameter) => sum + parameter.size, 0);
    console.log(`${size.toLocaleString('en')} parameters on ${this.where}; the run is kept in ${this.#folder.path}`);
    this.#progress = new Progress(totalSteps, this.step, samplesPerStep);
  }

  /** Whether the loop is to end: all steps are done, the validation has stopped to improve, or Ctrl-C was pressed. */
  get isOver(): boolean {
    return this.step >= this.totalSteps || this.isInterrupted || this.#parts?.earlyStopping?.isOver === true;
  }

  /** Counts a step and keeps what was measured in it. @throws Error when a number is not finite */
  logStep(metrics: Readonly<Record<string, number>>): void {
    this.step++;
    this.log(metrics);
    this.#progress?.update(this.step, metrics);
  }

  /** Keeps what was measured after the last step, such as a validation. */
  log(metrics: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(metrics)) {
      if (Number.isFinite(value)) continue;
      throw new Error(`${name} is ${value} in step ${this.step}: the training diverged; try a smaller --lr`);
    }
    this.#metrics!.append({ step: this.step, ...metrics });
  }

  /** Writes a checkpoint. When that fails, as on a full disk, it says so: the older ones are there, and the run goes on. */
  async save(): Promise<void> {
    this.#metrics!.sync();
    const position = { step: this.step, metricsSize: this.#metrics!.size };
    await this.#attempt('checkpoint', async () => {
      await saveCheckpoint(await this.#folder.checkpoint(this.step), this.#parts!, position);
      this.#savedStep = this.step;
      await this.#folder.prune();
    });
    if (this.isOver) this.#end(); // all is saved: from here on Ctrl-C ends the program at once
  }

  /** Writes the model's weights as the best so far. */
  async saveBest(): Promise<void> {
    const weights = this.#parts!.model.stateDict();
    await this.#attempt('best weights', () => nn.saveSafetensors(this.#folder.file('best.safetensors'), weights));
    weights.forEach((tensor) => tensor.dispose());
  }

  /** Gives the model its best weights back. */
  async loadBest(): Promise<void> {
    this.#parts!.model.loadStateDict((await nn.loadSafetensors(this.#folder.file('best.safetensors'))).tensors);
  }

  /** Where a file of the run lies, for what writes files itself. */
  path(name: string): string {
    return this.#folder.file(name);
  }

  /** Whole seconds since the run was opened. */
  get seconds(): number {
    return Math.round((performance.now() - this.#start) / 1000);
  }

  /** A picture or other file beside the metrics. */
  write(name: string, content: string | Uint8Array): Promise<void> {
    return this.#folder.write(name, content);
  }

  /** `stopped after step 40 of 200; go on with --resume`, and how much of it is saved if not all. */
  get howToGoOn(): string {
    const lost = this.#savedStep < this.step ? `; the newest checkpoint is of step ${this.#savedStep}` : '';
    const run = this.#options.run === undefined ? '' : ` --run ${this.#options.run}`;
    return `stopped after step ${this.step} of ${this.totalSteps}${lost}; go on with${run} --resume`;
  }

  /** Prints how the run ended and draws `metrics.svg` and `report.html`, with pictures that `write` wrote. */
  async report(result: string, pictures: readonly string[] = []): Promise<void> {
    this.#end();
    const charts = drawMetrics(this.#metrics!.rows);
    const title = `${this.#options.program.command}: ${this.#folder.path}`;
    await this.write('metrics.svg', charts);
    await this.write('report.html', renderReport({ title, result, settings: this.settings, charts, pictures }));
    console.log(result);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
    this.#metrics?.close();
    if (this.#savedStep < this.step) process.exitCode = 1;
    await this.#folder.close();
  }

  async #newestCheckpoint(): Promise<Checkpoint> {
    const paths = await this.#folder.checkpoints();
    for (const [i, path] of paths.entries()) {
      try {
        return await readCheckpoint(path);
      } catch (error) {
        if (i === paths.length - 1) throw error;
        console.error(`${(error as Error).message}; going on from the checkpoint before it`);
      }
    }
    throw new Error(`${this.#folder.path} holds no checkpoint to go on from; start anew in another folder`);
  }

  /** Says it when something cannot be written: a training of hours is not ended by a full disk. */
  async #attempt(what: string, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      if (!(error instanceof VicinalError) && (error as NodeJS.ErrnoException).code === undefined) throw error;
      const newest = this.#savedStep > 0 ? `; the checkpoint of step ${this.#savedStep} is untouched` : '';
      console.error(`step ${this.step}: no ${what}: ${(error as Error).message}${newest}`);
    }
  }

  /** The step in progress is finished first; a second Ctrl-C does not wait. */
  readonly #interrupt = (): void => {
    this.isInterrupted = true;
    this.#stopListening();
  };

  #stopListening(): void {
    process.off('SIGINT', this.#interrupt).off('SIGTERM', this.#interrupt);
  }

  #end(): void {
    this.#stopListening();
    this.#progress?.stop();
  }
}
