// What the examples' training programs share, with a model of six parameters.

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EarlyStopping, openRun, real, whole, type Run } from '../../examples/training/index.ts';
import { readOptions } from '../../examples/training/flags.ts';
import { scope } from '../../index.ts';
import * as nn from '../../nn/index.ts';

const folder = fs.mkdtempSync(join(tmpdir(), 'vicinal-training-'));
const inFolder = (name: string): string => join(folder, name);
const read = (name: string): string => fs.readFileSync(inFolder(name), 'utf8');
const checkpointsOf = (name: string): string[] => fs.readdirSync(inFolder(`${name}/checkpoints`)).sort();

const said: string[] = [];
const complained: string[] = [];
beforeEach(() => {
  said.length = complained.length = 0;
  vi.spyOn(console, 'log').mockImplementation((text) => said.push(text));
  vi.spyOn(console, 'error').mockImplementation((text) => complained.push(text));
});
afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  process.exitCode = undefined;
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const program = {
  about: 'Fits a line.',
  command: 'npm run line --',
  folder,
  flags: { epochs: whole(4, 'passes', { max: 100 }), lr: real(0.1, 'rate', { min: 1e-8, max: 1 }) },
};

/** What the test wants to happen after a step. */
type AfterStep = (run: Pick<Run, 'step' | 'isInterrupted' | 'log'>) => void;

/** Epochs of three random batches, each with a validation, as the examples do it. */
async function train(flags: readonly string[], afterStep: AfterStep = () => undefined): Promise<void> {
  const options = readOptions(program, flags);
  if (options === 'help') throw new Error('not asked for');
  await using run = await openRun(options);
  const { epochs, lr } = run.settings;
  const linear = new nn.Linear(2, 2);
  const model = new nn.Sequential(linear, new nn.Dropout(0.2));
  const x = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i));
  const dataset = new nn.data.TensorDataset({ x: { shape: [12, 2], data: x } });
  const loader = new nn.data.DataLoader(dataset, { batchSize: 4, shuffle: true });
  const totalSteps = epochs * loader.length;
  const optimizer = new nn.optim.AdamW(model.parameters(), { lr });
  const schedule = new nn.optim.CosineSchedule(optimizer, { totalSteps });
  const earlyStopping = new EarlyStopping({ patience: 3, mode: 'min' });
  await run.begin({ model, optimizer, loader, schedule, earlyStopping }, { totalSteps, samplesPerStep: 4 });
  while (!run.isOver) {
    for await (const { x } of loader) {
      using loss = scope(() => {
        optimizer.zeroGrad();
        const loss = nn.mseLoss(model.forward(x), x.neg());
        loss.backward();
        optimizer.step();
        schedule.step();
        return loss;
      });
      run.logStep({ loss: await loss.item() });
      afterStep(run);
      if (run.isInterrupted) break;
    }
    if (loader.state().batch === 0) {
      const validation = Math.abs((await linear.weight.data())[0]! + 1);
      run.log({ validation });
      if (earlyStopping.update(validation)) await run.saveBest();
    }
    await run.save();
  }
  await run.report(run.isInterrupted ? run.howToGoOn : `ended after step ${run.step}`);
}

const interruptAt =
  (step: number): AfterStep =>
  (run) => {
    if (run.step === step) run.isInterrupted = true;
  };

/** Writing a checkpoint meets a disk that is full in the middle of the file. */
function fillDisk(): void {
  const { open } = fs.promises;
  vi.spyOn(fs.promises, 'open').mockImplementation(async (...args) => {
    const file = await open(...args);
    vi.spyOn(file, 'writeFile').mockImplementation(async (bytes) => {
      await file.write((bytes as Uint8Array).subarray(0, 100));
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    });
    return file;
  });
}

