/* SPDX-License-Identifier: MIT */
/*
 * Google Benchmark for programs in C. Works with the library's releases from
 * 1.7.1 on.
 *
 * A benchmark is a function with one loop:
 *
 *	static void lookup(cb_state *state, void *arg)
 *	{
 *		CB_LOOP(state)
 *			cb_use(find(arg, 42));
 *	}
 *
 * Functions that return an int return 0 or a negative errno value, and change
 * nothing in the second case; cb_error() then says in words what was wrong. A
 * benchmark refuses to run after a wrong setting, so that a return value which
 * nobody looked at cannot become a number of something else.
 *
 * Nothing here may be called from several threads at once, but what takes a
 * cb_state: there is one for each thread of a benchmark.
 */
#ifndef BENCH_CBENCH_H
#define BENCH_CBENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One thread of one run. */
typedef struct cb_state cb_state;
/* What is registered: a function and its settings, run any number of times. */
struct cb_benchmark;

typedef void cb_fn(struct cb_state *state, void *arg);

/* Of the last call that failed in this thread; never NULL. */
const char *cb_error(void);

/* Of Google Benchmark, as the build found it: "1.7.1". */
const char *cb_library_version(void);

/* ---- in the benchmark's function: the loop ------------------------------ */

/*
 * The function of every thread has to go through exactly one loop, to its end.
 * One that leaves it early, without having called cb_skip_error or
 * cb_skip_message, has failed: the time would be that of another amount of
 * work. A longjmp out of the function cannot be caught.
 */
#define CB_LOOP(state)                            \
	for (uint64_t cb_left_ = cb_begin(state); \
	     __builtin_expect(cb_left_ > 0, 1) || cb_end(state); --cb_left_)

/*
 * The parts of CB_LOOP. begin waits for the other threads, starts the clock,
 * and returns the number of iterations to do; end stops it, returns false.
 */
uint64_t cb_begin(struct cb_state *state);
bool cb_end(struct cb_state *state);

/*
 * Instead of CB_LOOP: while (cb_loop_batch(state, n)) { n iterations }. Does
 * up to n - 1 more iterations than were asked for, and counts them.
 */
bool cb_loop_batch(struct cb_state *state, uint64_t n);

/* How many this run is to have; known before the loop. */
uint64_t cb_iterations(const struct cb_state *state);
/* How many have been counted: 0 before the loop. */
uint64_t cb_iterations_done(const struct cb_state *state);

/* The i-th argument. Not there: 0, and the run has failed. */
int64_t cb_range(struct cb_state *state, size_t i);
size_t cb_range_count(const struct cb_state *state);

int cb_threads(const struct cb_state *state);
int cb_thread_index(const struct cb_state *state);

/* About a microsecond for the two, part of it timed: not in short loops. */
int cb_pause(struct cb_state *state);
int cb_resume(struct cb_state *state);

/* Adds to what cb_use_manual_time reports; seconds >= 0. */
int cb_set_iteration_time(struct cb_state *state, double seconds);

/*
 * Ends the benchmark without a number, because of a failure or because there
 * is nothing to measure here. The caller leaves its loop. The first one counts.
 */
void cb_skip_error(struct cb_state *state, const char *why);
void cb_skip_message(struct cb_state *state, const char *why);
bool cb_skipped(const struct cb_state *state);
/* Prints, and ends the program: nothing that is measured later can be right. */
void cb_fatal(struct cb_state *state, const char *why)
	__attribute__((noreturn));

enum cb_counter_flags {
	CB_COUNTER_PLAIN = 0,
	CB_COUNTER_RATE = 1 << 0,        /* per second */
	CB_COUNTER_AVG_THREADS = 1 << 1, /* else threads are added up */
	CB_COUNTER_INVARIANT = 1 << 2,   /* times iterations */
	CB_COUNTER_AVG_ITERATIONS = 1 << 3,
	CB_COUNTER_INVERT = 1 << 4,
	CB_COUNTER_1024 = 1 << 5, /* prefixes Ki, Mi for people */
};

/*
 * Allocates: not inside the loop. -EDOM: NaN or infinite, which no reader of
 * the JSON output could take.
 */
int cb_counter(struct cb_state *state, const char *name, double value,
	       unsigned flags);
int cb_bytes_processed(struct cb_state *state, int64_t bytes);
int cb_items_processed(struct cb_state *state, int64_t items);
int cb_label(struct cb_state *state, const char *text);
int cb_complexity_n(struct cb_state *state, int64_t n);

