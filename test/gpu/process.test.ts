// Programs as users start them: they end by themselves, and say what is missing.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const withoutDriver = { VK_DRIVER_FILES: '/nowhere/driver.json' };

/** What a Node process writes until it ends by itself. */
function node(args: string[], env: Record<string, string> = {}): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...env }, timeout: 50_000 });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => resolve({ code, output: output.trim() }));
  });
}

function program(text: string, env?: Record<string, string>, ...flags: string[]): ReturnType<typeof node> {
  return node(['--import', 'tsx', ...flags, '--input-type=module', '-e', text], env);
}

describe('a program ends by itself', () => {
  test('whatever is collected meanwhile: what Dawn gave stays for the life of the process', async () => {
    const text = `
      import { device, grad, randn, scope } from './index.ts';
      const gpu = await device('webgpu');
      for (let i = 0; i < 5; i++) {
        const loss = scope(() => {
          const x = randn([64, 64], { device: gpu, requiresGrad: true });
          const y = x.matmul(x).sum();
          grad(y, [x]);
          return y;
        });
        globalThis.gc();
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (!Number.isFinite(await loss.item())) throw new Error('no number');
      }
      console.log('done');
    `;
    expect(await program(text, {}, '--expose-gc')).toEqual({ code: 0, output: 'done' });
  });

  test('with work and reads that nobody waits for, and with a device that was lost', async () => {
    const text = `
      import { device, zeros } from './index.ts';
      const gpu = await device('webgpu');
      zeros([1000], { device: gpu }).add(1);
      zeros([1000], { device: gpu }).data();
      LAST
      console.log('done');
    `;
    for (const last of ['', 'gpu.device.destroy();', 'gpu.dispose();']) {
      const run = await program(text.replace('LAST', last), {}, '--unhandled-rejections=none');
      expect(run, last).toEqual({ code: 0, output: 'done' });
    }
  });
});

describe('what is missing is said', () => {
  const asking = `
    import { device } from './index.ts';
    for (const name of ['webgpu', 'auto', 'auto']) {
      const got = await device(name).catch((error) => ({ name: error.message }));
      console.log(got.name, got.info?.skipped);
    }
  `;

  test('the package webgpu', async () => {
    const hook = `export const resolve = (name, context, next) => {
      if (name === 'webgpu') throw new Error("Cannot find package 'webgpu'");
      return next(name, context);
    };`;
    const register = `import { register } from 'node:module'; register('data:text/javascript,' + ${JSON.stringify(encodeURIComponent(hook))});`;
    const flag = `data:text/javascript,${encodeURIComponent(register)}`;
    const { code, output } = await program(asking, {}, '--import', flag);
    const reason =
      "device: the npm package 'webgpu' could not be loaded (Cannot find package 'webgpu'); run npm install webgpu@0.6.2";
    expect(output.split('\n')).toEqual(
      expect.arrayContaining([`${reason} undefined`, `vicinal: 'cpu', not 'webgpu': ${reason}`]),
    );
    expect(output.split(`not 'webgpu'`).length).toBe(2); // once
    expect(code).toBe(0);
  });

  test('a driver', async () => {
    const { code, output } = await program(asking, withoutDriver);
    expect(output).toContain(
      'device: WebGPU found no adapter; is there a driver for Vulkan, Metal or Direct3D 12? VK_DRIVER_FILES can name a software one undefined',
    );
    expect(output).toContain("vicinal: 'cpu', not 'webgpu': device: WebGPU found no adapter;");
    expect(output).toMatch(/^cpu \{/m);
    expect(code).toBe(0);
  });
});

test('tests that find no adapter fail; they are not skipped', async () => {
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', 'test/gpu/dropout.test.ts'];
  const { code, output } = await node(vitest, { ...withoutDriver, NO_COLOR: '1', FORCE_COLOR: '0' });
  expect(output).toContain('DeviceError: device: WebGPU found no adapter; is there a driver');
  expect(output).toMatch(/Test Files +1 failed/);
  expect(output).not.toContain('skipped');
  expect(code).toBe(1);
});
