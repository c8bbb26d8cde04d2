/* SPDX-License-Identifier: MIT */
/* What the parts of the wrapper share; not for benchmarks. */
#ifndef BENCH_CBENCH_IMPL_H
#define BENCH_CBENCH_IMPL_H

#include <pthread.h>

#include "cbench.h"

/*
 * No exception may pass a function in C, which was not compiled for that: what
 * cannot report one ends the program.
 */
#ifdef __cplusplus
#define CB_NOEXCEPT noexcept
#else
#define CB_NOEXCEPT
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum cb_clock {
	CB_CLOCK_CPU,
	CB_CLOCK_REAL,
	CB_CLOCK_MANUAL,
};

struct cb_named_statistic {
	char *name;
	cb_statistic_fn *fn;
	void *ctx;
	bool percentage;
};

/*
 * The library sees a benchmark only while it runs: registered anew each time,
 * from this. So a single run costs the same however many there are, and no
 * setting is ever tried on the library, which would abort on a wrong one.
 */
struct cb_benchmark {
	struct cb_benchmark *next;
	char *name;
	cb_fn *fn;
	void *arg;
	char *mistake; /* the first wrong setting, in words */

	int64_t *args; /* arg_sets rows of arg_width */
	size_t arg_width;
	size_t arg_sets;
	char **arg_names;
	size_t arg_name_count;
	int multiplier;
	int *threads;
	size_t thread_count;
	int *cpus;
	size_t cpu_count;
	cb_cpu_fn *cpu_of;
	void *cpu_ctx;

	bool has_unit;
	enum cb_unit unit;
	double min_time; /* 0: not set; these three */
	double warmup;
	uint64_t iterations;
	int repetitions;
	enum cb_aggregates aggregates;
	bool has_aggregates;
	enum cb_clock clock;
	bool process_time;

	cb_run_hook *setup;
	void *setup_ctx;
	cb_run_hook *teardown;
	void *teardown_ctx;
	cb_thread_hook *enter;
	void (*leave)(struct cb_state *state, void *ctx);
	void *thread_ctx;

	struct cb_named_statistic *statistics;
	size_t statistic_count;
	enum cb_complexity order;
	cb_complexity_fn *order_fn;
	void *order_ctx;

	/* The present or last run; the threads share it. */
	pthread_mutex_t lock;
	double seconds_per_iteration; /* added up over the threads */
	int threads_done;
	/* What a setup or teardown hook wants, the first one; "" is common. */
	bool skip;
	bool skip_is_error;
	bool single;       /* cb_run_one's */
	bool soft;         /* a run was skipped softly, see below */
	bool skip_is_late; /* a teardown hook's, which no report can tell */
	char why[CB_MESSAGE_MAX];
	struct cb_result_counter *counters; /* of the last cb_run_one */
	size_t counter_count;
};

/* In the order of registration. */
extern struct cb_benchmark *cb_benchmarks;
/* Of its last cb_run_one; copied. 0 or -ENOMEM. */
int cb_keep_counters(struct cb_benchmark *benchmark,
		     const struct cb_result_counter *counters, size_t n);

/* Sets cb_error(); returns err, which is negative. */
int cb_fail(int err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* True, and cb_error() is set, if a benchmark is running. */
bool cb_busy(void);

/* ---- cbench_flags.c ------------------------------------------------------ */

/* What the flags and calls have set. */
struct cb_flags {
	bool list;
	const char *format;
	const char *out; /* "": none */
	const char *out_format;
	const char *warmup;
	const char *filter;
	uint64_t seed;
	char *iterations_file; /* NULL: none */
};

struct cb_flags *cb_flags_now(void);
/* Of benchmarks that have a warm-up, but no time of their own. */
double cb_default_min_time(void);
void cb_print_flags(void); /* the program's own part of --help */
/* Those that have a meaning in cb_run_all only: off again. */
void cb_hide_flags(void);
void cb_forget_flags(void);

/*
 * The library's releases up to now crash if all runs of a benchmark with a
 * complexity are skipped. To such a benchmark's skipped runs it is told no
 * more than a label: this, 'e' for an error or 'm', and why.
 */
#define CB_SOFT_MARK "\001skipped: "
bool cb_skipped_softly(const char *name);

/* ---- cbench_state.c: a thread of a run, called by the library ------------ */

/* Ready for another run. */
void cb_reset_run(struct cb_benchmark *benchmark, bool single);
void cb_run_thread(struct cb_benchmark *benchmark, void *live);
void cb_run_hooks(struct cb_benchmark *benchmark, const void *view, bool setup);

/*
 * ---- cbench.cc: the library's State ---------------------------------------
 * `live` and `view` are pointers to it; only one of them may be changed.
 */
/* Calls fn; an exception out of it is an error, with cb_error's words. */
int gb_call(cb_fn *fn, struct cb_state *state, void *arg) CB_NOEXCEPT;
bool gb_keep_running(void *live, int64_t n) CB_NOEXCEPT;
void gb_run_clock(void *live, bool on) CB_NOEXCEPT;
void gb_skip(void *live, const char *why, bool error) CB_NOEXCEPT;
void gb_set_iteration_time(void *live, double seconds) CB_NOEXCEPT;
void gb_complexity_n(void *live, int64_t n) CB_NOEXCEPT;
int gb_counter(void *live, const char *name, double value, unsigned flags);
int gb_label(void *live, const char *text);
struct gb_view {
	int64_t iterations;
	int threads;
	int thread_index;
};
void gb_look(const void *view, struct gb_view *now) CB_NOEXCEPT;
int64_t gb_range(const void *view, size_t i) CB_NOEXCEPT;

/* ---- cbench.cc: the library's program ------------------------------------ */

/* Sets a flag, "--name=value", and nothing else. False: it is not known. */
bool gb_poke(const char *flag) CB_NOEXCEPT;
void gb_initialize(int *argc, char **argv) CB_NOEXCEPT;
void gb_shutdown(void) CB_NOEXCEPT;
int gb_context(const char *key, const char *value);
void gb_default_unit(enum cb_unit unit) CB_NOEXCEPT;
void gb_memory(const struct cb_memory_ops *ops, void *ctx) CB_NOEXCEPT;

/* Registers it with the library, until gb_clear. */
int gb_add(struct cb_benchmark *benchmark);
void gb_clear(void) CB_NOEXCEPT;
/* The library has to be clear. */
int gb_check_filter(const char *filter);
int gb_list(const char *filter, void (*each)(const char *name, void *ctx),
	    void *ctx);
struct gb_outputs {
	const struct cb_reporter *display; /* NULL: the library's, as format */
	const struct cb_reporter *file;    /* may be NULL */
	bool own_file;                     /* and the library's, as below */
	const char *format;
	const char *file_format;
};
int gb_run(const struct gb_outputs *outputs, const char *filter);
/* Registers and runs it alone; fills in all but seconds_per_iteration. */
int gb_run_single(struct cb_benchmark *benchmark, struct cb_run *run);

#ifdef __cplusplus
}
#endif

#endif
