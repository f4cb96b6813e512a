import { device, manualSeed, randint, scope, setDefaultDevice, type DeviceName } from 'vicinal';
import * as nn from 'vicinal/nn';
import { DigitNat } from '../../examples/digits/model.ts';

/** The losses of a few steps of the digits example's network on made-up digits, the same for Node and a page. */
export async function train(name: DeviceName): Promise<number[]> {
  setDefaultDevice(await device(name));
  manualSeed(1);
  const model = new DigitNat();
  const optimizer = new nn.optim.AdamW(nn.optim.decayGroups(model, 0.05), { lr: 1e-3 });
  const [images, labels] = [randint(0, 256, [2, 1, 28, 28]), randint(0, 10, [2])];
  const losses: number[] = [];
  for (let step = 0; step < 4; step++) {
    using loss = scope(() => {
      optimizer.zeroGrad();
      const loss = nn.crossEntropy(model.forward(images), labels, { labelSmoothing: 0.05 });
      loss.backward();
      optimizer.step();
      return loss;
    });
    losses.push(await loss.item());
  }
  return losses;
}
