/* SPDX-License-Identifier: MIT */
/*
 * riotlb-gate-run: one side of a comparison. It opens one row and takes a turn
 * whenever it is told to, so that the gate can let two of it alternate:
 *
 *	riotlb-gate-run --list
 *	riotlb-gate-run ROW [--beside=CPU] [--delay=NS] [--stall=EVERY:NS]
 *		[--line]
 *
 * A line "N" of standard input is a turn of N operations, answered with "NS
 * CHECKSUM ALL LOST": nanoseconds of an operation (of a tail: of a batch, at
 * p99.5), a hash of what was read, nanoseconds of all that was timed, and how
 * often another program took the CPU away; or with "error WHAT". The first line
 * of output says what the program consists of.
 */
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnu/libc-version.h>
#include <unistd.h>
#include "beside.h"
#include "inject.h"

/*
 * Of batches of 64 this is p99.992 of single operations, as long as what is
 * slow is rare. Higher ones belong to the interrupts of the machine.
 */
#define TAIL 0.995

/* A turn takes milliseconds. */
#define TURN_SECONDS 120

static const struct op *find(const char *name)
{
	for (size_t i = 0; i < op_count; i++) {
		if (strcmp(ops[i].name, name) == 0)
			return &ops[i];
	}
	return NULL;
}

static void list(void)
{
	for (size_t i = 0; i < op_count; i++) {
		const struct op *op = &ops[i];

		printf("%s\t%s\tns\t%s\t%s\t%u\t%u\n", op->name,
		       op->tail     ? "tail"
		       : op->beside ? "beside"
				    : "time",
		       op->control ? "control" : "row",
		       op->family ? op->family : "-", op->mappings, op->step);
	}
}

/* ---- what it consists of ------------------------------------------------ */

/* The library that is compared is the one that may differ. */
static int object(struct dl_phdr_info *info, size_t size, void *ctx)
{
	const char *name = strrchr(info->dlpi_name, '/');

	(void)size;
	(void)ctx;
	if (name && !strstr(name, "libriotlb"))
		printf(" %s", info->dlpi_name);
	return 0;
}

static void introduce(void)
{
	printf("riotlb %s\tlibc %s", riotlb_version(), gnu_get_libc_version());
	dl_iterate_phdr(object, NULL);
	putchar('\n');
	fflush(stdout);
}

/* ---- turns -------------------------------------------------------------- */

static void clean(struct state *s)
{
	if (!s->engine)
		return;
	/* something was retired meanwhile: only by itself */
	for (int i = 0; i < 100 && riotlb_reclaim(s->engine) == 1; i++)
		;
}

struct turn {
	uint64_t ns;
	uint64_t checksum;
};

static void one_chunk(struct state *s, const struct op *op, uint64_t n,
		      struct turn *turn)
{
	uint64_t from = clock_posix();
	uint64_t result = op->run(s, n);

	turn->ns += clock_posix() - from;
	turn->checksum = turn->checksum * 31 + result;
	s->at += n;
}

/* Each batch of `step` between two readings of the clock. */
static void batches(struct state *s, const struct op *op, uint64_t n,
		    struct turn *turn)
{
	for (uint64_t i = 0; i < n; i += op->step) {
		uint64_t from = clock_posix();
		uint64_t result = op->run(s, op->step);
		uint64_t ns = clock_posix() - from;

		histogram_record(s->histogram, ns);
		turn->ns += ns;
		turn->checksum = turn->checksum * 31 + result;
		s->at += op->step;
	}
}

static double take_turn(struct state *s, const struct op *op, uint64_t n,
			struct turn *turn)
{
	uint64_t chunk = op->chunk ? op->chunk : n;

	*turn = (struct turn){ 0 };
	if (op->tail)
		histogram_clear(s->histogram);
	for (uint64_t done = 0; done < n; done += chunk) {
		uint64_t now = n - done < chunk ? n - done : chunk;

		if (op->tail)
			batches(s, op, now, turn);
		else
			one_chunk(s, op, now, turn);
		if (op->chunk)
			clean(s);
	}
	return op->tail ? (double)histogram_quantile(s->histogram, TAIL)
			: (double)turn->ns / (double)n;
}

/* With the second thread, if the row has one. */
static double take_turn_beside(struct state *s, const struct op *op,
			       struct beside *beside, uint64_t n,
			       struct turn *turn, long *lost)
{
	double ns;
	int err = 0;

	if (beside)
		beside_go(beside);
	*lost = -lost_cpu();
	ns = take_turn(s, op, n, turn);
	*lost += lost_cpu();
	if (beside) {
		err = beside_stop(beside, lost);
		clean(s);
	}
	if (!s->err)
		s->err = err;
	return ns;
}

static int serve(struct state *s, const struct op *op, struct beside *beside)
{
	char line[64];

	while (fgets(line, sizeof(line), stdin)) {
		uint64_t n = strtoull(line, NULL, 10);
		struct turn turn;
		double ns;
		long lost;

		if (!n || n % op->step) {
			printf("error not a multiple of %u\n", op->step);
			return 1;
		}
		/* two threads may wait for each other, and nobody for them */
		alarm(TURN_SECONDS);
		ns = take_turn_beside(s, op, beside, n, &turn, &lost);
		alarm(0);
		if (s->err) {
			printf("error %s\n", strerror(-s->err));
			return 1;
		}
		printf("%.17g %016" PRIx64 " %" PRIu64 " %ld\n", ns,
		       turn.checksum, turn.ns, lost);
		fflush(stdout);
	}
	return 0;
}

static int options(struct state *s, const struct op *op, struct beside **beside,
		   int argc, char **argv)
{
	for (int i = 2; i < argc; i++) {
		unsigned long long every;
		double ns;
		int cpu;

		if (op->beside && !*beside &&
		    sscanf(argv[i], "--beside=%d", &cpu) == 1) {
			int err = beside_open(beside, s, op, cpu);

			if (err)
				return err;
		} else if (*beside && strcmp(argv[i], "--line") == 0) {
			beside_share_line(*beside, s);
		} else if (sscanf(argv[i], "--delay=%lf", &ns) == 1) {
			inject_delay(s, ns);
		} else if (sscanf(argv[i], "--stall=%llu:%lf", &every, &ns) ==
			   2) {
			inject_stall(s, every, ns);
		} else {
			return -EINVAL;
		}
	}
	return op->beside && !*beside ? -EINVAL : 0;
}

static int run(const struct op *op, int argc, char **argv)
{
	struct beside *beside = NULL;
	struct state state;
	int err = state_open(&state, op);
	int status = 1;

	if (!err)
		err = options(&state, op, &beside, argc, argv);
	if (err) {
		printf("error %s: %s\n", op->name, strerror(-err));
	} else {
		introduce();
		status = serve(&state, op, beside);
	}
	if (beside)
		beside_close(beside);
	state_close(&state);
	return status;
}

int main(int argc, char **argv)
{
	const struct op *op = argc > 1 ? find(argv[1]) : NULL;

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		list();
		return 0;
	}
	if (!op) {
		fprintf(stderr, "riotlb-gate-run: --list, or the name of a "
				"row\n");
		return 2;
	}
	return run(op, argc, argv);
}
