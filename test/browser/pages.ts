import { build } from 'esbuild';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** The pages and their scripts, by path. Each page has a promise of its report in the global `report`. */
export async function pages(): Promise<Record<string, string>> {
  return {
    '/files.html': page('/files.js'),
    '/files.js': script('/dist/index.js', '/dist/nn/index.js', '/program.js'),
    '/program.js': await bundle("export { run } from './test/browser/program.ts';"),
    '/bundle.html': page('/bundle.js'),
    '/bundle.js': await bundle(script('./dist/index.js', './dist/nn/index.js', './test/browser/program.ts')),
    '/worker.html': page('/worker.js'),
    '/worker.js': `
      const worker = new Worker('/inner.js', { type: 'module' });
      export const report = await new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
      });`,
    '/inner.js': "import { report } from '/files.js'; postMessage(report);",
  };
}

const page = (module: string): string => `<!doctype html><link rel="icon" href="data:,">
  <script type="module">globalThis.report = import('${module}').then(({ report }) => report);</script>`;

const script = (index: string, nn: string, program: string): string => `
  import * as vicinal from '${index}';
  import * as nn from '${nn}';
  import { run } from '${program}';
  export const report = await run(vicinal, nn);`;

async function bundle(contents: string): Promise<string> {
  const stdin = { contents, resolveDir: root };
  const { outputFiles } = await build({
    stdin,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    external: ['gpu.js'], // as in a project that has it not
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}