describe('a run', () => {
  test('keeps settings, metrics, the newest three checkpoints, the best weights and a report', async () => {
    await train(['--run', inFolder('whole')]);
    expect(fs.readdirSync(inFolder('whole')).sort()).toEqual(
      ['best.safetensors', 'checkpoints', 'metrics.jsonl', 'metrics.svg', 'report.html', 'settings.json'], // and no lock
    );
    expect(JSON.parse(read('whole/settings.json'))).toEqual({ epochs: 4, lr: 0.1, seed: 1 });
    expect(checkpointsOf('whole')).toEqual(['06', '09', '12'].map((step) => `step-00000${step}.safetensors`));
    const rows = read('whole/metrics.jsonl').trimEnd().split('\n');
    expect(rows).toHaveLength(12 + 4);
    expect(JSON.parse(rows[3]!)).toEqual({ step: 3, validation: expect.any(Number) });
    expect(read('whole/report.html')).toMatch(/<p>ended after step 12<\/p>[^]*<th>lr<\/th><td>0.1<\/td>[^]*<svg /);
    expect(said.at(-1)).toBe('ended after step 12');
    expect(complained).toEqual([]);
  });

  test('goes on bit for bit wherever it was interrupted', async () => {
    await train(['--run', inFolder('straight')]);
    for (let step = 1; step < 12; step++) {
      const name = `from-${step}`;
      await train(['--run', inFolder(name)], interruptAt(step));
      expect(said.at(-1)).toBe(`stopped after step ${step} of 12; go on with --run ${inFolder(name)} --resume`);
      await train(['--run', inFolder(name), '--resume']);
      for (const file of ['checkpoints/step-0000012.safetensors', 'best.safetensors', 'metrics.jsonl', 'metrics.svg']) {
        expect(read(`${name}/${file}`), `${file}, ${name}`).toBe(read(`straight/${file}`));
      }
    }
  });

  test('that died between checkpoints repeats the steps that were not saved', async () => {
    const death = train(['--run', inFolder('died')], (run) => {
      if (run.step === 8) throw new Error('power cut');
    });
    await expect(death).rejects.toThrow('power cut');
    expect(process.exitCode).toBe(1);
    expect(read('died/metrics.jsonl').trimEnd().split('\n')).toHaveLength(8 + 2);
    await train(['--run', inFolder('died'), '--resume']);
    expect(read('died/metrics.jsonl')).toBe(read('straight/metrics.jsonl'));
  });

  test('that diverges says so', async () => {
    const diverging = train(['--run', inFolder('nan')], (run) => run.log({ loss: NaN }));
    await expect(diverging).rejects.toThrow('loss is NaN in step 1: the training diverged; try a smaller --lr');
  });

  test('gets a folder of its own by default, and --resume takes the newest', async () => {
    await train([], interruptAt(2));
    await train([], interruptAt(5));
    expect(said.at(-1)).toMatch('stopped after step 5 of 12; go on with --resume');
    await train(['--resume']);
    expect(checkpointsOf('out/run-1').at(-1)).toBe('step-0000002.safetensors');
    expect(checkpointsOf('out/run-2').at(-1)).toBe('step-0000012.safetensors');
  });

  test('that never began leaves no folder', async () => {
    await using run = await openRun({ ...parsed(['--run', inFolder('never')]) });
    expect(fs.existsSync(inFolder('never'))).toBe(true);
    await run[Symbol.asyncDispose]();
    expect(fs.existsSync(inFolder('never'))).toBe(false);
  });
});

const parsed = (flags: string[]): Exclude<ReturnType<typeof readOptions<typeof program.flags, never>>, 'help'> =>
  readOptions<typeof program.flags, never>(program, flags) as never;

describe('a full disk', () => {
  test('costs the checkpoint only: the older ones stay, it is said, and the run goes on', async () => {
    await train(['--run', inFolder('full')], (run) => {
      if (run.step === 5) fillDisk();
      if (run.step === 7) vi.mocked(fs.promises.open).mockRestore();
    });
    expect(complained).toContainEqual(
      expect.stringMatching(
        /^step 6: no checkpoint: .*step-0000006.safetensors' does not fit on the disk; free some space; the checkpoint of step 3 is untouched$/,
      ),
    );
    expect(checkpointsOf('full')).toEqual(['03', '09', '12'].map((step) => `step-00000${step}.safetensors`));
    expect(process.exitCode).toBeUndefined();
    expect(read('full/metrics.jsonl')).toBe(read('straight/metrics.jsonl'));
  });

  test('at the end is told, with the exit code, and what is left can be resumed', async () => {
    await train(['--run', inFolder('full-end')], (run) => {
      if (run.step === 5) fillDisk();
      if (run.step === 8) run.isInterrupted = true;
    });
    expect(said.at(-1)).toMatch(/^stopped after step 8 of 12; the newest checkpoint is of step 3; go on with/);
    expect(process.exitCode).toBe(1);
    expect(checkpointsOf('full-end')).toEqual(['step-0000003.safetensors']); // and no half of one
    vi.mocked(fs.promises.open).mockRestore();
    await train(['--run', inFolder('full-end'), '--resume']);
    expect(read('full-end/metrics.jsonl')).toBe(read('straight/metrics.jsonl'));
  });

  test('keeps lines of metrics waiting', async () => {
    const { writeSync } = fs;
    let isFull = false;
    vi.spyOn(fs, 'writeSync').mockImplementation((...args: Parameters<typeof writeSync>) => {
      if (!isFull) return writeSync(...args);
      const [file, bytes, , , position] = args as unknown as [number, Buffer, number, number, number];
      writeSync(file, bytes, 0, 3, position); // some bytes still fit
      throw new Error('ENOSPC: no space left on device, write');
    });
    syncBuiltinESMExports();
    await train(['--run', inFolder('waiting')], ({ step }) => void (isFull = step >= 4 && step < 10));
    expect(read('waiting/metrics.jsonl')).toBe(read('straight/metrics.jsonl'));
    expect(complained).toEqual([
      `${inFolder('waiting/metrics.jsonl')} cannot be written, its lines wait: ENOSPC: no space left on device, write`,
    ]);
  });
});

