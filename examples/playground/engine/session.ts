import { proxy, transfer, wrap, type Remote } from 'comlink';
import type { Settings } from './settings.ts';
import type { Sight } from './sight.ts';
import type { Choice, Where } from './devices.ts';
import type { Digit, Progress, Trainer } from './trainer.ts';
import { initialSettings } from './settings.ts';

/** What the page knows of its one network. */
export interface State {
  /** What it does now; what failed for good does nothing any more. */
  readonly doing: 'starting' | 'waiting' | 'changing' | 'training' | 'failed';
  readonly where: Where | null;
  readonly settings: Settings;
  /** Every step since the network was made. */
  readonly history: readonly Progress[];
  /** Where its weights come from, if from a file: its name, and the share of test digits that they recognise. */
  readonly loaded: { readonly name: string; readonly accuracy: number } | null;
  /** What went wrong last. */
  readonly fault: string | null;
}

/** The page's side of the worker: what the rooms ask of it, and what they are told. */
export class Session {
  #history: Progress[] = [];
  #state: State = {
    doing: 'starting',
    where: null,
    settings: initialSettings,
    history: this.#history,
    loaded: null,
    fault: null,
  };
  readonly #trainer: Remote<Trainer>;
  readonly #listeners = new Set<(state: State) => void>();
  /** Requests that change the network go one after the other. */
  #last: Promise<void>;
  #pending = 0;

  constructor() {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'training' });
    worker.addEventListener('error', (event) => this.#fail(event.message || 'The worker could not be loaded.'));
    this.#trainer = wrap<Trainer>(worker);
    this.#last = this.#start();
  }

  get state(): State {
    return this.#state;
  }

  /** Calls `listener` now and after each change. */
  subscribe(listener: (state: State) => void): void {
    this.#listeners.add(listener);
    listener(this.#state);
  }

  #set(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener(this.#state);
  }

  /** What cannot be mended. */
  #fail(fault: string): void {
    this.#set({ doing: 'failed', fault });
  }

  async #start(): Promise<void> {
    try {
      const base = new URL('digits/', document.baseURI).href;
      await this.#trainer.prepare(
        base,
        proxy((progress) => this.#progressed(progress)),
      );
      const where = await this.#trainer.create(this.#state.settings, 'auto');
      this.#done({ where });
    } catch (error) {
      this.#fail((error as Error).message);
    }
  }

  #progressed(progress: Progress): void {
    this.#history.push(progress);
    this.#set({});
  }

  /** Runs what changes the network, when all before it is done; what fails is said. */
  #change(doing: 'changing' | 'training', work: () => Promise<Partial<State>>): Promise<void> {
    if (this.#state.doing === 'failed') return Promise.resolve();
    this.#pending++;
    this.#set({ doing, fault: null });
    const last = this.#last;
    const run = async (): Promise<void> => {
      await last;
      const change = await work().catch((error: Error) => ({ fault: error.message }));
      this.#pending--;
      this.#done(change);
    };
    return (this.#last = run());
  }

  /** Something is done; the page waits when it was the last. */
  #done(change: Partial<State>): void {
    if (this.#state.doing === 'failed') return;
    this.#set({ ...change, ...(this.#pending === 0 && { doing: 'waiting' }) });
  }

  /** A new network of these settings. */
  reset(settings: Settings): Promise<void> {
    this.pause();
    return this.#change('changing', async () => {
      const where = await this.#trainer.create(settings, this.#state.where?.name ?? 'auto');
      this.#history = [];
      return { settings, where, history: this.#history, loaded: null };
    });
  }

  /** Goes on with the same network on another device. */
  useDevice(choice: Choice): Promise<void> {
    this.pause();
    return this.#change('changing', async () => ({ where: await this.#trainer.useDevice(choice) }));
  }

  train(steps?: number): Promise<void> {
    return this.#change('training', async () => {
      await this.#trainer.train(steps);
      return {};
    });
  }

  /** Ends with the step in progress. */
  pause(): void {
    void this.#trainer.pause();
  }

  setRate(rate: number): void {
    this.#set({ settings: { ...this.#state.settings, rate } });
    void this.#trainer.setRate(rate);
  }

  /** Takes weights from a file; when they do not fit, the network stays as it was. */
  load(file: File): Promise<void> {
    this.pause();
    return this.#change('changing', async () => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      const accuracy = await this.#trainer.load(transfer(bytes, [bytes.buffer])).catch((error: Error) => {
        throw new Error(`${file.name} was not loaded, and the network stays as it was. ${error.message}`);
      });
      return { loaded: { name: file.name, accuracy } };
    });
  }

  save(): Promise<Uint8Array> {
    return this.#trainer.save();
  }

  look(pixels: Uint8Array): Promise<Sight> {
    return this.#trainer.look(pixels);
  }

  digits(from: number, count: number): Promise<Digit[]> {
    return this.#trainer.digits(from, count);
  }
}

let session: Session | undefined;

/** The page's one session, begun when a room first asks for it. */
export function theSession(): Session {
  return (session ??= new Session());
}
