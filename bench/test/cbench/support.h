/* SPDX-License-Identifier: MIT */
/* What the tests of the wrapper share: results kept, functions to measure. */
#ifndef CBENCH_TEST_SUPPORT_H
#define CBENCH_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cbench.h"

#define GOT_MAX 64
#define GOT_COUNTERS 8

struct got {
	char name[128];
	char family[64];
	enum cb_result_kind kind;
	char aggregate[32];
	bool percentage;
	char label[64];
	bool skipped;
	bool failed;
	char message[CB_MESSAGE_MAX];
	uint64_t iterations;
	int threads;
	int repetition;
	int repetitions;
	enum cb_unit unit;
	double real_time;
	double cpu_time;
	struct {
		char name[32];
		double value;
		bool rate;
	} counters[GOT_COUNTERS];
	size_t counter_count;
	bool has_memory;
	struct cb_memory memory;
};

struct collected {
	struct got all[GOT_MAX];
	size_t n;
	int cpus;
	int began;
	int finished;
	bool refuse; /* to begin */
};

/* A reporter that keeps everything; collected is emptied first. */
struct cb_reporter collector(struct collected *collected);
/* cb_run_all on a fresh `collected`, which is static. */
struct collected *run_all(int *count);
/* The results' only one of the name; fails the test if there is none. */
const struct got *got_named(const struct collected *collected,
			    const char *name);
double got_counter(const struct got *got, const char *name);

/* One loop, nothing in it. */
void spin(struct cb_state *state, void *arg);
/* *(uint64_t *)arg grows by 1 in each iteration, in every thread. */
void count(struct cb_state *state, void *arg);

/* Registered with one iteration. */
struct cb_benchmark *fixed(const char *name, cb_fn *fn, void *arg);
/* cb_run_one, which has to work. */
struct cb_run run_once(struct cb_benchmark *benchmark);
/* Runs the function once and expects a failure with the text. */
void expect_failure(cb_fn *fn, const char *text);

/* The names of cb_list, one after the other with a space behind each. */
const char *listed(void);

/* cmocka's teardown: leaves nothing to the next test. */
int clean(void **state);

/* Path in the test's own directory. */
const char *scratch(const char *name);
const char *slurp(const char *path);
/* Runs fn in a child process; its wait status. Its output goes to scratch. */
int in_child(void (*fn)(void), const char *out);

#endif
