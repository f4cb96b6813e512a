import type { Dtype, TypedArray } from './dtype.ts';
import type { Shape } from './shape.ts';
import type { Tensor } from './tensor.ts';
import { DeviceError, DisposedError } from './errors.ts';
import { checkOptions } from './options.ts';

export type DeviceName = 'cpu' | 'webgpu' | 'webgl' | 'reference';

/** Where tensors live and ops run. */
export interface Device {
  readonly name: DeviceName;
  /** What the device found when it started: features, threads, adapter. */
  readonly info: Readonly<Record<string, unknown>>;
  /** What its tensors may be: 'float16' is among them where the device has it. */
  readonly dtypes: readonly Dtype[];
  /** Ends the device; its tensors can no longer be used. */
  dispose(): void;
}

/** Host values in row-major order: what the float64 reference forms take and give. */
export interface NdArray {
  readonly shape: Shape;
  readonly data: TypedArray;
}

/**
 * What a device owes. Buffers are opaque handles; offsets and lengths are counted in elements. Nothing here waits:
 * `read` enqueues its copy before it returns, so a buffer may be freed right after.
 */
export interface Runtime extends Device {
  /** What became of it: 'was lost ...', 'was ended by dispose()'. Null while it runs. */
  readonly ended: string | null;
  /** What integers become in an op that is defined on reals only: float32, or float64 on the reference device. */
  readonly floatDtype: Dtype;
  allocate(dtype: Dtype, length: number): unknown;
  free(handle: unknown, dtype: Dtype, length: number): void;
  write(handle: unknown, dtype: Dtype, offset: number, data: TypedArray): void;
  fill(handle: unknown, dtype: Dtype, length: number, value: number): void;
  read(handle: unknown, dtype: Dtype, offset: number, length: number): Promise<TypedArray>;
  /** The same without waiting, where the device's memory is the host's. */
  readNow?(handle: unknown, dtype: Dtype, offset: number, length: number): TypedArray;
  /** The elements themselves, where the device's memory is the host's and stays where it is while they live. */
  view?(handle: unknown, dtype: Dtype, offset: number, length: number): TypedArray;
  /** Bytes taken from the system. */
  reserved(): number;
  /** Where work is not done when a call returns: how many seconds the device itself works on what `body` asks for. */
  secondsOf?(body: () => void): Promise<number>;
  /** @throws DeviceError when it runs without something that is asked for now */
  assertOffers?(options: DeviceOptions): void;
  /** Runs a kernel; a device may repeat what the kernel asked for when it was last given tensors of these layouts and these attributes. */
  perform?(
    kernel: (inputs: object, attrs: object, outputs: readonly Tensor[]) => void,
    inputs: object,
    attrs: object,
    outputs: readonly Tensor[],
  ): void;
  /** Only the reference device: runs an op's reference form instead of a kernel, and writes what it gives to `targets`. */
  interpret?(
    reference: (inputs: object, attrs: object) => NdArray | readonly NdArray[],
    inputs: object,
    attrs: object,
    targets: readonly Tensor[],
  ): void;
}

/** How a device is started: at once, or after waiting. */
export interface DeviceFactory {
  startNow?(): Runtime;
  start(options: DeviceOptions): Promise<Runtime>;
  /** Asked by `auto` of a device that it started: why it should rather take the next one; null where this one is worth it. */
  objection?(runtime: Runtime): Promise<string | null>;
}

export interface DeviceOptions {
  /** Features to ask the adapter for (WebGPU). */
  features?: string[];
  /** Allow features that the platform marks unsafe (WebGPU). */
  unsafe?: boolean;
}

const factories = new Map<DeviceName, DeviceFactory>();
const started = new Map<DeviceName, Runtime>();
const starting = new Map<DeviceName, Promise<Runtime>>();
/** What became of the last one of a name. */
const endings = new Map<DeviceName, string>();
/** `auto` tries these in order. */
const preference: readonly DeviceName[] = ['webgpu', 'webgl', 'cpu'];
let defaultDevice: Device | DeviceName = 'cpu';

/** Makes a device known by name. Called once per device by the kernels floor. */
export function registerDevice(name: DeviceName, factory: DeviceFactory): void {
  factories.set(name, factory);
}

