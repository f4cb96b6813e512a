// What init() finds: who started the process, and which MPI goes with it.

import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchOf } from '../../distributed/launch.ts';
import { collect, launchers, Programs } from './job.ts';

describe('whoever started the process is known by what it left in the environment', () => {
  test.each([
    ["Open MPI's mpirun", { OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '4' }, 'Open MPI'],
    ["Open MPI's mpirun", { OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '4', SLURM_PROCID: '0' }, 'Open MPI'],
    ["MPICH's mpiexec", { PMI_RANK: '1', PMI_SIZE: '4' }, 'MPICH'],
    ['srun', { SLURM_PROCID: '1', SLURM_STEP_NUM_TASKS: '4', SLURM_NTASKS: '4' }, null],
  ])('%s, %j', (by, environment, family) => expect(launchOf(environment)).toEqual({ by, family, rank: 1, size: 4 }));

  test.each([{}, { SLURM_PROCID: '0', SLURM_NTASKS: '4' }, { SLURM_PROCID: '0', SLURM_STEP_NUM_TASKS: '1' }])(
    'nobody: %j',
    (environment) => expect(launchOf(environment)).toBeNull(),
  );
});

describe('what is missing is said in one sentence', () => {
  const programs = new Programs();
  const elsewhere = mkdtempSync(join(tmpdir(), 'vicinal-mpi-'));
  beforeAll(async () => {
    await programs.bundle(['endings']);
    copyFileSync(programs.path('endings'), join(elsewhere, 'endings.mjs'));
  });
  afterAll(() => {
    programs.remove();
    rmSync(elsewhere, { recursive: true });
  });
  const underOpenMpi = { OMPI_COMM_WORLD_RANK: '0', OMPI_COMM_WORLD_SIZE: '2' };
  const says = async (env: object, path = programs.path('endings')): Promise<string> => {
    const { code, stderr } = await collect(process.execPath, [path, 'leaves'], { ...underOpenMpi, ...env }, 20);
    expect(code).toBe(1);
    return stderr;
  };

  test('a library that is not there', async () =>
    expect(await says({ VICINAL_MPI: '/none/libmpi.so' })).toMatch(
      /^DistributedError: init: Open MPI's mpirun started 2 processes, but no MPI library can be used \(\/none\/libmpi\.so: .*\); VICINAL_MPI must name the library of Open MPI or MPICH$/m,
    ));

  test.runIf(process.platform === 'linux')('a library that is no MPI', async () =>
    expect(await says({ VICINAL_MPI: 'libm.so.6' })).toMatch(
      /no MPI library can be used \(libm\.so\.6: Cannot find function 'MPI_Get_library_version'/,
    ),
  );

  test('koffi', async () =>
    expect(await says({}, join(elsewhere, 'endings.mjs'))).toMatch(
      /^DistributedError: init: Open MPI's mpirun started 2 processes, but the npm package 'koffi' could not be loaded \(.*\); run npm install koffi@3\.3\.4$/m,
    ));

  const libraries = { 'Open MPI': 'libmpi.so.40', MPICH: 'libmpich.so.12' };
  test.runIf(launchers.length === 2).each(launchers)(
    "another MPI's library under $name, in words",
    async (launcher) => {
      const other = launcher.name === 'MPICH' ? 'Open MPI' : 'MPICH';
      const env = { VICINAL_MPI: libraries[other] };
      const { code, stderr } = await programs.run(launcher, 2, 'endings', { args: ['leaves'], env });
      expect(code).not.toBe(0);
      const [, rank, by, found] =
        /rank (\d) .*init: (.*) started 2 processes, but (.*) \(.*\) knows of 1: it belongs to another/.exec(stderr)!;
      expect([rank, by!.includes(launcher.name), found!.includes(other)]).toEqual(['0', true, true]);
    },
  );
});
