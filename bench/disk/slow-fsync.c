/*
 * Makes a disk slower than it is, for a program that is started with this library in LD_PRELOAD: every fsync and
 * fdatasync waits first, for as many microseconds as SLOW_FSYNC_US says.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

typedef int sync_function(int file);

static void wait_first(void) {
  const char *text = getenv("SLOW_FSYNC_US");
  long micros = text == NULL ? 0 : atol(text);
  struct timespec pause = {micros / 1000000, micros % 1000000 * 1000};
  nanosleep(&pause, NULL);
}

int fsync(int file) {
  static sync_function *real;
  if (real == NULL) real = (sync_function *)dlsym(RTLD_NEXT, "fsync");
  wait_first();
  return real(file);
}

int fdatasync(int file) {
  static sync_function *real;
  if (real == NULL) real = (sync_function *)dlsym(RTLD_NEXT, "fdatasync");
  wait_first();
  return real(file);
}