/**
 * A started device. `'auto'` takes the first of webgpu, webgl and cpu that works and is worth it (webgl must beat the cpu in a small
 * training step), says on the console why a better one was not, once for each reason, and lists the reasons in `info.skipped`.
 *
 * @throws DeviceError with the reason, when the named device cannot start or runs already without what `options` ask for.
 * @example
 * const reference = await device('reference');
 * zeros([2], { device: reference }).dtype;   // 'float64'
 */
export async function device(name: DeviceName | 'auto', options: DeviceOptions = {}): Promise<Device> {
  checkOptions('device', options, ['features', 'unsafe']);
  if (name !== 'auto') return start(name, options);
  const skipped: Record<string, string> = {};
  for (const candidate of preference) {
    try {
      const runtime = await start(candidate, options);
      await assertWorthIt(runtime);
      Object.assign(runtime.info, { skipped });
      for (const [name, reason] of Object.entries(skipped))
        sayOnce(`vicinal: '${candidate}', not '${name}': ${reason}`);
      return runtime;
    } catch (error) {
      skipped[candidate] = (error as Error).message;
    }
  }
  throw new DeviceError(`none of ${preference.join(', ')} starts: ${Object.values(skipped).join('; ')}`, {
    op: 'device',
    skipped,
  });
}

/** What `auto` found of each device that it started. */
const objections = new WeakMap<Runtime, string | null>();

async function assertWorthIt(runtime: Runtime): Promise<void> {
  let objection = objections.get(runtime);
  if (objection === undefined) {
    objection = (await factoryOf(runtime.name).objection?.(runtime)) ?? null;
    objections.set(runtime, objection);
  }
  if (objection !== null) throw new DeviceError(objection, { op: 'device', name: runtime.name });
}

const said = new Set<string>();

function sayOnce(sentence: string): void {
  if (!said.has(sentence)) console.warn(sentence);
  said.add(sentence);
}

async function start(name: DeviceName, options: DeviceOptions): Promise<Runtime> {
  const running = started.get(name) ?? starting.get(name);
  if (running) {
    const runtime = await running;
    runtime.assertOffers?.(options);
    return runtime;
  }
  const factory = factoryOf(name);
  if (factory.startNow) return resolveDevice(name); // so that nobody who does not wait meanwhile starts a second one
  const start = factory.start(options);
  starting.set(name, start);
  try {
    const runtime = await start;
    started.set(name, runtime);
    return runtime;
  } finally {
    starting.delete(name);
  }
}

function factoryOf(name: DeviceName): DeviceFactory {
  const factory = factories.get(name);
  if (factory) return factory;
  const known = [...factories.keys()].join(', ');
  throw new DeviceError(`there is no device '${String(name)}' here; use one of ${known}`, { op: 'device', name });
}

/** @throws DisposedError when the device was lost or ended */
export function assertRunning({ name, ended }: Runtime, op: string): void {
  if (ended === null) return;
  const message = `the ${name} device ${ended}; its tensors can no longer be used, await device('${name}') starts another`;
  throw new DisposedError(message, { op, name });
}

/** Called by a runtime that ended, so that the next use of its name starts a new one. */
export function forgetDevice(runtime: Runtime): void {
  if (started.get(runtime.name) !== runtime) return;
  started.delete(runtime.name);
  endings.set(runtime.name, `; the last one ${runtime.ended}`);
}

/**
 * The runtime behind a device, a device's name, or the default device.
 *
 * @throws DeviceError when there is no such device, or when it must be awaited first.
 */
export function resolveDevice(which: Device | DeviceName = defaultDevice): Runtime {
  if (typeof which !== 'string') {
    if (typeof (which as Runtime | null)?.allocate === 'function') return which as Runtime;
    throw new DeviceError(`got ${typeof which} for a device; use a name, or await device(name)`, {
      op: 'device',
      which,
    });
  }
  const running = started.get(which);
  if (running) return running;
  const factory = factoryOf(which);
  if (!factory.startNow) {
    const message = `'${which}' must be started first: await device('${which}')${endings.get(which) ?? ''}`;
    throw new DeviceError(message, { op: 'device', name: which });
  }
  const runtime = factory.startNow();
  started.set(which, runtime);
  return runtime;
}

/** Where tensors are made when no device is named. Starts as `'cpu'`, which needs no `await`. */
export function setDefaultDevice(which: Device | DeviceName): void {
  resolveDevice(which);
  defaultDevice = which;
}

/** The devices that run now. */
export function startedDevices(): Iterable<Runtime> {
  return started.values();
}
