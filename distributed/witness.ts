// MPICH's mpiexec tells the process that was killed, but not its rank, and kills the others within milliseconds: none of them
// could say it. A process beside them does: each rank holds a connection to it, which the system closes when the rank dies.

import type { Socket } from 'node:net';
import type { Launch } from './launch.ts';
import type { World } from './world.ts';
import { Comparison } from './comparison.ts';

/** Milliseconds in which a rank must reach the witness; one that cannot is not watched. */
const patience = 2000;

/**
 * Of each connection, the first line shows that it is a rank's, the second says whose, the third in how many milliseconds the rank
 * ends the job itself. The witness ends with the job, or with rank 0, which holds its standard input.
 */
const program = `
const { writeSync } = require('node:fs');
const token = process.argv[1];
process.stdin.resume().on('end', () => setTimeout(() => process.exit(), 1000));
const server = require('node:net').createServer((socket) => {
  let text = '';
  let lines = [];
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    text += chunk;
    lines = text.split('\\n').slice(0, -1);
    if (lines.length > 0 && lines[0] !== token) socket.destroy();
    else if (lines.length === 1) socket.write('seen');
    else if (lines.length === 3) setTimeout(() => process.exit(), Number(lines[2]));
  });
  socket.on('close', () => {
    if (lines.length !== 2) return;
    writeSync(2, 'vicinal: ' + lines[1] + ' was killed or crashed\\n');
    process.exit();
  });
});
server.listen(0, () => writeSync(1, String(server.address().port)));`;

/** How the witness is reached: what it knows a rank by, its port, and its addresses. */
type Place = readonly [token: string, port: string, ...addresses: string[]];

/** Started by rank 0, before MPI has what a child would share. Null where none is needed, or can be had. */
export async function startWitness({ family, rank, size }: Launch): Promise<Place | null> {
  const isNode = /\bnode(js)?$/.test(process.execPath); // and no program that has Node within it, which would start itself
  if (family !== 'MPICH' || rank > 0 || size === 1 || !isNode) return null;
  const { spawn } = process.getBuiltinModule('node:child_process');
  const token = process.getBuiltinModule('node:crypto').randomUUID();
  const child = spawn(process.execPath, ['-e', program, token], {
    detached: true, // else mpiexec kills it with rank 0
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const port = await new Promise<string>((resolve, reject) => {
    child.on('error', reject).on('exit', reject);
    child.stdout.once('data', (chunk) => resolve(String(chunk)));
  }).catch(() => null);
  child.unref();
  child.stdout.destroy();
  (child.stdin as Socket).unref();
  const own = Object.values(process.getBuiltinModule('node:os').networkInterfaces()).flatMap((all) => all ?? []);
  const addresses = own.map(({ address }) => address).filter((address) => !address.startsWith('fe80'));
  // As many as a comparison's text has room for, the shortest first.
  return port === null ? null : [token, port, ...addresses.sort((a, b) => a.length - b.length).slice(0, 4)];
}

/** Made by all ranks together: shows this one to rank 0's witness, and resolves to what tells it that this one ends the job. */
export async function meetWitness(world: World, place: Place | null): Promise<World['tellWitness']> {
  const [text] = await new Comparison(world, world.control, 'init', place?.join(' ') ?? '').texts();
  const [token, port, ...addresses] = text!.split(' ') as [string, string, ...string[]];
  const { connect } = process.getBuiltinModule('node:net');
  const sockets = addresses.map((host) => connect({ host, port: Number(port) }));
  const reached = await Promise.any(sockets.map((socket) => seen(socket, token))).catch(() => null);
  for (const socket of sockets) if (socket !== reached) socket.destroy();
  const { rank, size } = world.all;
  const host = process.getBuiltinModule('node:os').hostname();
  reached?.write(`rank ${rank} of ${size} on ${host} ends the job: its process, ${process.pid},\n`);
  return (milliseconds) => reached?.write(`${milliseconds}\n`);
}

/** Resolves when the witness has answered, on a connection that keeps no process alive. */
function seen(socket: Socket, token: string): Promise<Socket> {
  socket.setTimeout(patience, () => socket.destroy());
  return new Promise((resolve, reject) => {
    socket.on('error', reject).on('close', reject);
    socket.once('connect', () => socket.write(`${token}\n`));
    socket.once('data', () => resolve(socket.setTimeout(0).unref()));
  });
}
