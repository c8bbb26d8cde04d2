/* SPDX-License-Identifier: MIT */
#include "made_up.h"

#include <math.h>
#include <string.h>

#include "../../measure.h"

#define ROUNDS 9

struct subject {
	const char *name;
	double base;  /* ns of a lookup in a small table */
	double slope; /* of its logarithm over that of the mappings */
};

static const struct subject subjects[] = {
	{ "riotlb", 2.0, 0.07 },   { "vhost", 17, 0.31 },
	{ "maple", 12, 0.22 },     { "gtree", 22, 0.33 },
	{ "dpdk", 9, 0.8 },        { "critnib", 5, 0.29 },
	{ "rculfhash", 11, 0.12 }, { "radix", 1.1, 0.08 },
	{ "flat", 0.9, 0.05 },
};

#define SUBJECTS (sizeof(subjects) / sizeof(*subjects))

static const double sizes[] = { 1, 16, 256, 4096, 65536, 1048576 };

#define SIZES (sizeof(sizes) / sizeof(*sizes))

static const char *const shapes[] = {
	"1-4k",
	"16-4k-dense",
	"4ki-4k-dense",
	"64ki-4k-dense",
	"1mi-4k-dense",
	"64ki-4k-opaque",
	"64ki-8k-every-12k",
	"64ki-64k-dense",
	"64ki-2m-aligned",
	"64ki-2m-off-1m",
	"64ki-4k-every-64m",
	"64ki-random",
};

static struct rng rng = { .state = 7 };

static struct row *add(struct made_up *m, const char *group, const char *op,
		       const char *shape, const char *subject, const char *unit,
		       double x)
{
	return results_add(m->results, &(struct row){
					       .group = group,
					       .op = op,
					       .shape = shape,
					       .subject = subject,
					       .unit = unit,
					       .x = x,
				       });
}

static void fill(struct made_up *m, struct row *row, double value)
{
	double samples[ROUNDS];

	for (size_t i = 0; i < ROUNDS; i++) {
		double noise = (double)rng_below(&rng, 1000) / 1000 - 0.5;

		samples[i] = value * (1 + 0.1 * noise * noise * noise * 4);
	}
	results_fill(m->results, row, samples, ROUNDS);
}

static void over(struct made_up *m, struct row *row, double bound)
{
	row->value = (struct estimate){ bound, bound, bound };
	results_refuse(m->results, row, ROW_OVER, "stopped after 2 s");
}

/* What is not to be had, and otherwise a number. */
static void cell(struct made_up *m, struct row *row, const char *subject,
		 double n, double value)
{
	if (strcmp(subject, "dpdk") == 0 && n > 2048)
		results_refuse(m->results, row, ROW_NA, "pool 2048");
	else if (strcmp(subject, "gtree") == 0 && n > 60000)
		over(m, row, value * 0.6);
	else if (strcmp(subject, "flat") == 0 && n > 1000000)
		results_refuse(m->results, row, ROW_UNRESOLVED,
			       "the interval is wider than the value");
	else if (strcmp(subject, "maple") == 0 && n == 1)
		results_refuse(m->results, row, ROW_FAILED, MADE_UP_NASTY);
	else
		fill(m, row, value);
}

static void growth(struct made_up *m, const char *op, const char *unit,
		   double factor)
{
	char name[32];

	for (size_t i = 0; i < SIZES; i++) {
		for (size_t j = 0; j < SUBJECTS; j++) {
			const struct subject *s = &subjects[j];
			struct row *row;

			snprintf(name, sizeof(name), "n-%.0f", sizes[i]);
			row = add(m, "growth", op, name, s->name, unit,
				  sizes[i]);
			cell(m, row, s->name, sizes[i],
			     factor * s->base * pow(sizes[i], s->slope));
		}
	}
}

static void by_shape(struct made_up *m, const char *group, const char *op,
		     const char *unit, double factor)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		for (size_t j = 0; j < SUBJECTS; j++) {
			const struct subject *s = &subjects[j];
			double n = i == 0   ? 1
				   : i == 1 ? 16
				   : i == 4 ? 1048576
					    : 65536;
			double value = factor * s->base * pow(n, s->slope) *
				       (1 + 0.3 * (double)(i % 4));

			cell(m,
			     add(m, group, op, shapes[i], s->name, unit, NAN),
			     s->name, n, value);
		}
		results_refuse(m->results,
			       add(m, group, op, shapes[i], "judy", unit, NAN),
			       ROW_MISSING, "the package libjudy-dev");
	}
}

static void resets(struct made_up *m)
{
	char name[32];

	for (size_t i = 1; i < SIZES; i++) {
		snprintf(name, sizeof(name), "n-%.0f", sizes[i]);
		fill(m,
		     add(m, "reset", "caller", name, "riotlb", "ns", sizes[i]),
		     190);
		fill(m,
		     add(m, "reset", "caller", name, "vhost", "ns", sizes[i]),
		     60 * sizes[i]);
	}
}

static void tails(struct made_up *m)
{
	static const char *const ops[] = { "curve-quiet", "curve-resets",
					   "curve-floor" };
	static const double percentiles[] = { 50,    90,     99, 99.9,
					      99.99, 99.999, 100 };
	char name[32];

	for (size_t i = 0; i < 3; i++) {
		for (size_t j = 0; j < 7; j++) {
			double value =
				(i == 2 ? 20 : 300) *
				pow(1.6 + 0.1 * (double)(i == 1), (double)j);

			snprintf(name, sizeof(name), "p%g", percentiles[j]);
			fill(m,
			     add(m, "tail", ops[i], name, "riotlb", "ns",
				 percentiles[j]),
			     value);
		}
	}
}

