/* SPDX-License-Identifier: MIT */
/* Runs the program under test in an empty directory; looks at what it did. */
#ifndef RIOTLB_REPLAY_SUPPORT_H
#define RIOTLB_REPLAY_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

/* Group fixtures: makes a directory and works in it; removes it. */
int support_setup(void **state);
int support_teardown(void **state);

struct run {
	int status; /* the exit status; a signal fails the test */
	char *out;
	char *err;
	long peak_kib; /* of memory */
};

/*
 * Runs `program` (NULL: the one under test) with the arguments up to NULL. A
 * sanitizer's report fails the test. The result holds until the next run.
 */
const struct run *run_program(const char *program, const char *const *args);

/* The same with arguments one by one, NULL last. */
const struct run *run_cli(const char *first, ...);

/* Runs `replay --verify --json out.json` and the arguments after it. */
const struct run *run_replay(const char *first, ...);

/* Where standard input comes from in the next run; NULL: nowhere. */
void run_stdin(const char *file);

/* Where standard output goes to in the next run, NULL: run->out. */
void run_stdout(const char *file);

/* ---- files ------------------------------------------------------------- */

void file_write(const char *name, const void *data, size_t size);
void file_text(const char *name, const char *text);
char *file_read(const char *name, size_t *size); /* free it */
bool file_exists(const char *name);

/* "xz", "gz" or "zst"; `times` layers of it. */
void file_compress(const char *name, const void *data, size_t size,
		   const char *how, int times);

/* ---- results ----------------------------------------------------------- */

/* The object of the n-th trace in out.json; borrowed until the next call. */
json_t *result_trace(size_t n);

/* An integer of the first trace. */
long long result(const char *key);

/* Fails, and shows both, where `text` does not hold `part`. */
void assert_holds(const char *text, const char *part);
void assert_lacks(const char *text, const char *part);

/* Asserts the exit status; shows what the program said where it is wrong. */
void assert_status(const struct run *run, int status);

#endif
