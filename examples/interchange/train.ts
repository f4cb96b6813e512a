// A model trained here is read by Python, and one that Python wrote is read here. `npm run interchange -- --help`

import { scope } from 'vicinal';
import * as nn from 'vicinal/nn';
import { loadDigits } from '../digits/data.ts';
import { command, openRun, real, whole } from '../training/index.ts';
import { exchange } from './exchange.ts';
import { drawAgreement } from './figure.ts';
import { Portable } from './model.ts';

const program = {
  about: 'Trains a small NAT, has Python compute its logits from the file, and loads what Python wrote.',
  command: 'npm run interchange --',
  folder: import.meta.dirname,
  flags: {
    epochs: whole(2, 'passes over the training digits', { max: 1000 }),
    batch: whole(64, 'digits per step', { max: 60_000 }),
    lr: real(3e-3, 'highest learning rate', { min: 1e-8, max: 1 }),
    limit: whole(20_000, 'train on the first N digits only', { max: 60_000 }),
  },
  texts: { python: ['PATH', 'a Python with NumPy (python3)'] },
} as const;

await command(program, async (options) => {
  await using run = await openRun(options);
  const { epochs, batch, lr, limit } = run.settings;
  const digits = await loadDigits('train', limit);
  const model = new Portable();
  const loader = new nn.data.DataLoader(digits, { batchSize: batch, shuffle: true, dropLast: true });
  if (loader.length === 0)
    throw new Error(`--batch ${batch} is more than the ${digits.size} digits; use a smaller batch`);
  const totalSteps = epochs * loader.length;
  const optimizer = new nn.optim.AdamW(nn.optim.decayGroups(model, 0.05), { lr });
  const schedule = new nn.optim.CosineSchedule(optimizer, { totalSteps, warmupSteps: Math.ceil(totalSteps / 20) });
  await run.begin({ model, optimizer, loader, schedule }, { totalSteps, samplesPerStep: batch });

  while (!run.isOver) {
    for await (const { image, label } of loader) {
      using loss = scope(() => {
        optimizer.zeroGrad();
        const loss = nn.crossEntropy(model.forward(image), label);
        loss.backward();
        optimizer.step();
        schedule.step();
        return loss;
      });
      run.logStep({ loss: await loss.item() });
      if (run.isInterrupted) break;
    }
    await run.save();
  }
  if (run.isInterrupted) return run.report(run.howToGoOn);

  const { ours, theirs, result } = await exchange(model, (name) => run.path(name), options.texts.python ?? 'python3');
  await run.write('agreement.svg', drawAgreement(ours, theirs));
  await run.report(`${result}, in ${run.seconds} s`, ['agreement.svg']);
});
