import { defaultGenerator, type GeneratorState } from 'vicinal';
import * as nn from 'vicinal/nn';

/** Something whose state is plain JSON. */
interface Stateful {
  stateDict(): unknown;
  loadStateDict(state: never): void;
}

/** All that the rest of a run depends on, beside the default generator. */
export interface Parts {
  readonly model: nn.Module;
  readonly optimizer: Pick<nn.optim.AdamW, 'stateDict' | 'loadStateDict'>;
  readonly loader: { state(): nn.data.LoaderState; setState(state: nn.data.LoaderState): void };
  readonly schedule?: Stateful;
  readonly earlyStopping?: Stateful & { readonly isOver: boolean };
}

/** Where a run stands. */
export interface Position {
  /** Steps done. */
  readonly step: number;
  /** Bytes of its metrics. */
  readonly metricsSize: number;
}

/** What a checkpoint holds beside its tensors. */
interface State extends Position {
  readonly optimizer: nn.optim.OptimizerSettings;
  readonly loader: nn.data.LoaderState;
  readonly generator: GeneratorState;
  readonly schedule?: unknown;
  readonly earlyStopping?: unknown;
}

/** A checkpoint that was read, and loaded into nothing yet. */
export interface Checkpoint {
  readonly state: State;
  readonly tensors: Awaited<ReturnType<typeof nn.loadSafetensors>>['tensors'];
}

/** Writes all of a run into one safetensors file, whole or not at all: PyTorch's keys under `model.` and `optimizer.`. */
export async function saveCheckpoint(path: string, parts: Parts, position: Position): Promise<void> {
  const { model, optimizer, loader, schedule, earlyStopping } = parts;
  const { settings, tensors } = optimizer.stateDict();
  const state: State = {
    ...position,
    optimizer: settings,
    loader: loader.state(),
    generator: defaultGenerator.state(),
    schedule: schedule?.stateDict(),
    earlyStopping: earlyStopping?.stateDict(),
  };
  const entries = new Map([...nn.withPrefix('model', model.stateDict()), ...nn.withPrefix('optimizer', tensors)]);
  try {
    await nn.saveSafetensors(path, entries, { run: JSON.stringify(state) });
  } finally {
    entries.forEach((tensor) => tensor.dispose());
  }
}

/** @throws Error, one sentence, for a file that is damaged or no checkpoint */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const { tensors, metadata } = await nn.loadSafetensors(path).catch((error: Error) => {
    throw new Error(`${path} cannot be read: ${error.message}`, { cause: error });
  });
  const state = parseState(metadata['run']);
  if (!state) throw new Error(`${path} holds no run to resume; it was not written by this program`);
  return { tensors, state };
}

/** Puts every part where it was. The generator comes last: nothing draws from it in between. */
export function restore({ state, tensors }: Checkpoint, parts: Parts): void {
  parts.model.loadStateDict(nn.withoutPrefix('model', tensors));
  parts.optimizer.loadStateDict({ settings: state.optimizer, tensors: nn.withoutPrefix('optimizer', tensors) });
  parts.loader.setState(state.loader);
  parts.schedule?.loadStateDict(state.schedule as never);
  parts.earlyStopping?.loadStateDict(state.earlyStopping as never);
  defaultGenerator.setState(state.generator);
}

/** Undefined for what `saveCheckpoint` did not write. */
function parseState(text = ''): State | undefined {
  try {
    const state = JSON.parse(text) as Partial<State>;
    const { step, metricsSize, optimizer, loader, generator } = state;
    const isWhole = typeof step === 'number' && typeof metricsSize === 'number' && optimizer && loader && generator;
    return isWhole ? (state as State) : undefined;
  } catch {
    return undefined;
  }
}
