// What goes wrong on a GPU is heard of later: it is kept here, and thrown by the next read.

import { DeviceError } from '../../../tensor/errors.ts';

export class Faults {
  readonly #device: GPUDevice;
  readonly #pending = new Set<Promise<void>>();
  #found: DeviceError | null = null;

  constructor(device: GPUDevice) {
    this.#device = device;
    device.addEventListener('uncapturederror', (event) => {
      event.preventDefault();
      this.#keep(new DeviceError(event.error.message, { op: 'webgpu' }));
    });
  }

  /** Runs `body` and listens to what the device says of it; `explain` makes the error. */
  watch<T>(body: () => T, explain: (message: string) => DeviceError | Promise<DeviceError>): T {
    const filters = ['out-of-memory', 'validation', 'internal'] as const;
    for (const filter of filters) this.#device.pushErrorScope(filter);
    try {
      return body();
    } finally {
      for (const _ of filters) this.#listen(this.#device.popErrorScope(), explain);
    }
  }

  #listen(scope: Promise<GPUError | null>, explain: (message: string) => DeviceError | Promise<DeviceError>): void {
    const heard = this.#hear(scope, explain);
    this.#pending.add(heard);
    void heard.finally(() => this.#pending.delete(heard));
  }

  async #hear(
    scope: Promise<GPUError | null>,
    explain: (message: string) => DeviceError | Promise<DeviceError>,
  ): Promise<void> {
    const error = await scope.catch(() => null); // a device that is lost is said elsewhere
    if (error) this.#keep(await explain(error.message));
  }

  #keep(error: DeviceError): void {
    this.#found ??= error;
  }

  /** Waits for all that was watched so far. @throws DeviceError, once, for the first thing that went wrong */
  async settle(): Promise<void> {
    if (this.#pending.size > 0) await Promise.all(this.#pending);
    const found = this.#found;
    this.#found = null;
    if (found) throw found;
  }
}
