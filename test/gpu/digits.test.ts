// The digits example on WebGPU, as a user runs it.

import { afterAll, describe, expect, test } from 'vitest';
import { digits, lossesOf, quickRun, removeFolder, whySkipped } from '../training/digitsRun.ts';

afterAll(removeFolder);

describe.skipIf(whySkipped)(`the digits example${whySkipped}`, () => {
  test('its losses are those of the cpu, through Ctrl-C and --resume', async () => {
    // A GPU in software is slow: two digits a step, and no test digits after the last of 56 steps.
    const few = ['--limit', '112', '--batch', '2', '--epochs', '1', '--lr', '0.0005'];
    const onCpu = digits([...quickRun('cpu'), ...few]);
    const first = await digits([...quickRun('webgpu'), ...few, '--device', 'webgpu'], {
      interruptAt: /^6\/56 /m,
      timeout: 150_000,
    });
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(lossesOf('webgpu').length).toBeLessThan(50);
    const second = await digits([...quickRun('webgpu'), ...few, '--device', 'auto', '--resume'], {
      interruptAt: /^51\/56 /m,
      timeout: 250_000,
    });
    expect(second).toMatchObject({ code: 0, stderr: '' });
    for (const { stdout } of [first, second])
      expect(stdout).toMatch(/ parameters on webgpu on .+; the run is kept in /);
    expect(await onCpu).toMatchObject({ code: 0, stderr: '' });
    const [losses, expected] = ['webgpu', 'cpu'].map((name) => lossesOf(name).slice(0, 50));
    expect(losses).toHaveLength(50);
    losses!.forEach((loss, i) => expect(Math.abs(loss / expected![i]! - 1), `step ${i + 1}`).toBeLessThan(5e-4));
  }, 400_000);

  test('--device auto takes the cpu where there is no GPU, and says why', async () => {
    const env = { VK_DRIVER_FILES: '/none' };
    const { code, stdout, stderr } = await digits([...quickRun('auto'), '--device', 'auto'], { env });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^vicinal: 'cpu', not 'webgpu': device: WebGPU found no adapter; .*$/m);
    expect(stdout).toMatch(/ parameters on 1 thread; /);
  });
});
