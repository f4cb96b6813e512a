// Tensors that nobody frees: the garbage collector finds them, and in development says where they were made.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { allDevices as devices } from '../devices.ts';

/** Runs a program of this library in a process of its own, with `gc()` and `live()`, the counts that are left. */
async function run(body: string, env: Record<string, string> = {}): Promise<{ stdout: string; stderr: string }> {
  const entry = JSON.stringify(new URL('../../index.ts', import.meta.url).href);
  const program = `
    import { device as start, grad, memory, scope, tensor } from ${entry};
    async function live(device) {
      for (let i = 0; i < 5; i++) { gc(); await new Promise((resolve) => setTimeout(resolve, 10)); }
      const { tensors, bytes } = memory()[device];
      return tensors + ' tensors, ' + bytes + ' bytes';
    }
    ${body}`;
  const args = ['--expose-gc', '--import', 'tsx', '--input-type=module', '--eval', program];
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  return promisify(execFile)(process.execPath, args, { cwd, env: { ...process.env, NODE_ENV: '', ...env } });
}

describe.each(devices)('on %s', (device) => {
  test('tensors, views, gradients and whole graphs are freed with their last handle', async () => {
    const { stdout, stderr } = await run(`
      const device = '${device}';
      await start(device);
      (() => {
        tensor([1, 2, 3], { device }).detach();
        const x = tensor([1, 2, 3], { device, requiresGrad: true });
        x.mul(x).mul(2);                                  // a graph that nobody walks
        const y = x.mul(x);
        y.backward(tensor([1, 1, 1], { device }));        // a gradient, and a tape that was walked
        grad(x.mul(3), [x], { gradOutput: tensor([1, 1, 1], { device }) });
        scope(() => tensor([4], { device }));             // escaped, then forgotten
        x.grad = null;                                    // its old gradient belongs to nobody
      })();
      console.log(await live(device));`);
    expect(stderr).toBe('');
    expect(stdout.trim()).toBe('0 tensors, 0 bytes');
  });

  test('what can still be reached stays', async () => {
    const { stdout } = await run(`
      const device = '${device}';
      await start(device);
      const view = (() => tensor([1, 2, 3], { device }).slice({ axis: 0, start: 1 }))();
      const loss = (() => { const w = tensor([2], { device, requiresGrad: true }); return w.mul(w); })();
      await live(device);
      const w = loss;
      w.backward(tensor([1], { device }));
      console.log(JSON.stringify(await view.array()), JSON.stringify(await w.array()));`);
    expect(stdout.trim()).toBe('[2,3] [4]');
  });
});

test('development warns, with the shape and the line that made it; what is kept or freed does not', async () => {
  const { stderr } = await run(
    `
      function forgetful() { tensor([[1, 2]], { device: 'reference' }); }
      forgetful();
      (() => {
        const device = 'reference';
        tensor([1], { device }).keep();
        tensor([1, 2, 3], { device }).dispose();
        scope(() => { tensor([1, 2, 3, 4], { device }); });
      })();
      await live('reference');`,
    { VICINAL_DEBUG: '1' },
  );
  const warnings = stderr.split('\n').filter((line) => line.startsWith('vicinal:'));
  expect(warnings).toEqual([
    'vicinal: a float64 tensor of shape [1, 2] was never freed; use scope(), using or dispose(). It was made here:',
  ]);
  expect(stderr).toContain('forgetful');
});
