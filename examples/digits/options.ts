import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { DeviceName } from 'vicinal';

const usage = `Trains a small neighborhood-attention network on the 60,000 handwritten digits of MNIST.

  npm run digits -- [flags]

  --epochs N          passes over the training digits (3)
  --batch N           digits per step (64)
  --lr X              highest learning rate (0.003)
  --seed N            of the weights, the order and the shifts (1)
  --limit N           train on the first N digits only
  --device NAME       cpu, webgpu, or auto for the best that starts (cpu)
  --threads N         worker threads of the cpu (all cores)
  --checkpoint FILE   where the model is kept (examples/digits/out/digits.safetensors)
  --chart FILE        where the loss curve is drawn (examples/digits/out/loss.svg)
  --resume            go on from the checkpoint, bit for bit
  --predict IMAGE     say which digit a picture shows, with the checkpoint's model
  --help              this text

Ctrl-C stops after the step in progress and leaves a checkpoint to resume from.`;

export interface Options {
  readonly epochs: number;
  readonly batch: number;
  readonly lr: number;
  readonly seed: number;
  readonly limit: number;
  readonly device: DeviceName | 'auto';
  readonly threads: number | undefined;
  readonly checkpoint: string;
  readonly chart: string;
  readonly resume: boolean;
  readonly predict: string | undefined;
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;
const out = join(import.meta.dirname, 'out');

/** The flags as they were typed. */
function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        epochs: text,
        batch: text,
        lr: text,
        seed: text,
        limit: text,
        device: text,
        threads: text,
        checkpoint: text,
        chart: text,
        predict: text,
        resume: flag,
        help: flag,
      },
    }).values;
  } catch (error) {
    const [reason] = (error as Error).message.split(/\.\s/); // Node's own advice takes up to two more sentences
    throw new Error(`${reason}; --help lists the flags`, { cause: error });
  }
}

/** The flags of the command line, checked; undefined when only help was wanted. */
export function readOptions(args: string[]): Options | undefined {
  const values = parse(args);
  if (values.help) {
    console.log(usage);
    return undefined;
  }
  const number = (
    name: 'epochs' | 'batch' | 'lr' | 'seed' | 'limit' | 'threads',
    isWhole = true,
  ): number | undefined => {
    const given = values[name];
    if (given === undefined) return undefined;
    const value = Number(given);
    if (
      given.trim() !== '' &&
      (isWhole ? Number.isSafeInteger(value) && value >= 1 : value > 0 && Number.isFinite(value))
    )
      return value;
    throw new Error(`--${name} is '${given}'; it must be ${isWhole ? 'an integer >= 1' : 'a number above 0'}`);
  };
  return {
    epochs: number('epochs') ?? 3,
    batch: number('batch') ?? 64,
    lr: number('lr', false) ?? 3e-3,
    seed: number('seed') ?? 1,
    limit: number('limit') ?? 60_000,
    device: (values.device ?? 'cpu') as Options['device'],
    threads: number('threads'),
    checkpoint: values.checkpoint ?? join(out, 'digits.safetensors'),
    chart: values.chart ?? join(out, 'loss.svg'),
    resume: values.resume,
    predict: values.predict,
  };
}
