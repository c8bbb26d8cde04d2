/* SPDX-License-Identifier: MIT */
#include "facts.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "../measure.h"
#include "text.h"

struct list {
	struct fact *facts;
	size_t n;
};

static struct fact *next(struct list *list, const char *key, const char *label,
			 enum fact_kind kind)
{
	struct fact *fact = &list->facts[list->n++];

	*fact = (struct fact){ .key = key, .label = label, .kind = kind };
	fact->text = fact->own;
	return fact;
}

static void say(struct list *list, const char *key, const char *label,
		const char *text)
{
	next(list, key, label, FACT_TEXT)->text = text ? text : "unknown";
}

__attribute__((format(printf, 5, 6))) static void
number(struct list *list, const char *key, const char *label, double value,
       const char *format, ...)
{
	struct fact *fact = next(list, key, label, FACT_NUMBER);
	va_list args;

	fact->number = value;
	va_start(args, format);
	vsnprintf(fact->own, sizeof(fact->own), format, args);
	va_end(args);
}

static void truth(struct list *list, const char *key, const char *label,
		  bool value, const char *yes, const char *no)
{
	struct fact *fact = next(list, key, label, FACT_TRUTH);

	fact->number = value;
	fact->text = value ? yes : no;
}

static void caches(struct list *list, const struct machine *m)
{
	struct fact *fact = next(list, "cpu_caches", "caches", FACT_TEXT);
	size_t used = 0;

	for (size_t i = 0; i < m->cache_count; i++) {
		const struct machine_cache *c = &m->caches[i];
		char size[32];

		if (used >= sizeof(fact->own))
			break;
		text_quantity(size, sizeof(size), (double)c->bytes, "B");
		used += (size_t)snprintf(fact->own + used,
					 sizeof(fact->own) - used,
					 "%sL%d %s %s", used ? ", " : "",
					 c->level, c->type, size);
	}
	if (!used)
		fact->text = "unknown";
}

static void frequency(struct list *list, const struct machine *m)
{
	if (m->mhz > 0)
		number(list, "cpu_mhz", "frequency", m->mhz,
		       "%.0f MHz at the start, governor %s", m->mhz,
		       m->governor);
	else
		say(list, "cpu_mhz", "frequency", "unknown");
	say(list, "governor", "governor", m->governor);
}

static void of_machine(struct list *list, const struct output_run *run)
{
	const struct machine *m = run->machine;
	char size[32];

	say(list, "cpu", "CPU", m->cpu);
	number(list, "cores", "CPUs", m->cores, "%d", m->cores);
	frequency(list, m);
	caches(list, m);
	text_quantity(size, sizeof(size), (double)m->memory_bytes, "B");
	number(list, "memory_bytes", "memory", (double)m->memory_bytes, "%s",
	       m->memory_bytes ? size : "unknown");
	truth(list, "virtual", "virtual", m->virtual,
	      "yes: a hypervisor is below, its other guests disturb", "no");
	say(list, "hypervisor", "hypervisor",
	    m->hypervisor[0] ? m->hypervisor : "none");
	number(list, "steal_percent", "stolen CPU time", run->steal, "%.1f %%",
	       run->steal);
	number(list, "load", "load at the start", m->load[0],
	       "%.2f (1 minute), %.2f (5 minutes)", m->load[0], m->load[1]);
	say(list, "kernel", "kernel", m->kernel);
	say(list, "huge_pages", "transparent huge pages", m->huge_pages);
	truth(list, "membarrier", "membarrier", m->membarrier, "yes",
	      "NO: entering a read-side section costs a full fence");
}

static void of_clock(struct list *list, const struct output_run *run)
{
	const struct clock_facts *c = &clock_facts;

	say(list, "clock", "clock", c->source);
	say(list, "clocksource", "the kernel's clock source",
	    run->machine->clocksource);
	number(list, "clock_quantum_ns", "clock quantum", c->quantum_ns,
	       "%.2f ns", c->quantum_ns);
	number(list, "clock_overhead_ns", "an empty interval", c->overhead_ns,
	       "%.1f ns", c->overhead_ns);
}

static void of_build(struct list *list, const struct output_run *run)
{
	say(list, "riotlb", "riotlb", run->version);
	say(list, "compiler", "compiler", run->machine->compiler);
	say(list, "flags", "flags", run->machine->flags);
	say(list, "libc", "C library", run->machine->libc);
	say(list, "allocator", "allocator", run->allocator);
}

static void started(struct list *list, const struct output_run *run)
{
	struct fact *fact = next(list, "date", "started", FACT_TEXT);
	struct tm tm;

	if (!localtime_r(&run->started, &tm) ||
	    !strftime(fact->own, sizeof(fact->own), "%Y-%m-%dT%H:%M:%S%z", &tm))
		fact->text = "unknown";
}

static void pinned(struct list *list, const struct output_run *run)
{
	struct fact *fact = next(list, "pinned", "pinned", FACT_TEXT);

	if (run->updater_cpu < 0)
		snprintf(fact->own, sizeof(fact->own),
			 "everything on CPU %d, reclaim by hand",
			 run->reader_cpu);
	else
		snprintf(fact->own, sizeof(fact->own),
			 "reader on CPU %d, updater and reclaimer on CPU %d",
			 run->reader_cpu, run->updater_cpu);
}

static void of_run(struct list *list, const struct output_run *run)
{
	struct fact *fact;

	started(list, run);
	number(list, "seconds", "took", run->seconds, "%.0f s", run->seconds);
	say(list, "command", "command", run->command);
	truth(list, "quick", "quick", run->quick,
	      "yes: few rounds, wide intervals", "no");
	truth(list, "peers", "peers", run->peers, "in the same run",
	      "left out on request");
	number(list, "rounds", "rounds of a contest", (double)run->rounds,
	       "%zu", run->rounds);
	number(list, "section", "lookups per section or lock", run->section,
	       "%u", run->section);
	pinned(list, run);
	/* as text: a JSON number loses bits above 2^53 */
	fact = next(list, "seed", "seed", FACT_TEXT);
	snprintf(fact->own, sizeof(fact->own), "0x%" PRIx64, run->seed);
}

size_t facts_of(const struct output_run *run, struct fact facts[FACTS_MAX])
{
	struct list list = { .facts = facts };

	of_machine(&list, run);
	of_clock(&list, run);
	of_build(&list, run);
	of_run(&list, run);
	return list.n;
}
