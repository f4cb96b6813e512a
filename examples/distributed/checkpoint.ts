import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as nn from 'vicinal/nn';

/** All that a run consists of. */
export interface Run {
  readonly model: nn.Module;
  readonly optimizer: nn.optim.AdamW;
  readonly schedule: nn.optim.CosineSchedule;
  readonly loader: { state(): nn.data.LoaderState; setState(state: nn.data.LoaderState): void };
  step: number;
}

/** What a checkpoint holds beside its tensors; nothing in it depends on the number of ranks. */
interface State {
  readonly step: number;
  readonly optimizer: nn.optim.OptimizerSettings;
  readonly schedule: nn.optim.ScheduleState;
  readonly loader: nn.data.LoaderState;
}

/** Called by one rank. */
export async function save(path: string, { model, optimizer, schedule, loader, step }: Run): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const { settings, tensors } = optimizer.stateDict();
  const state: State = { step, optimizer: settings, schedule: schedule.stateDict(), loader: loader.state() };
  const entries = new Map([...nn.withPrefix('model', model.stateDict()), ...nn.withPrefix('optimizer', tensors)]);
  await nn.saveSafetensors(path, entries, { run: JSON.stringify(state) });
  entries.forEach((tensor) => tensor.dispose());
}

/** Called by all ranks: `wrap` would give them rank 0's model, but not its optimizer's memory. */
export async function resume(path: string, run: Run): Promise<void> {
  const { tensors, metadata } = await nn.loadSafetensors(path);
  const state = JSON.parse(metadata['run'] ?? 'null') as State | null;
  if (!state) throw new Error(`${path} holds no run to resume; it was not written by this program`);
  run.model.loadStateDict(nn.withoutPrefix('model', tensors));
  run.optimizer.loadStateDict({ settings: state.optimizer, tensors: nn.withoutPrefix('optimizer', tensors) });
  run.schedule.loadStateDict(state.schedule);
  run.loader.setState(state.loader);
  run.step = state.step;
}
