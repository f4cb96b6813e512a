// npm run check, after the build: every `check:...` of package.json, as many at a time as there are cores. What one of them printed is
// shown when it ends. Ends with 1 when one fails.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

function run(name: string): Promise<boolean> {
  const started = performance.now();
  const child = spawn(`npm run --silent ${name}`, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => void printed.push(chunk));
  return new Promise((resolve) =>
    child.on('close', (code) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(0);
      process.stdout.write(Buffer.concat(printed));
      console.log(`${name} ${code === 0 ? 'passed' : 'FAILED'}, ${seconds} s\n`);
      resolve(code === 0);
    }),
  );
}

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
const left = Object.keys(scripts).filter((name) => name.startsWith('check:'));
const failed: string[] = [];

async function work(): Promise<void> {
  for (let name = left.shift(); name !== undefined; name = left.shift()) if (!(await run(name))) failed.push(name);
}

await Promise.all(Array.from({ length: availableParallelism() }, work));
if (failed.length > 0) console.log(`failed: ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
