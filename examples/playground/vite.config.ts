import { defineConfig } from 'vite';

/** With these two, threads may share memory; without them the page works on one thread. */
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  root: import.meta.dirname,
  base: './', // the built page works from any folder
  publicDir: 'out/public',
  build: { outDir: 'out/site', emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 1200 },
  server: { headers },
  preview: { headers },
});
