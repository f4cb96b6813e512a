import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { newerNode } from '../../../scripts/newer-node.ts';

const index = fileURLToPath(new URL('../../../index.ts', import.meta.url));
const isAble = newerNode !== undefined && process.arch === 'x64';

/** Prints what `body`, which has `vicinal`, gives back; or the error's name and message. */
function run(node: string, body: string): string {
  const script = `import * as vicinal from ${JSON.stringify(index)};
    try { console.log(JSON.stringify(await (async () => { ${body} })())); }
    catch (error) { console.log(error.name + ': ' + error.message); }`;
  const { stdout, stderr } = spawnSync(node, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  return stdout.trim() || stderr;
}

/** The bits of a product that is large enough to choose a register tile, as one number, and how it was computed. */
const product = `
  const { device, Generator, randn } = vicinal;
  const generator = new Generator(7);
  const [a, b] = [randn([150, 300], { generator }), randn([300, 170], { generator })];
  let bits;
  for (let i = 0; i < 30; i++) {
    const c = await a.matmul(b).data();
    bits = new Int32Array(c.buffer).reduce((hash, value) => Math.imul(hash, 31) + value | 0, 0);
  }
  const { simd, revectorized } = (await device('cpu')).info;
  return { bits, simd, revectorized };`;

describe('enableRevectorize', () => {
  it.runIf(isAble)('changes no bit of a product', () => {
    const plain = JSON.parse(run(newerNode!, product)) as object;
    expect(plain).toMatchObject({ simd: 'relaxed', revectorized: false });
    const twice = `vicinal.enableRevectorize(); vicinal.enableRevectorize(); ${product}`;
    expect(JSON.parse(run(newerNode!, twice))).toEqual({ ...plain, revectorized: true });
  });

  it.runIf(isAble)('refuses when the kernels are compiled', () => {
    const late = 'vicinal.zeros([2]); vicinal.enableRevectorize();';
    expect(run(newerNode!, late)).toMatch(/^DeviceError: enableRevectorize: the kernels are compiled already; call it/);
  });

  it('refuses where V8 cannot', () => {
    const old = "Object.defineProperty(process, 'version', { value: 'v22.1.0' }); vicinal.enableRevectorize();";
    expect(run(process.execPath, old)).toMatch(
      /^DeviceError: enableRevectorize: Node v22\.1\.0 on \w+ cannot do it; it needs/,
    );
    const page = 'globalThis.process = undefined; vicinal.enableRevectorize();';
    expect(run(process.execPath, page)).toMatch(/^DeviceError: enableRevectorize: only Node has this switch/);
  });
});