/* ---- what keeps a compiler from removing the work ----------------------- */

/*
 * The value has to exist, in a register: an integer, a floating point number or
 * a pointer. Says nothing about memory.
 */
#define cb_use(value) __asm__ volatile("" : : "r"(value))
/* What it points to has to exist, in memory. */
#define cb_use_ptr(pointer) __asm__ volatile("" : : "r"(pointer) : "memory")
/* The compiler forgets where the lvalue's contents came from. */
#define cb_hide(lvalue) __asm__ volatile("" : "+r"(lvalue))
/* All memory may have been read and written. */
#define cb_clobber() __asm__ volatile("" : : : "memory")

/* ---- registration and settings ------------------------------------------ */

/* NULL: a mistake or no memory. The name is copied. */
struct cb_benchmark *cb_register(const char *name, cb_fn *fn, void *arg);
void cb_unregister(struct cb_benchmark *benchmark);
void cb_unregister_all(void);
const char *cb_name(const struct cb_benchmark *benchmark);

/* Each call adds sets of arguments, as many in each as in those before. */
int cb_arg(struct cb_benchmark *benchmark, int64_t value);
int cb_args(struct cb_benchmark *benchmark, const int64_t *values, size_t n);
/* first, last and the powers of the multiplier between. */
int cb_range_args(struct cb_benchmark *benchmark, int64_t first, int64_t last);
int cb_dense_range(struct cb_benchmark *benchmark, int64_t first, int64_t last,
		   int64_t step);
struct cb_interval {
	int64_t first;
	int64_t last;
};
int cb_ranges(struct cb_benchmark *benchmark, const struct cb_interval *ranges,
	      size_t n);
struct cb_values {
	const int64_t *values;
	size_t count;
};
int cb_args_product(struct cb_benchmark *benchmark,
		    const struct cb_values *lists, size_t n);
int cb_arg_names(struct cb_benchmark *benchmark, const char *const *names,
		 size_t n);
/* Before the ranges that are to have it; 8 if not called. */
int cb_range_multiplier(struct cb_benchmark *benchmark, int multiplier);
/* Calls apply, and returns what it returns. */
int cb_apply(struct cb_benchmark *benchmark,
	     int (*apply)(struct cb_benchmark *benchmark, void *ctx),
	     void *ctx);

/*
 * Each call adds numbers of threads. All threads have the same number of
 * iterations. The number of a run with several does not depend on the library's
 * release: counters ns_per_op (mean over the threads, by the wall clock) and
 * ops_per_second (of all together) are added to it.
 */
int cb_use_threads(struct cb_benchmark *benchmark, int threads);
int cb_thread_range(struct cb_benchmark *benchmark, int first, int last);
int cb_dense_thread_range(struct cb_benchmark *benchmark, int first, int last,
			  int step);
int cb_thread_per_cpu(struct cb_benchmark *benchmark);

/* Thread i runs on cpus[i % n], and is put back afterwards. n 0: anywhere. */
int cb_pin(struct cb_benchmark *benchmark, const int *cpus, size_t n);
/* The same, asked for each thread; cpu < 0: anywhere. NULL: no more. */
typedef int cb_cpu_fn(int thread, int threads, void *ctx);
int cb_pin_with(struct cb_benchmark *benchmark, cb_cpu_fn *cpu, void *ctx);

enum cb_unit {
	CB_NS,
	CB_US,
	CB_MS,
	CB_S,
};
int cb_use_unit(struct cb_benchmark *benchmark, enum cb_unit unit);
/* Not together with cb_fix_iterations. */
int cb_min_time(struct cb_benchmark *benchmark, double seconds);
int cb_warmup(struct cb_benchmark *benchmark, double seconds);
/* May be changed between runs; 0: as many as min_time needs. */
int cb_fix_iterations(struct cb_benchmark *benchmark, uint64_t n);
int cb_repetitions(struct cb_benchmark *benchmark, int n);
enum cb_aggregates {
	CB_REPORT_ALL,
	CB_REPORT_AGGREGATES,  /* no single repetitions, anywhere */
	CB_DISPLAY_AGGREGATES, /* no single repetitions on the display */
};
int cb_report_aggregates(struct cb_benchmark *benchmark,
			 enum cb_aggregates what);
