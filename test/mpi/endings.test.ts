import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchers, Programs } from './job.ts';

const programs = new Programs();
beforeAll(() => programs.bundle(['endings']));
afterAll(() => programs.remove());

describe.each(launchers)('a job on $name', (launcher) => {
  const endsBy = (rank: number, reason: string): RegExp =>
    new RegExp(`^vicinal: rank ${rank} of 3( on \\S+)? ends the job: ${reason}`, 'gm');
  const killed = (rank: number): RegExp =>
    launcher.name === 'Open MPI'
      ? new RegExp(`rank ${rank} with PID \\d+ on node \\S+ exited on signal 9 \\(Killed\\)`, 'g')
      : endsBy(rank, 'its process, \\d+, was killed or crashed');
  // Open MPI may see it first.
  const absent = /exiting improperly|ends the job: init: it has waited 2 s for the others to join/g;

  // Each within seconds, though the other two ranks wait for the third in a call.
  test.concurrent.each([
    { way: 'throws', says: endsBy(2, 'RangeError: the loss is NaN\\n +at ') },
    { way: 'rejects', says: endsBy(2, 'RangeError: nobody catches this') },
    { way: 'exits', says: endsBy(2, 'it exited with code 3') },
    { way: 'hurries', says: endsBy(2, 'it exited while a call was in progress') },
    { way: 'aborts', says: endsBy(2, 'the disk is full') },
    { way: 'killed', says: killed(2) },
    {
      way: 'leaves',
      says: /ends the job: DistributedError: allReduce: rank 2 has ended, while rank [01] waits for it/g,
    },
    { way: 'absent', says: absent },
    {
      way: 'mismatch',
      says: endsBy(
        0,
        'DistributedError: allReduce: rank 0 calls allReduce\\(float32 \\[1000\\], sum\\), but rank 2 calls allGather',
      ),
    },
    { way: 'ways', says: endsBy(0, 'DistributedError: .*float32 \\[1000\\], sum.*rank 2 .*float32 \\[1000\\], max') },
    { way: 'shapes', says: endsBy(0, 'DistributedError: .*float32 \\[1000\\], sum.*rank 2 .*float32 \\[999\\], sum') },
  ])('of which one rank $way ends with a reason', async ({ way, says }) => {
    const { code, stderr, stdout, seconds } = await programs.run(launcher, 3, 'endings', {
      args: [way, '2'],
      seconds: 30,
    });
    expect(code).not.toBe(0);
    expect(seconds).toBeLessThan(20); // seconds, but for machines that are busy
    expect(stderr + stdout).toMatch(says);
    const reasons = [...(stderr + stdout).matchAll(/ends the job|exited on signal/g)];
    if (way !== 'leaves' && way !== 'absent') expect(reasons.length).toBeLessThan(2);
  });

  test.concurrent('of which rank 0 is killed names it', async () => {
    const { code, stderr, stdout } = await programs.run(launcher, 3, 'endings', { args: ['killed', '0'] });
    expect(code).not.toBe(0);
    expect(stderr + stdout).toMatch(killed(0));
  });

  test.concurrent('waits for a rank that is late, and leaves WebAssembly its traps', async () => {
    const { code, stdout, stderr } = await programs.run(launcher, 2, 'endings', { args: ['late', '1'] });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').toSorted()).toEqual([
      '',
      ...['ended well', 'memory access out of bounds', 'sum 2'].flatMap((line) => [line, line]),
    ]);
  });

  test.concurrent('lets a rank leave whose part another still passes on', async () => {
    const { code, stdout, stderr } = await programs.run(launcher, 5, 'endings', { args: ['relays', '4'] });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.match(/^got 1$/gm)).toHaveLength(5);
  });

  test.concurrent('may be left before the process ends', async () => {
    const { code, stdout, stderr } = await programs.run(launcher, 2, 'endings', { args: ['finalized', '1'] });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').toSorted()).toEqual([
      '',
      ...[
        'ended well',
        'finalize: a call is in progress; await it first',
        'rank: the process belongs to no job; call await init() first',
      ].flatMap((line) => [line, line]),
    ]);
  });
});
