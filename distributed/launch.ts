/** That this process is one of several, as whoever started them says. */
export interface Launch {
  /** Who: for sentences. */
  readonly by: string;
  /** Which MPI it belongs to, where that can be told. */
  readonly family: 'Open MPI' | 'MPICH' | null;
  readonly rank: number;
  readonly size: number;
}

/** Such as `process.env`. */
type Environment = Readonly<Record<string, string | undefined>>;

/** The variables of each launcher, the surest first: those of Slurm are there under Open MPI's mpirun too. */
const launchers = [
  { by: "Open MPI's mpirun", family: 'Open MPI', rank: 'OMPI_COMM_WORLD_RANK', size: 'OMPI_COMM_WORLD_SIZE' },
  { by: "MPICH's mpiexec", family: 'MPICH', rank: 'PMI_RANK', size: 'PMI_SIZE' },
  { by: 'srun', family: null, rank: 'SLURM_PROCID', size: 'SLURM_STEP_NUM_TASKS' },
] as const;

/** Null for a process that was started alone. */
export function launchOf(environment: Environment): Launch | null {
  for (const { by, family, ...names } of launchers) {
    const [rank, size] = [Number(environment[names.rank]), Number(environment[names.size])];
    const isAlone = by === 'srun' && size === 1; // as every batch script is
    if (Number.isInteger(rank) && Number.isInteger(size) && !isAlone) return { by, family, rank, size };
  }
  return null;
}