describe('nothing that is saved is harmed by', () => {
  test('a second run in the same folder', async () => {
    const flags = ['--run', inFolder('twice')];
    let second: Promise<void> | undefined;
    await train(
      flags,
      () => void (second ??= train(flags).catch((error: Error) => void complained.push(error.message))),
    );
    await second;
    const inUse = `${inFolder('twice')} is in use by process ${process.pid}; wait until it ends, or name another folder with --run`;
    expect(complained).toEqual([inUse]);
    const holds = `${inFolder('twice')} holds a run already; go on with --resume, or name another folder with --run`;
    await expect(train(flags)).rejects.toThrow(holds);
    expect(read('twice/metrics.jsonl')).toBe(read('straight/metrics.jsonl'));
  });

  test('the lock of a process that died', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    fs.mkdirSync(inFolder('stale'));
    fs.writeFileSync(inFolder('stale/lock'), String(pid));
    await train(['--run', inFolder('stale')], interruptAt(1));
    expect(fs.readdirSync(inFolder('stale')).filter((name) => name.startsWith('lock'))).toEqual([]);
  });

  test('other settings, or others in the file', async () => {
    await train(['--run', inFolder('settings'), '--epochs', '2', '--lr', '0.2'], interruptAt(4));
    const go = ['--run', inFolder('settings'), '--resume'];
    await expect(train([...go, '--lr', '0.3'])).rejects.toThrow(
      `${inFolder('settings')} was started with --lr 0.2, now it is 0.3; resume with the same settings, or none`,
    );
    fs.writeFileSync(inFolder('settings/settings.json'), '{ "epochs": 2, "lr": -1, "seed": 1 }');
    await expect(train(go)).rejects.toThrow(
      `settings.json is not what a run wrote: --lr is '-1'; it must be a number from 1e-8 to 1`,
    );
    fs.writeFileSync(inFolder('settings/settings.json'), '{');
    await expect(train(go)).rejects.toThrow('settings.json is not what a run wrote: ');
  });

  test('a damaged checkpoint: the one before it serves', async () => {
    await train(['--run', inFolder('damaged')], interruptAt(8));
    const newest = inFolder('damaged/checkpoints/step-0000008.safetensors');
    fs.truncateSync(newest, 1000);
    await train(['--run', inFolder('damaged'), '--resume']);
    expect(complained).toEqual([
      expect.stringMatching(/step-0000008.safetensors cannot be read: .*; going on from the checkpoint before it$/),
    ]);
    expect(read('damaged/checkpoints/step-0000012.safetensors')).toBe(
      read('straight/checkpoints/step-0000012.safetensors'),
    );
    for (const name of checkpointsOf('damaged')) fs.truncateSync(inFolder(`damaged/checkpoints/${name}`), 10);
    await expect(train(['--run', inFolder('damaged'), '--resume'])).rejects.toThrow(
      'cannot be read: decodeSafetensors: ',
    );
  });

  test.each(['package.json', ...(process.platform === 'linux' ? ['/proc/x/y'] : [])])(
    'a folder that cannot be written: %s',
    async (path) => expect(train(['--run', path])).rejects.toThrow(`--run ${path} cannot be written: `),
  );

  test('a resume where nothing is', async () => {
    await expect(train(['--run', inFolder('nothing'), '--resume'])).rejects.toThrow(
      `${inFolder('nothing')} holds no run to resume; start one without --resume`,
    );
    expect(fs.existsSync(inFolder('nothing'))).toBe(false);
  });
});
