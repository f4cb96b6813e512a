// Takes noise out of photographs with neighborhood attention. `npm run photograph -- --help`

import { Generator, noGrad, scope, tensor } from 'vicinal';
import * as nn from 'vicinal/nn';
import { command, openRun, real, whole } from '../training/index.ts';
import { cropOf, loadPhotograph, noisyCrops, withNoise } from './data.ts';
import { Denoiser } from './model.ts';
import { psnr, psnrOfBestBlur, sideBySide } from './picture.ts';

const program = {
  about: 'Trains a denoiser on three photographs and tries it on a fourth.',
  command: 'npm run photograph --',
  folder: import.meta.dirname,
  flags: {
    epochs: whole(1, 'passes over the crops', { max: 1000 }),
    batch: whole(8, 'crops per step', { max: 1000 }),
    lr: real(2e-3, 'highest learning rate', { min: 1e-8, max: 1 }),
    crops: whole(8000, 'random crops of 32 × 32 pixels to train on', { max: 1_000_000 }),
    sigma: whole(25, 'standard deviation of the noise, where white is 255', { max: 255 }),
  },
} as const;

await command(program, async (options) => {
  await using run = await openRun(options);
  const { epochs, batch, lr, crops, sigma, seed } = run.settings;
  const photographs = await Promise.all(
    ['black-canyon', 'french-alpine-landscape', 'allium-oreophilum'].map(loadPhotograph),
  );
  const boats = await loadPhotograph('nagasaki-boats');
  const model = new Denoiser();
  const training = noisyCrops(photographs, { count: crops, size: 32, sigma: sigma / 255, seed });
  const loader = new nn.data.DataLoader(training, { batchSize: batch, shuffle: true, dropLast: true });
  if (loader.length === 0) throw new Error(`--batch ${batch} is more than the ${crops} crops; use a smaller batch`);
  const totalSteps = epochs * loader.length;
  const optimizer = new nn.optim.AdamW(nn.optim.decayGroups(model, 0.01), { lr });
  const schedule = new nn.optim.CosineSchedule(optimizer, { totalSteps, warmupSteps: Math.ceil(totalSteps / 20) });
  await run.begin({ model, optimizer, loader, schedule }, { totalSteps, samplesPerStep: batch });

  while (!run.isOver) {
    for await (const { clean, noisy } of loader) {
      using loss = scope(() => {
        optimizer.zeroGrad();
        const loss = nn.mseLoss(model.forward(noisy), clean);
        loss.backward();
        nn.optim.clipGradNorm(model.parameters(), 1);
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

  // The same weights take a picture of any size.
  const size = 192;
  const clean = cropOf(boats, { x: 400, y: 250, size });
  const noisy = withNoise(clean, sigma / 255, new Generator(seed));
  model.eval();
  using restored = noGrad(() => scope(() => model.forward(tensor(noisy, { shape: [1, 3, size, size] }))));
  const after = (await restored.data()) as Float32Array;
  const ofBlur = await psnrOfBestBlur(noisy, clean, size);
  await run.write('before-after.jpg', await sideBySide([noisy, after, clean], size));
  const result = `PSNR ${psnr(noisy, clean).toFixed(2)} dB before, ${psnr(after, clean).toFixed(2)} dB after`;
  await run.report(`${result} (the best blur: ${ofBlur.toFixed(2)} dB), in ${run.seconds} s`, ['before-after.jpg']);
});