/* Of these two the later one counts. */
int cb_use_real_time(struct cb_benchmark *benchmark);
int cb_use_manual_time(struct cb_benchmark *benchmark);
/* The CPU time of all threads of the process. */
int cb_use_process_time(struct cb_benchmark *benchmark);

/*
 * Once before and after each run of all threads; there are several, with more
 * and more iterations, unless their number is fixed. NULL: none. Of the state
 * the hook can ask, and it can skip: in a setup hook that is the run to come;
 * in a teardown hook it makes cb_run_one tell, cb_run_all return, a failure.
 */
typedef void cb_run_hook(struct cb_state *state, void *ctx);
int cb_setup(struct cb_benchmark *benchmark, cb_run_hook *hook, void *ctx);
int cb_teardown(struct cb_benchmark *benchmark, cb_run_hook *hook, void *ctx);
/*
 * In each thread, before and after the function, after pinning; not timed.
 * What enter returns other than 0 fails the benchmark, and the function and
 * leave are not called in that thread.
 */
typedef int cb_thread_hook(struct cb_state *state, void *ctx);
int cb_thread_hooks(struct cb_benchmark *benchmark, cb_thread_hook *enter,
		    void (*leave)(struct cb_state *state, void *ctx),
		    void *ctx);

/*
 * A statistic over the repetitions; values has n > 0. Built in on top of the
 * library's mean, median, stddev and cv are those of enum cb_statistic.
 */
typedef double cb_statistic_fn(const double *values, size_t n, void *ctx);
int cb_compute_statistic(struct cb_benchmark *benchmark, const char *name,
			 cb_statistic_fn *statistic, void *ctx,
			 bool percentage);
enum cb_statistic {
	CB_STAT_MIN = 1 << 0,
	CB_STAT_P25 = 1 << 1,
	CB_STAT_P75 = 1 << 2,
	CB_STAT_MAX = 1 << 3,
	CB_STAT_MAD = 1 << 4, /* median distance to the median */
};
int cb_statistics(struct cb_benchmark *benchmark, unsigned which);

enum cb_complexity {
	CB_O_NONE,
	CB_O_1,
	CB_O_N,
	CB_O_N_SQUARED,
	CB_O_N_CUBED,
	CB_O_LOG_N,
	CB_O_N_LOG_N,
	CB_O_AUTO,
};
int cb_complexity(struct cb_benchmark *benchmark, enum cb_complexity order);
typedef double cb_complexity_fn(int64_t n, void *ctx);
int cb_complexity_with(struct cb_benchmark *benchmark, cb_complexity_fn *order,
		       void *ctx);
/*
 * Of time = a * n^exponent, by least squares of the logarithms. -EINVAL: fewer
 * than two different n, or a value that is not above 0.
 */
int cb_fit_exponent(const double *n, const double *time, size_t count,
		    double *exponent);

/* ---- one run ------------------------------------------------------------ */

#define CB_MESSAGE_MAX 160

struct cb_run {
	/*
	 * Real time, or with cb_use_manual_time that. Real time is taken inside
	 * the library's own clock, which at its start also reads the CPU clock.
	 * With several threads it is the mean over them.
	 */
	double seconds_per_iteration;
	double cpu_seconds_per_iteration;
	uint64_t iterations; /* of all threads */
	bool skipped;        /* the times are 0, message says why */
	bool failed;         /* skipped because of an error */
	char message[CB_MESSAGE_MAX];
};

/*
 * Runs it once with its fixed iterations (with 1 if they are not), whatever the
 * program's flags say: one repetition, no memory run, no output. -EINVAL: it
 * has several sets of arguments or numbers of threads, or a wrong setting;
 * -EBUSY: from within a benchmark.
 */
int cb_run_one(struct cb_benchmark *benchmark, struct cb_run *run);
/* Of its last cb_run_one. False: there was none of that name. */
bool cb_last_counter(const struct cb_benchmark *benchmark, const char *name,
		     double *value);

/* ---- the program -------------------------------------------------------- */

/*
 * Own flags, as --name=value, or --name alone (value is then NULL). If set
 * returns other than 0, so does cb_init.
 */
int cb_flag(const char *name, const char *help,
	    int (*set)(const char *value, void *ctx), void *ctx);
/*
 * Takes out of the arguments the flags of the program, of this wrapper
 * (--cb_shuffle=SEED, --cb_iterations_file=PATH) and of the library; others
 * stay. --help prints all and ends the program.
 */
