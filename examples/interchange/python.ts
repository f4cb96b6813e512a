import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** Runs natten.py. @throws Error, one sentence, when there is no Python with NumPy, or with what it printed */
export async function runPython(python: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await new Promise<{ code: number | null; stderr: string }>((resolve, reject) => {
    const child = spawn(python, [join(import.meta.dirname, 'natten.py'), ...args], {
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.on('error', (error) =>
      reject(new Error(`${python} cannot be started: ${error.message}; --python names another, it needs NumPy`)),
    );
    child.on('close', (code) => resolve({ code, stderr }));
  });
  if (code === 0) return;
  if (stderr.includes("No module named 'numpy'"))
    throw new Error(`${python} has no NumPy; \`apt-get install python3-numpy\` brings it, or --python names another`);
  throw new Error(`${python} failed: ${stderr.trim()}`);
}
