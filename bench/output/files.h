/* SPDX-License-Identifier: MIT */
/* Files that are replaced as a whole or not at all. */
#ifndef BENCH_OUTPUT_FILES_H
#define BENCH_OUTPUT_FILES_H

#include <stdio.h>

/* A writer returns 0 or -errno. */
typedef int files_writer(const void *ctx, FILE *file);

/* Makes a directory, and its parents, where there is none; 0 or -errno. */
int files_make_dir(const char *dir);

/*
 * Whoever reads the file while it is replaced has the old or the new one.
 * 0 or -errno; then nothing has changed.
 */
int files_replace(const char *dir, const char *name, files_writer *write,
		  const void *ctx);

#endif