static void threads(struct made_up *m)
{
	char name[32];

	for (int n = 1; n <= 8; n *= 2) {
		snprintf(name, sizeof(name), "t-%d", n);
		for (size_t j = 0; j < SUBJECTS; j++) {
			struct row *row = add(m, "threads", "lookup", name,
					      subjects[j].name, "M/s", n);

			row->more_is_better = true;
			fill(m, row, n * 400.0 / subjects[j].base);
		}
	}
}

static void odds_and_ends(struct made_up *m)
{
	double one = 1;

	for (size_t j = 0; j < SUBJECTS; j++)
		fill(m,
		     add(m, "growth", "exponent-lookup", "all",
			 subjects[j].name, "1", NAN),
		     subjects[j].slope);
	results_fill(m->results,
		     add(m, "exact", "atomics", "lookup", "riotlb", "1", NAN),
		     &one, 1);
	fill(m, add(m, "floor", "loop", "empty", "empty", "ns", NAN), 0.31);
	results_refuse(m->results,
		       add(m, "workload", "w1",
			   "a-very-long-word-for-a-workload-"
			   "that-says-far-more-than-it-should",
			   "riotlb", "ns", NAN),
		       ROW_FAILED, MADE_UP_NASTY);
	add(m, "lookup", "never", "measured", "riotlb", "ns", NAN);
}

static void bars(struct made_up *m, bool measured)
{
	static const char *const ids[BAR_COUNT] = {
		"B1",  "B2",  "B3",  "B4",  "B5",  "B6",  "B7",
		"B8",  "B9",  "B10", "B11", "B12", "B13", "B14",
		"B15", "B16", "B17", "B18", "B19", "B20", "B21",
	};

	for (size_t i = 0; i < BAR_COUNT; i++) {
		struct bar *b = &m->bars[i];
		double value = 0.7 + 0.04 * (double)i;

		b->id = ids[i];
		b->what = "lookup: the fastest ranged peer's time / riotlb's, "
			  "every shape, out of line, one section per 32";
		b->unit = "1";
		b->op = (enum bar_op)(i % 4);
		b->target = 1;
		b->worst_shape = "64ki-4k-every-64m";
		b->value = (struct estimate){ NAN, NAN, NAN };
		if (measured && i != 4)
			b->value = (struct estimate){ value, value * 0.93,
						      value * 1.08 };
		b->verdict =
			measured ? (enum bar_verdict)(i % 3) : BAR_UNDECIDED;
		if (i % 5 == 1)
			snprintf(b->why, sizeof(b->why), "%s", MADE_UP_NASTY);
	}
	m->bars[7].value = (struct estimate){ INFINITY, -INFINITY, NAN };
	m->bars[11] = (struct bar){
		.id = "B12",
		.what = "vhost_iotlb_reset / reset_map, the caller's time",
		.unit = "1",
		.op = BAR_AT_LEAST,
		.target = 100000,
		.verdict = BAR_MET,
		.value = { 146000, 139000, 151000 },
	};
}

static void machine(struct made_up *m)
{
	m->machine = (struct machine){
		.cpu = "Some CPU <1 GHz> & more",
		.kernel = "Linux 6.1.0 x86_64",
		.huge_pages = "always [madvise] never",
		.clocksource = "tsc",
		.hypervisor = "KVMKVMKVM",
		.governor = "unknown",
		.libc = MADE_UP_BYTES,
		.compiler = "gcc 12.2.0",
		.flags = "-O3 -DNDEBUG",
		.cores = 2,
		.mhz = 2800,
		.memory_bytes = MADE_UP_MEMORY,
		.load = { 0.5, 0.7, 0.9 },
		.caches = { { .level = 1,
			      .sharing = 2,
			      .bytes = 48 << 10,
			      .type = "Data" } },
		.cache_count = 1,
		.virtual = true,
		.membarrier = true,
	};
	clock_facts = (struct clock_facts){
		.source = "TSC",
		.ns_per_tick = 0.4,
		.quantum_ns = 0.7,
		.overhead_ns = 18,
	};
}

static void frame(struct made_up *m)
{
	*m = (struct made_up){
		.results = results_create(),
		.versions = { { "liburcu", "0.13.2" },
			      { "linux-source-6.12", MADE_UP_NASTY } },
	};
	machine(m);
	m->run = (struct output_run){
		.results = m->results,
		.bars = m->bars,
		.machine = &m->machine,
		.versions = m->versions,
		.version_count = 2,
		.version = "0.1.0",
		.command = "riotlb-bench --out " MADE_UP_NASTY,
		.allocator = "jemalloc",
		.started = 1700000000,
		.seconds = 61,
		.steal = 0.2,
		.seed = 1,
		.rounds = ROUNDS,
		.section = 32,
		.updater_cpu = 1,
		.quick = true,
		.peers = true,
	};
}

void made_up_fill(struct made_up *m)
{
	frame(m);
	by_shape(m, "lookup", "one", "ns", 1);
	by_shape(m, "lookup", "dependent", "ns", 3);
	by_shape(m, "update", "remap", "ns", 4);
	by_shape(m, "memory", "bytes", "B", 4);
	growth(m, "lookup", "ns", 1);
	growth(m, "remap", "ns", 4);
	growth(m, "memory", "B", 8);
	resets(m);
	tails(m);
	threads(m);
	odds_and_ends(m);
	bars(m, true);
}

void made_up_empty(struct made_up *m)
{
	frame(m);
	bars(m, false);
	m->bars[11].verdict = BAR_UNDECIDED;
	m->bars[7].value = m->bars[11].value =
		(struct estimate){ NAN, NAN, NAN };
}

void made_up_free(struct made_up *m)
{
	results_destroy(m->results);
}
