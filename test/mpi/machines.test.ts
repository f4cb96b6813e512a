// Two machines: network namespaces with addresses and host names of their own, between which there is TCP alone.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collect, environment, launchers, Programs, type Launcher } from './job.ts';

const machines = ['a', 'b'].map((letter, i) => ({
  space: `vicinal-${process.pid}-${letter}`,
  link: `vic${process.pid % 1e6}${letter}`,
  host: `machine-${letter}`,
  address: `10.77.0.${i + 1}`,
}));

/** Runs what follows on the machine. */
const on = ({ space, host }: (typeof machines)[number]): string[] => [
  'ip',
  'netns',
  'exec',
  space,
  'unshare',
  '--uts',
  'sh',
  '-c',
  `hostname ${host}; exec "$@"`,
  'sh',
];

/** Why there can be no such machines here; null when they are made. */
function make(): string | null {
  const [first, second] = machines as [(typeof machines)[number], (typeof machines)[number]];
  const ip = (...args: string[]): string[] => ['ip', ...args];
  const commands = [
    ...machines.map(({ space }) => ip('netns', 'add', space)),
    ip(
      'link',
      'add',
      first.link,
      'netns',
      first.space,
      'type',
      'veth',
      'peer',
      'name',
      second.link,
      'netns',
      second.space,
    ),
    ...machines.flatMap(({ space, link, address }) => [
      ip('-n', space, 'addr', 'add', `${address}/24`, 'dev', link),
      ip('-n', space, 'link', 'set', link, 'up'),
      ip('-n', space, 'link', 'set', 'lo', 'up'),
    ]),
    [...on(first), 'true'],
  ];
  for (const [command, ...args] of commands) {
    const { status, stderr, error } = spawnSync(command!, args, { encoding: 'utf8' });
    if (status !== 0) return `${command} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`;
  }
  return null;
}

function unmake(): void {
  for (const { space } of machines) spawnSync('ip', ['netns', 'delete', space]);
}

const reason = launchers.length > 0 ? make() : 'there is no MPI';
if (reason) {
  unmake();
  console.warn(`No machines as network namespaces here, their test is skipped: ${reason}`);
}

describe.runIf(reason === null)('two machines', () => {
  const programs = new Programs();
  const folder = mkdtempSync(join(tmpdir(), 'vicinal-machines-'));
  const [hosts, agent] = [join(folder, 'hosts'), join(folder, 'agent')];

  beforeAll(async () => {
    await programs.bundle(['machines']);
    // In place of ssh: `agent [-x] ADDRESS COMMAND ...`.
    const cases = machines.map(
      ({ address, ...machine }) => `${address}) exec ${quoted(on({ address, ...machine }))} sh -c "$*";;`,
    );
    writeFileSync(
      agent,
      `#!/bin/sh\n[ $1 = -x ] && shift\naddress=$1; shift\ncase $address in\n${cases.join('\n')}\nesac\n`,
    );
    chmodSync(agent, 0o755);
  });
  afterAll(() => {
    unmake();
    programs.remove();
    rmSync(folder, { recursive: true });
  });

  /** Of two ranks on each machine, started from the first. */
  const flags = {
    'Open MPI': () => {
      const parameters = {
        plm_rsh_agent: agent,
        btl: 'tcp,self',
        btl_tcp_if_include: '10.77.0.0/24',
        oob_tcp_if_include: '10.77.0.0/24',
      };
      writeFileSync(hosts, machines.map(({ address }) => `${address} slots=2\n`).join(''));
      const mca = Object.entries(parameters).flatMap(([name, value]) => ['--mca', name, value]);
      return ['--hostfile', hosts, ...mca];
    },
    MPICH: () => {
      writeFileSync(hosts, machines.map(({ address }) => `${address}:2\n`).join(''));
      return ['-f', hosts, '-localhost', machines[0]!.address, '-launcher', 'ssh', '-launcher-exec', agent];
    },
  };
  const run = (launcher: Launcher, ...args: string[]): ReturnType<typeof collect> => {
    const mpirun = [launcher.command, ...launcher.flags, ...flags[launcher.name](), '-n', '4'];
    const program = [process.execPath, programs.path('machines'), ...args];
    const [command, ...words] = [...on(machines[0]!), ...mpirun, ...program];
    return collect(command!, words, environment, 40);
  };

  test.each(launchers)('of two ranks each find each other over TCP by $name', async (launcher) => {
    const { code, stdout, stderr } = await run(launcher);
    const notes = stderr.replace(/^.*plm:rsh: Warning: setpgid.*\n/m, ''); // of Open MPI's parent, when its child is faster
    expect({ code, notes }).toEqual({ code: 0, notes: '' });
    const reports = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { rank: number });
    expect(reports.toSorted((a, b) => a.rank - b.rank)).toEqual(
      [0, 1, 2, 3].map((rank) => {
        const { host, address } = machines[Math.floor(rank / 2)]!;
        const local = { localRank: rank % 2, localSize: 2, isShared: true };
        return { rank, size: 4, ...local, host, addresses: [address], total: 1_200_000 };
      }),
    );
  });

  test.each(launchers)(
    'end together with the name of the rank that was killed on the other, by $name',
    async (launcher) => {
      const { code, stdout, stderr } = await run(launcher, '3');
      expect(code).not.toBe(0);
      const says = {
        'Open MPI': /rank 3 with PID \d+ on node \S+ exited on signal 9 \(Killed\)/,
        MPICH: /rank 3 of 4 on machine-b ends the job: its process, \d+, was killed or crashed/,
      };
      expect(stderr + stdout).toMatch(says[launcher.name]);
    },
  );
});

function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(' ');
}
