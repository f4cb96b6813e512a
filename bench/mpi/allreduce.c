/* MPI_Allreduce and MPI_Iallreduce of float32 in place: for each size in bytes, the best and median seconds of RUNS. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b) {
  double d = *(const double *)a - *(const double *)b;
  return d > 0 ? 1 : d < 0 ? -1 : 0;
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank, runs = atoi(argv[1]);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  double *seconds = malloc(runs * sizeof(double));
  for (int k = 2; k < argc; k++) {
    int bytes = atoi(argv[k]), count = bytes / 4;
    float *x = calloc(count, sizeof(float));
    for (int isWaiting = 0; isWaiting < 2; isWaiting++) {
      for (int i = -3; i < runs; i++) {
        MPI_Barrier(MPI_COMM_WORLD);
        double start = MPI_Wtime();
        if (isWaiting) {
          MPI_Request request;
          MPI_Iallreduce(MPI_IN_PLACE, x, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD, &request);
          MPI_Wait(&request, MPI_STATUS_IGNORE);
        } else {
          MPI_Allreduce(MPI_IN_PLACE, x, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
        }
        if (i >= 0) seconds[i] = MPI_Wtime() - start;
      }
      qsort(seconds, runs, sizeof(double), ascending);
      const char *name = isWaiting ? "MPI_Iallreduce in C" : "MPI_Allreduce in C";
      if (rank == 0) printf("{\"name\":\"%s\",\"bytes\":%d,\"best\":%g,\"median\":%g}\n", name, bytes, seconds[0], seconds[runs / 2]);
    }
    free(x);
  }
  MPI_Finalize();
  return 0;
}
