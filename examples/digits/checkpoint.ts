import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
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

/** Writes model, optimizer, generator and loader into one safetensors file. */
export async function save(path: string, { model, optimizer, schedule, loader, losses, settings }: Run): Promise<void> {
  const { settings: optimizerSettings, tensors } = optimizer.stateDict();
  const state = {
    optimizer: optimizerSettings,
    schedule: schedule.stateDict(),
    loader: loader.state(),
    generator: defaultGenerator.state(),
    losses,
    settings,
  };
  await mkdir(dirname(path), { recursive: true });
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
  const text = metadata['run'];
  if (!text) throw new Error(`${path} holds no run to resume; it was not written by this program`);
  const state = JSON.parse(text) as {
    optimizer: nn.optim.OptimizerSettings;
    schedule: nn.optim.ScheduleState;
    loader: nn.data.LoaderState;
    generator: ReturnType<typeof defaultGenerator.state>;
    losses: number[];
    settings: Record<string, number>;
  };
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

/** Only the model's weights. */
export async function loadModel(path: string, model: DigitNat): Promise<void> {
  const { tensors } = await nn.loadSafetensors(path);
  model.loadStateDict(nn.withoutPrefix('model', tensors));
}
