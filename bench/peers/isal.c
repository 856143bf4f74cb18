/*
 * Speed of ISA-L's erasure code on one thread, encoding only.
 *
 *     isal K PARITY LENGTH SECONDS avx2|best
 *
 * Prints bytes of data (K * LENGTH) per second: the best of many short runs over SECONDS. "best" is
 * what ISA-L itself chooses on this processor. Ends with 3 where the processor has no AVX2.
 */

#include <isa-l/erasure_code.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BYTES_PER_SHORT_RUN 1000000

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static unsigned char *shard(int length) {
  unsigned char *bytes = aligned_alloc(64, (length + 63) / 64 * 64);
  for (int i = 0; i < length; i++) bytes[i] = rand();
  return bytes;
}

int main(int argc, char **argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: isal K PARITY LENGTH SECONDS avx2|best\n");
    return 2;
  }
  int k = atoi(argv[1]), parity = atoi(argv[2]), length = atoi(argv[3]);
  double seconds = atof(argv[4]);
  int avx2 = strcmp(argv[5], "avx2") == 0;
  if (avx2 && !__builtin_cpu_supports("avx2")) {
    fprintf(stderr, "the processor has no AVX2\n");
    return 3;
  }

  unsigned char *matrix = malloc((k + parity) * k);
  unsigned char *tables = malloc(k * parity * 32);
  gf_gen_cauchy1_matrix(matrix, k + parity, k);
  ec_init_tables(k, parity, matrix + k * k, tables);
  unsigned char *data[256], *code[256];
  for (int i = 0; i < k; i++) data[i] = shard(length);
  for (int i = 0; i < parity; i++) code[i] = shard(length);

  int repeats = BYTES_PER_SHORT_RUN / (k * length);
  if (repeats < 1) repeats = 1;
  double best = 1e9, start = now();
  do {
    double before = now();
    for (int i = 0; i < repeats; i++) {
      if (avx2) ec_encode_data_avx2(length, k, parity, tables, data, code);
      else ec_encode_data(length, k, parity, tables, data, code);
    }
    double taken = (now() - before) / repeats;
    if (taken < best) best = taken;
  } while (now() - start < seconds);
  printf("%.0f\n", (double)k * length / best);
  return 0;
}
