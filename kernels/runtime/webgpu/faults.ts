// What goes wrong on a GPU is heard of later: it is kept here, and thrown by the next read.

import { DeviceError } from '../../../tensor/errors.ts';

/** Makes the error from the device's message. */
type Explain = (message: string) => DeviceError | Promise<DeviceError>;

export class Faults {
  readonly #device: GPUDevice;
  readonly #pending = new Set<Promise<void>>();
  #watched = 0;
  /** The fault that was watched first: what follows from it is heard of too, and sometimes before. */
  #found: { readonly order: number; readonly error: DeviceError } | null = null;

  constructor(device: GPUDevice) {
    this.#device = device;
    device.addEventListener('uncapturederror', (event) => {
      event.preventDefault();
      this.#keep(++this.#watched, new DeviceError(event.error.message, { op: 'webgpu' }));
    });
  }

  /** Runs `body` and listens to what the device says of it; `explain` makes the error. */
  watch<T>(body: () => T, explain: Explain): T {
    const filters = ['out-of-memory', 'validation', 'internal'] as const;
    const order = ++this.#watched;
    for (const filter of filters) this.#device.pushErrorScope(filter);
    try {
      return body();
    } finally {
      for (const _ of filters) this.#listen(order, this.#device.popErrorScope(), explain);
    }
  }

  #listen(order: number, scope: Promise<GPUError | null>, explain: Explain): void {
    const heard = this.#hear(order, scope, explain);
    this.#pending.add(heard);
    void heard.finally(() => this.#pending.delete(heard));
  }

  async #hear(order: number, scope: Promise<GPUError | null>, explain: Explain): Promise<void> {
    const error = await scope.catch(() => null); // a device that is lost is said elsewhere
    if (error) this.#keep(order, await explain(error.message));
  }

  #keep(order: number, error: DeviceError): void {
    if (!this.#found || order < this.#found.order) this.#found = { order, error };
  }

  /** Waits for all that was watched so far. @throws DeviceError, once, for the first thing that went wrong */
  async settle(): Promise<void> {
    if (this.#pending.size > 0) await Promise.all(this.#pending);
    const found = this.#found;
    this.#found = null;
    if (found) throw found.error;
  }
}
