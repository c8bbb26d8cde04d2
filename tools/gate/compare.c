/* SPDX-License-Identifier: MIT */
#include "compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "count_libraries.h"
#include "judge.h"
#include "machine.h"
#include "pairs.h"
#include "path.h"
#include "report.h"

/* ---- circumstances ------------------------------------------------------ */

static void add_facts(struct gate *gate, const struct options *o)
{
	const char *apart = o->plan.relink ? ", each side its own" : "";
	struct machine m;

	machine_facts(&m);
	gate_add_fact(gate, "cpu", "%s", m.cpu);
	gate_add_fact(gate, "cpus", "%d", m.cores);
	gate_add_fact(gate, "measured_on", "CPU %d", o->plan.cpu);
	if (o->plan.beside >= 0)
		gate_add_fact(gate, "second_threads", "CPU %d", o->plan.beside);
	else
		gate_add_fact(gate, "second_threads",
			      "left out, there is one core");
	gate_add_fact(gate, "kernel", "%s", m.kernel);
	gate_add_fact(gate, "hypervisor", "%s",
		      *m.hypervisor ? m.hypervisor
		      : m.virtual   ? "unknown"
				    : "none");
	gate_add_fact(gate, "governor", "%s", m.governor);
	gate_add_fact(gate, "huge_pages", "%s", m.huge_pages);
	gate_add_fact(gate, "libc", "%s", m.libc);
	gate_add_fact(gate, "load_before", "%.2f", m.load[0]);
	gate_add_fact(gate, "pairs", "%u, at most %u, of %u turns of %g ms",
		      o->plan.first, o->plan.most, o->plan.turns,
		      o->plan.turn_ms);
	if (o->plan.layouts)
		gate_add_fact(gate, "layouts", "%u%s", o->plan.layouts, apart);
	else
		gate_add_fact(gate, "layouts", "one for each pair%s", apart);
}

static uint64_t draw_seed(void)
{
	struct timespec now;
	struct rng rng;

	clock_gettime(CLOCK_REALTIME, &now);
	rng.state = (uint64_t)now.tv_sec * 1000000007u + (uint64_t)now.tv_nsec;
	return rng_next(&rng);
}

static void begin(struct gate *gate, const struct options *o, const char *base,
		  const char *head)
{
	time_t now = time(NULL);
	struct tm tm;

	gate_init(gate);
	gate->rules = o->rules;
	gate->seed = o->seeded ? o->seed : draw_seed();
	strftime(gate->started, sizeof(gate->started), "%Y-%m-%dT%H:%M:%SZ",
		 gmtime_r(&now, &tm));
	path_make(gate->base.given, SIDE_TEXT, "%s", base);
	path_make(gate->head.given, SIDE_TEXT, "%s", head);
	path_make(gate->command, SIDE_TEXT, "compare %s %s --seed 0x%llx", base,
		  head, (unsigned long long)gate->seed);
	add_facts(gate, o);
}

/* ---- the layers --------------------------------------------------------- */

static enum status open_linkers(struct linker *base, struct linker *head,
				struct library *from, struct library *to,
				const struct options *o, uint64_t seed)
{
	struct build build = build_of(from, to, &o->shop);
	enum status status = linker_open(base, PROGRAM_RUN, from, build.cc,
					 build.flags, seed);

	if (!status)
		status =
			linker_open(head, PROGRAM_RUN, to, build.cc,
				    build.flags, o->plan.relink ? ~seed : seed);
	return status;
}

static enum status measure_once(struct gate *gate, const struct options *o,
				struct linker *base, struct linker *head)
{
	struct bout bout = {
		.gate = gate,
		.plan = &o->plan,
		.base = base,
		.head = head,
	};
	enum status status = pairs_prepare(&bout);

	if (!status)
		status = pairs_measure(&bout);
	pairs_close(&bout);
	return status;
}

static void drop_rows(struct gate *gate)
{
	struct gate fresh;

	gate_init(&fresh);
	fresh.rows = gate->rows;
	fresh.count = gate->count;
	gate->rows = NULL;
	gate->count = 0;
	gate_free(&fresh);
}

