import { device, setDefaultDevice, type Device } from 'vicinal';

/** The devices to choose from. */
export type Choice = 'webgpu' | 'cpu';

/** On which device the page works, and why not on another. */
export interface Where {
  readonly name: Choice;
  /** Threads or adapter. */
  readonly detail: string;
  /** Why it is not the one that was asked for, or slower than it might be. */
  readonly reasons: readonly string[];
}

const noThreads =
  'Threads are off: the server does not send Cross-Origin-Opener-Policy: same-origin and ' +
  'Cross-Origin-Embedder-Policy: require-corp, or not over https.';
const noGpu = 'WebGPU has only an adapter in software here, which is slower than the CPU.';

/**
 * Starts a device, or where it does not start the CPU; all is made there from now on. `'auto'` is WebGPU where a GPU does
 * its work.
 */
export async function startDevice(choice: Choice | 'auto'): Promise<Where> {
  const { started, reasons } =
    choice === 'cpu' ? { started: await device('cpu'), reasons: [] } : await startGpu(choice);
  setDefaultDevice(started);
  if (started.name === 'webgpu') return { name: 'webgpu', detail: String(started.info['adapter']), reasons };
  const { threads, threadsFailure } = started.info as { threads: number; threadsFailure: string | null };
  const own = crossOriginIsolated ? (threadsFailure ?? []) : noThreads;
  return { name: 'cpu', detail: threads === 1 ? 'one thread' : `${threads} threads`, reasons: reasons.concat(own) };
}

async function startGpu(choice: 'webgpu' | 'auto'): Promise<{ started: Device; reasons: string[] }> {
  try {
    const started = await device('webgpu');
    if (!started.info['isFallback']) return { started, reasons: [] };
    if (choice === 'webgpu') return { started, reasons: [noGpu] };
    started.dispose();
    return { started: await device('cpu'), reasons: [noGpu] };
  } catch (error) {
    return { started: await device('cpu'), reasons: [`WebGPU did not start. ${(error as Error).message}.`] };
  }
}
