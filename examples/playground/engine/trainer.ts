import { decodeSafetensors, device, encodeSafetensors, memory, setDefaultDevice } from 'vicinal';
import * as nn from 'vicinal/nn';
import type { Choice, Where } from './devices.ts';
import type { Settings } from './settings.ts';
import { fetchDigits, type Digits } from './digits.ts';
import { Network } from './network.ts';
import { lookAt, type Sight } from './sight.ts';
import { startDevice } from './start.ts';

/** One step, as the page hears of it. */
export interface Progress {
  readonly step: number;
  readonly loss: number;
  /** Share of the batch that was recognised. */
  readonly accuracy: number;
  /** Share of the test digits, where the step ended with a test. */
  readonly test: number | null;
  readonly imagesPerSecond: number;
  /** Of live tensors. */
  readonly bytes: number;
  /** Taken from the system. */
  readonly reserved: number;
}

/** A digit to look at. */
export interface Digit {
  readonly pixels: Uint8Array;
  readonly label: number;
}

const stepsPerTest = 25;
/** Steps over which the speed is measured. */
const paceSteps = 20;

/** What the page's worker does: it holds the network, and trains it until it is told to pause. */
export class Trainer {
  #digits: Record<'train' | 'test', Digits> | undefined;
  #network: Network | undefined;
  #loader: nn.data.DataLoader<{ image: nn.data.HostArray; label: nn.data.HostArray }> | undefined;
  #where: Where | undefined;
  #report: (progress: Progress) => void = () => undefined;
  #isWanted = false;
  #training: Promise<void> = Promise.resolve();

  /** Fetches the digits that lie under `base`; `report` hears of every step. */
  async prepare(base: string, report: (progress: Progress) => void): Promise<void> {
    const [train, test] = await Promise.all([fetchDigits(base, 'train'), fetchDigits(base, 'test')]);
    this.#digits = { train, test };
    this.#report = report;
  }

  /** A new network on the device of choice, or on the CPU where that does not start. */
  async create(settings: Settings, choice: Choice | 'auto'): Promise<Where> {
    await this.pause();
    this.#network?.dispose();
    this.#where = await startDevice(choice);
    this.#network = new Network(settings);
    const shift = nn.data.randomShift(1);
    this.#loader = new nn.data.DataLoader(this.#digits!.train, {
      batchSize: settings.batch,
      shuffle: true,
      dropLast: true,
      transform: ({ image, label }, generator) => ({ image: shift(image, generator), label }),
    });
    return this.#where;
  }

  /** Goes on with the same network on another device; where that fails, on the device it is on. */
  async useDevice(choice: Choice): Promise<Where> {
    await this.pause();
    const left = this.#where!;
    const where = await startDevice(choice);
    if (left.name !== where.name) {
      try {
        this.#network = await this.#network!.copy();
      } catch (error) {
        setDefaultDevice(left.name);
        throw error;
      }
      (await device(left.name)).dispose(); // and all that lives there
    }
    return (this.#where = where);
  }

  setRate(rate: number): void {
    this.#network!.rate = rate;
  }

  /** Trains for so many steps, or until `pause`. */
  async train(steps = Infinity): Promise<void> {
    await this.pause();
    this.#isWanted = true;
    this.#training = this.#train(steps);
    await this.#training;
  }

  /** Ends with the step in progress. */
  async pause(): Promise<void> {
    this.#isWanted = false;
    await this.#training.catch(() => undefined); // whoever asked for the training hears of its failure
  }

  async #train(steps: number): Promise<void> {
    const [network, loader] = [this.#network!, this.#loader!];
    const until = network.steps + steps;
    const ends: number[] = [performance.now()];
    while (this.#isWanted && network.steps < until) {
      for await (const { image, label } of loader) {
        const result = network.step(image, label);
        using loss = result.loss,
          hits = result.accuracy;
        const [lossNow, accuracy] = await Promise.all([loss.item(), hits.item()]);
        ends.push(performance.now());
        if (ends.length > paceSteps + 1) ends.shift();
        const imagesPerSecond = ((ends.length - 1) * network.settings.batch * 1000) / (ends.at(-1)! - ends[0]!);
        const test = network.steps % stepsPerTest === 0 ? await this.test(network.settings.tests) : null;
        this.#report({ step: network.steps, loss: lossNow, accuracy, test, imagesPerSecond, ...this.#memory() });
        if (!this.#isWanted || network.steps >= until) break;
      }
      loader.setState(loader.state()); // the next loop goes on with this epoch
    }
    this.#isWanted = false;
  }

  #memory(): { bytes: number; reserved: number } {
    const { bytes, reserved } = memory()[this.#where!.name]!;
    return { bytes, reserved };
  }

  /** The share of the first test digits that the network recognises. */
  async test(count: number): Promise<number> {
    const { test } = this.#digits!;
    return this.#network!.evaluate({ size: Math.min(count, test.size), get: (index) => test.get(index) });
  }

  /** The weights as a safetensors file, under the model's keys. */
  async save(): Promise<Uint8Array> {
    const network = this.#network!;
    const weights = Object.fromEntries(await network.weights());
    return encodeSafetensors(weights, { settings: JSON.stringify(network.settings) });
  }

  /**
   * Takes weights from a file, or the model's from a training's checkpoint; when they do not fit, the network stays as it was.
   * Gives back the share of test digits recognised.
   */
  async load(file: Uint8Array): Promise<number> {
    const { tensors } = decodeSafetensors(file);
    const own = nn.withoutPrefix('model', tensors);
    await this.pause();
    this.#network!.load(own.size > 0 ? own : tensors);
    return this.test(Infinity);
  }

  /** What the network makes of 28 × 28 bytes. */
  async look(pixels: Uint8Array): Promise<Sight> {
    return lookAt(this.#network!.model, pixels);
  }

  /** So many test digits from one on. */
  digits(from: number, count: number): Digit[] {
    const { test } = this.#digits!;
    return Array.from({ length: count }, (_, i) => {
      const { image, label } = test.get((from + i) % test.size);
      return { pixels: Uint8Array.from(image.data), label: label.data[0]! };
    });
  }
}
