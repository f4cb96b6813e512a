import { join } from 'node:path';
import { defineConfig } from 'vite';
import { contentPolicy } from './build/contentPolicy.ts';
import { prepareDigits } from './build/digits.ts';

/** With these two, threads may share memory; without them the page works on one thread. */
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
const out = join(import.meta.dirname, 'out');

export default defineConfig(async () => {
  await prepareDigits(join(out, 'public/digits'));
  return {
    root: import.meta.dirname,
    base: './', // the built page works from any folder
    publicDir: join(out, 'public'),
    build: { outDir: join(out, 'site'), emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 1200 },
    worker: { format: 'es' as const },
    plugins: [contentPolicy()],
    server: { headers },
    preview: { headers },
  };
});
