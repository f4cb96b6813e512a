import { defaultGenerator } from 'vicinal';
import * as nn from 'vicinal/nn';
import type { DigitNat } from './model.ts';

/** All that a run consists of. */
export interface Run {
  readonly model: DigitNat;
  readonly optimizer: nn.optim.AdamW;
  readonly schedule: nn.optim.CosineSchedule;
  readonly loader: { state(): nn.data.LoaderState; setState(state: nn.data.LoaderState): void };
  /** The loss of every step so far. */
  readonly losses: number[];
  /** What the run was started with: a resumed run must be the same one. */
  readonly settings: Readonly<Record<string, number>>;
}

/** What a checkpoint holds beside its tensors. */
interface State {
  readonly optimizer: nn.optim.OptimizerSettings;
  readonly schedule: nn.optim.ScheduleState;
  readonly loader: nn.data.LoaderState;
  readonly generator: ReturnType<typeof defaultGenerator.state>;
  readonly losses: number[];
  readonly settings: Readonly<Record<string, number>>;
}

/** Writes model, optimizer, generator and loader into one safetensors file. */
export async function save(path: string, { model, optimizer, schedule, loader, losses, settings }: Run): Promise<void> {
  const { settings: optimizerSettings, tensors } = optimizer.stateDict();
  const state: State = {
    optimizer: optimizerSettings,
    schedule: schedule.stateDict(),
    loader: loader.state(),
    generator: defaultGenerator.state(),
    losses,
    settings,
  };
  const entries = new Map([...nn.withPrefix('model', model.stateDict()), ...nn.withPrefix('optimizer', tensors)]);
  try {
    await nn.saveSafetensors(path, entries, { run: JSON.stringify(state) });
  } finally {
    entries.forEach((tensor) => tensor.dispose());
  }
}

/** Continues `run` where the file left it. */
export async function resume(path: string, run: Run): Promise<void> {
  const { tensors, metadata } = await nn.loadSafetensors(path);
  const state = parseState(metadata['run']);
  if (!state) throw new Error(`${path} holds no run to resume; it was not written by this program`);
  for (const [name, value] of Object.entries(run.settings)) {
    if (state.settings[name] !== value)
      throw new Error(
        `${path} was trained with --${name} ${state.settings[name]}, now it is ${value}; resume with the same flags`,
      );
  }
  run.model.loadStateDict(nn.withoutPrefix('model', tensors));
  run.optimizer.loadStateDict({ settings: state.optimizer, tensors: nn.withoutPrefix('optimizer', tensors) });
  run.schedule.loadStateDict(state.schedule);
  run.loader.setState(state.loader);
  defaultGenerator.setState(state.generator);
  run.losses.push(...state.losses);
}

/** Undefined for what `save` did not write. */
function parseState(text = ''): State | undefined {
  try {
    const state = JSON.parse(text) as Partial<State>;
    const { optimizer, schedule, loader, generator, losses, settings } = state;
    return optimizer && schedule && loader && generator && losses && settings ? (state as State) : undefined;
  } catch {
    return undefined;
  }
}

/** Only the model's weights. */
export async function loadModel(path: string, model: DigitNat): Promise<void> {
  const { tensors } = await nn.loadSafetensors(path);
  model.loadStateDict(nn.withoutPrefix('model', tensors));
}
