import { device, setDefaultDevice, type Device } from 'vicinal';
import { deviceNames, type Choice, type Where } from './devices.ts';

type GpuChoice = Exclude<Choice, 'cpu'>;

const noThreads =
  'Threads are off: the server does not send Cross-Origin-Opener-Policy: same-origin and ' +
  'Cross-Origin-Embedder-Policy: require-corp, or not over https.';

const noGpu = (name: GpuChoice): string =>
  `${deviceNames[name]} has only an adapter in software here, which is slower than the CPU.`;

/**
 * Starts a device, or where it does not start the CPU; all is made there from now on. `'auto'` is WebGPU where a GPU does
 * its work: WebGL takes a package that the page loads for nobody who does not ask for it.
 */
export async function startDevice(choice: Choice | 'auto'): Promise<Where> {
  const { started, reasons } =
    choice === 'cpu' ? { started: await device('cpu'), reasons: [] } : await startGpu(choice);
  setDefaultDevice(started);
  if (started.name !== 'cpu')
    return { name: started.name as GpuChoice, detail: String(started.info['adapter']), reasons };
  const { threads, threadsFailure } = started.info as { threads: number; threadsFailure: string | null };
  const own = crossOriginIsolated ? (threadsFailure ?? []) : noThreads;
  return { name: 'cpu', detail: threads === 1 ? 'one thread' : `${threads} threads`, reasons: reasons.concat(own) };
}

async function startGpu(choice: GpuChoice | 'auto'): Promise<{ started: Device; reasons: string[] }> {
  const name = choice === 'auto' ? 'webgpu' : choice;
  try {
    const started = await device(name);
    if (!isInSoftware(started)) return { started, reasons: [] };
    const reasons = [noGpu(name)];
    if (choice !== 'auto') return { started, reasons };
    started.dispose();
    return { started: await device('cpu'), reasons };
  } catch (error) {
    return {
      started: await device('cpu'),
      reasons: [`${deviceNames[name]} did not start. ${(error as Error).message}.`],
    };
  }
}

/** WebGPU says so; of WebGL there is only the name of what draws. */
function isInSoftware({ info }: Device): boolean {
  return Boolean(info['isFallback']) || /swiftshader|llvmpipe|basic render/i.test(String(info['adapter']));
}
