// Which processes take part: ours on each Node at hand, and the peers, installed on demand.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { Seat } from '../player.ts';

const built = (name: string): string => `bench/dist/${name}.js`;

interface Engine {
  readonly node: number;
  readonly program: string;
}

export function engineOf(program: string): Engine {
  const version = spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout;
  return { node: Number(/^v(\d+)/.exec(version)?.[1]), program };
}

export const oursOn = ({ node, program }: Engine): Seat => {
  return { library: 'vicinal', node, isWide: false, command: [program, built('ours')] };
};

/** Ours on every engine and revectorised on the newest; the peers on the engines that a mark may ask for. */
export function allSeats(engines: readonly Engine[]): Seat[] {
  const newest = engines[0]!;
  const peer = (library: string, file: string, { node, program }: Engine): Seat => {
    return { library, node, isWide: false, command: [program, built(file)] };
  };
  const native: Seat = { library: 'PyTorch', node: 0, isWide: false, command: [python(), 'bench/peers/native.py'] };
  return [
    ...engines.map(oursOn),
    { ...oursOn(newest), isWide: true, command: [newest.program, built('ours'), '--wide'] },
    ...engines.map((engine) => peer('tfjs-wasm', 'tfjs', engine)),
    peer('jax-js', 'jax', newest),
    peer('ort-web', 'onnx', newest),
    native,
  ];
}

/** A Python that has PyTorch, else one that has numpy, else the first: it will say what is missing. */
function python(): string {
  const candidates = ['python3', '/usr/bin/python3'];
  const having = (module: string): string | undefined =>
    candidates.find((program) => spawnSync(program, ['-c', `import ${module}`]).status === 0);
  return having('torch') ?? having('numpy') ?? candidates[0]!;
}

/** Puts the peers into bench/node_modules, if they are not there; without their install scripts. */
export function installPeers(): void {
  const { dependencies } = JSON.parse(readFileSync('bench/package.json', 'utf8')) as { dependencies: object };
  if (Object.keys(dependencies).every((name) => existsSync(`bench/node_modules/${name}`))) return;
  console.log('installing the peers into bench/node_modules, about 480 MB (bench/package.json says which)');
  const flags = ['--ignore-scripts', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', ['install', ...flags], { cwd: 'bench', stdio: 'inherit' });
  if (status !== 0) console.log('npm could not install them; those that are missing do not take part');
}
