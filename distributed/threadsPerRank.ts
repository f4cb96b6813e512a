import type { World } from './world.ts';
import { readFile } from '../index.ts';
import { Comparison } from './comparison.ts';

/** As many threads as a process alone would have by default, at most. */
const most = 8;

/** The processors that this process may use, over the ranks that may use the same: some launchers bind each rank to its own. */
export async function threadsPerRank(world: World): Promise<number> {
  const available = process.getBuiltinModule('node:os').availableParallelism();
  const own = await allowedProcessors();
  const lists = await new Comparison(world, world.machine, 'init', own).texts();
  const sharers = lists.filter((list) => list === lists[world.machine.rank]).length;
  return Math.max(1, Math.min(most, Math.floor(available / sharers)));
}

/** The numbers of the processors that the system lets this process use; '' where it does not say. */
async function allowedProcessors(): Promise<string> {
  const status = await readFile('/proc/self/status').then(
    (bytes) => new TextDecoder().decode(bytes),
    () => '',
  );
  return /^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1] ?? '';
}