int cb_init(int *argc, char **argv);
/* Prints those that are left after the first; true if there are any. */
bool cb_report_unrecognized(int argc, char **argv);
/*
 * init, unrecognized, run, shutdown; returns the program's exit status, which
 * is not 0 if a benchmark fails, or none is there that the filter wants.
 */
int cb_main(int argc, char **argv);
/* All benchmarks and settings are forgotten, and memory is given back. */
void cb_shutdown(void);

/* A regular expression; a '-' before it turns it round. NULL or "": all. */
int cb_set_filter(const char *filter);
/* Those that the filter wants, as they will be called in the output. */
int cb_list(void (*each)(const char *name, void *ctx), void *ctx);
/* A line of the output's context. -EEXIST: the key is there. */
int cb_context(const char *key, const char *value);
int cb_default_unit(enum cb_unit unit);
/* The order is drawn from the seed at each cb_run_all; 0: as registered. */
void cb_shuffle(uint64_t seed);
/* Repetitions of different benchmarks take turns. */
int cb_interleave(bool on);
/*
 * Of the processor, by --benchmark_perf_counters; "": none, then no call of
 * perf_event_open is made.
 */
int cb_perf_counters(const char *list);
/*
 * Lines "iterations name", '#' begins a comment: fixes those of the benchmarks
 * registered under the names. Wrong line or unknown name: -EINVAL.
 */
int cb_load_iterations(const char *path);
/*
 * Called in every iteration batch's thread once before the clock stops, with
 * the iterations done: where a test of a regression gate adds its delay. Timed.
 * NULL: none.
 */
typedef void cb_inject_fn(const struct cb_benchmark *benchmark,
			  uint64_t iterations, void *ctx);
void cb_inject(cb_inject_fn *inject, void *ctx);
/* Around each cb_run_all; what begin returns other than 0 ends it. */
int cb_suite_hooks(int (*begin)(void *ctx), void (*end)(void *ctx), void *ctx);

struct cb_memory {
	int64_t allocations;
	int64_t peak_bytes;
	int64_t total_bytes; /* < 0: not known; this and the next */
	int64_t growth_bytes;
	bool growth_known;
};
/*
 * If set, each benchmark has one more run, of at most 16 iterations in one
 * thread, between start and stop. Setup and teardown are inside.
 */
struct cb_memory_ops {
	void (*start)(void *ctx);
	void (*stop)(struct cb_memory *memory, void *ctx);
};
/* The struct has to stay. NULL: none. */
int cb_memory_manager(const struct cb_memory_ops *ops, void *ctx);

/* ---- results ------------------------------------------------------------ */

enum cb_result_kind {
	CB_RESULT_RUN,
	CB_RESULT_AGGREGATE, /* aggregate says which */
	CB_RESULT_BIG_O,     /* real_time: coefficient */
	CB_RESULT_RMS,
};

struct cb_result_counter {
	const char *name;
	double value;
	bool rate;
};

/* All pointers are valid during the call that passes them. */
struct cb_result {
	const char *name;   /* without "/iterations:N", with the aggregate */
	const char *family; /* as registered */
	enum cb_result_kind kind;
	const char *aggregate;
	bool percentage;
	const char *label;
	bool skipped;
	bool failed;
	const char *message;
	uint64_t iterations;
	int threads;
	int repetition; /* -1: not one of them */
	int repetitions;
	enum cb_unit unit;
	double real_time; /* per iteration, in the unit */
	double cpu_time;
	const struct cb_result_counter *counters;
	size_t counter_count;
	bool has_memory;
	struct cb_memory memory;
};

struct cb_machine {
	int cpus;
	double cycles_per_second;
	int scaling; /* 1: the frequency changes, 0: no, -1: not known */
	size_t name_width;
};

struct cb_reporter {
	/* False: nothing is run. NULL: true. */
	bool (*begin)(const struct cb_machine *machine, void *ctx);
	void (*results)(const struct cb_result *results, size_t n, void *ctx);
	void (*finish)(void *ctx); /* may be NULL */
	void *ctx;
};

/*
 * Runs what the filter wants; returns how many that were, or -errno. NULL for
 * display: the library's, as --benchmark_format says. `file` may be NULL; it
 * gets what goes to the file of --benchmark_out, with or without that flag.
 * Names in the library's own output have no "/iterations:N" here.
 */
int cb_run_all(const struct cb_reporter *display,
	       const struct cb_reporter *file);
/* How many results of the last cb_run_all were failures. */
size_t cb_failures(void);

#ifdef __cplusplus
}
#endif

#endif