/* Controls that moved may have been an accident: once more, all of it. */
static enum status measure(struct gate *gate, const struct options *o,
			   struct linker *base, struct linker *head)
{
	enum status status = measure_once(gate, o, base, head);

	if (status || !gate->contaminated || !o->retry)
		return status;
	say_note("the controls moved: once more");
	drop_rows(gate);
	gate->attempt++;
	gate->seed++;
	return measure_once(gate, o, base, head);
}

static enum status measure_pairs(struct gate *gate, const struct options *o,
				 struct library *from, struct library *to)
{
	unsigned long long stolen[2];
	unsigned long long all[2];
	struct linker base = { 0 };
	struct linker head = { 0 };
	enum status status =
		open_linkers(&base, &head, from, to, o, gate->seed);

	machine_steal(&stolen[0], &all[0]);
	if (!status)
		status = measure(gate, o, &base, &head);
	machine_steal(&stolen[1], &all[1]);
	if (!status)
		gate_add_fact(
			gate, "steal", "%.2f %%",
			all[1] > all[0]
				? 100.0 * (double)(stolen[1] - stolen[0]) /
					  (double)(all[1] - all[0])
				: 0.0);
	linker_close(&base);
	linker_close(&head);
	return status;
}

static enum status compare_libraries(struct gate *gate, const struct options *o)
{
	struct library from = { 0 };
	struct library to = { 0 };
	enum status status = library_open(&from, &gate->base, &o->shop, "base");

	if (!status)
		status = library_open(&to, &gate->head, &o->shop, "head");
	if (!status && o->counts)
		status = count_libraries(gate, &from, &to);
	if (!status && o->pairs)
		status = measure_pairs(gate, o, &from, &to);
	library_close(&from);
	library_close(&to);
	return status;
}

/* A side that does not compile has a verdict, and no rows. */
static enum status settle(struct gate *gate, enum status status)
{
	if (status && status != STATUS_INTEGRITY)
		return status;
	if (judge(gate))
		return say(STATUS_INTERNAL, "out of memory");
	gate->status = status_worse(gate->status, status);
	return STATUS_PASS;
}

enum status compare(struct gate *gate, struct options *o, const char *base,
		    const char *head)
{
	uint64_t from = clock_posix();
	enum status status;

	begin(gate, o, base, head);
	status = workshop_open(&o->shop);
	if (!status && !o->always)
		status =
			sides_unchanged(&o->shop, base, head, &gate->unchanged);
	if (!status && !gate->unchanged)
		status = compare_libraries(gate, o);
	workshop_close(&o->shop);
	gate->seconds = (double)(clock_posix() - from) * 1e-9;
	return settle(gate, status);
}

/* ---- the command -------------------------------------------------------- */

static const char help[] =
	"Usage: riotlb-gate compare [OPTION]... BASE HEAD\n"
	"\n"
	"Is HEAD slower than BASE? Each is a revision of the repository, a\n"
	"build directory, a tree of sources, or where riotlb is installed.\n"
	"\n";

enum status compare_report(const struct gate *gate, const struct options *o)
{
	enum status status = STATUS_PASS;

	if (!o->quiet)
		report_terminal(gate, stdout);
	if (o->out)
		status = report_write(gate, o->out);
	return status;
}

enum status command_compare(int argc, char **argv)
{
	struct options options;
	struct gate gate;
	enum status status = options_read(&options, argc, argv);

	if (status)
		return status;
	if (options.help) {
		fputs(help, stdout);
		fputs(options_help, stdout);
		return STATUS_PASS;
	}
	if (options.nrest != 2)
		return say(STATUS_USAGE,
			   "compare: BASE and HEAD, not %d "
			   "arguments; see 'riotlb-gate compare "
			   "--help'",
			   options.nrest);
	status = compare(&gate, &options, options.rest[0], options.rest[1]);
	if (!status)
		status = status_worse(gate.status,
				      compare_report(&gate, &options));
	gate_free(&gate);
	return status;
}
