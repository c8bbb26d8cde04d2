/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <stdio.h>

#include "counted.h"
#include "subject.h"

#define NAME_WIDTH 18

void report_head(const struct machine *machine,
		 const struct run_settings *settings)
{
	const struct subject_settings *s = &subject_settings;

	printf("cpu        %s, %d cores%s\n", machine->cpu, machine->cores,
	       machine->virtual ? ", virtual (hypervisor flag)" : "");
	printf("kernel     %s, huge pages %s\n", machine->kernel,
	       machine->huge_pages);
	printf("compiler   %s, %s\n", machine->compiler, machine->flags);
	printf("clock      %s (the kernel's: %s)\n", clock_facts.source,
	       machine->clocksource);
	printf("           quantum %.2f ns, an empty interval %.1f ns\n",
	       clock_facts.quantum_ns, clock_facts.overhead_ns);
	printf("rcu        memb flavour, membarrier %s\n",
	       machine->membarrier ? "yes"
				   : "NO: read_lock costs a full fence");
	printf("memory     %s%s\n", counted_allocator_name,
	       s->huge_pages ? ", huge pages asked for" : "");
	printf("pinned     reader and updater on CPU %d, ", s->reader_cpu);
	if (s->reclaim_cpu < 0)
		printf("manual reclaim between samples\n");
	else
		printf("reclaim thread on CPU %d\n", s->reclaim_cpu);
	printf("lookups    1 byte, RIOTLB_READ, section or burst of %u\n",
	       s->section);
	printf("samples    %zu rounds in random order; %zu lookups, %zu "
	       "updates or more each\n",
	       settings->rounds, settings->lookups, settings->updates);
	printf("\nAll times in ns per operation, medians. [low, high] is the "
	       "95 %% interval of the median\nratio riotlb / radix, taken "
	       "round by round; below 1 riotlb is faster.\n");
	fflush(stdout);
}

/* ---- cells -------------------------------------------------------------- */

static void cell(double value, int width)
{
	printf(" %*.*f", width,
	       value < 9.995   ? 2
	       : value < 999.5 ? 1
			       : 0,
	       value);
}

static void not_applicable(int width)
{
	printf(" %*s", width, "n/a");
}

/* "  1.23 [ 1.20,  1.31]": 21 columns */
static void interval_cell(const struct estimate *e)
{
	const char *format = e->high < 99.995 ? " %5.2f [%5.2f, %5.2f]"
					      : " %5.0f [%5.0f, %5.0f]";

	printf(format, e->median, e->low, e->high);
}

static void ratio_cell(const struct shape_result *r, const struct comparison *c)
{
	if (r->has_radix)
		interval_cell(&c->ratio);
	else
		printf(" %5s%15s", "n/a", "");
}

static void radix_cell(const struct shape_result *r, double value, int width)
{
	if (r->has_radix)
		cell(value, width);
	else
		not_applicable(width);
}

static void row(const struct shape_result *r)
{
	printf("%-*s", NAME_WIDTH, r->shape->name);
}

/* ---- tables ------------------------------------------------------------- */

static void lookup_table(const struct report *report)
{
	printf("\n%-*s %7s %7s %7s  %-20s %s\n", NAME_WIDTH, "lookup", "riotlb",
	       "burst", "radix", "riotlb / radix", "burst / radix");
	for (size_t i = 0; i < report->n; i++) {
		const struct shape_result *r = &report->results[i];

		row(r);
		cell(r->lookup.riotlb.median, 7);
		cell(r->burst.riotlb.median, 7);
		radix_cell(r, r->lookup.radix.median, 7);
		printf(" ");
		ratio_cell(r, &r->lookup);
		ratio_cell(r, &r->burst);
		printf("\n");
	}
}

static void dependent_and_remap_table(const struct report *report)
{
	printf("\n%-*s %-37s %s\n", NAME_WIDTH, "", " dependent lookup",
	       " unmap + map");
	printf("%-*s %7s %7s  %-20s %7s %7s  %s\n", NAME_WIDTH, "", "riotlb",
	       "radix", "ratio", "riotlb", "radix", "ratio");
	for (size_t i = 0; i < report->n; i++) {
		const struct shape_result *r = &report->results[i];

		row(r);
		cell(r->dependent.riotlb.median, 7);
		radix_cell(r, r->dependent.radix.median, 7);
		printf(" ");
		ratio_cell(r, &r->dependent);
		cell(r->remap.riotlb.median, 7);
		radix_cell(r, r->remap.radix.median, 7);
		printf(" ");
		ratio_cell(r, &r->remap);
		printf("\n");
	}
}

static void bulk_table(const struct report *report)
{
	printf("\n%-*s %7s %7s  %-20s %7s  %s\n", NAME_WIDTH,
	       "map_bulk / mapping", "riotlb", "radix", "riotlb / radix",
	       "memcpy", "riotlb / memcpy");
	for (size_t i = 0; i < report->n; i++) {
		const struct shape_result *r = &report->results[i];

		row(r);
		cell(r->bulk.riotlb.median, 7);
		radix_cell(r, r->bulk.radix.median, 7);
		printf(" ");
		ratio_cell(r, &r->bulk);
		cell(r->copy.median, 7);
		printf(" ");
		interval_cell(&r->bulk_to_copy);
		printf("\n");
	}
}

static void memory_table(const struct report *report)
{
	printf("\n%-*s %10s %10s %10s   bytes per mapping, through the "
	       "hooks\n",
	       NAME_WIDTH, "memory", "riotlb", "updated", "radix");
	for (size_t i = 0; i < report->n; i++) {
		const struct shape_result *r = &report->results[i];
		double n = (double)r->shape->n;

		row(r);
		cell((double)r->bytes / n, 10);
		cell((double)r->bytes_later / n, 10);
		radix_cell(r, (double)r->radix_bytes / n, 10);
		printf("\n");
	}
	printf("riotlb: built by one map_bulk; updated: after the unmap + map "
	       "rounds. Over what an engine\nin its default state, or a "
	       "radix with its 4 MiB root alone, has allocated.\n");
}

static void reset_table(const struct report *report)
{
	printf("\n%-*s %8s %8s  %-20s %9s %7s\n", NAME_WIDTH, "reset, one call",
	       "riotlb", "16 x 4k", "shape / 16 x 4k", "radix", "calls");
	for (size_t i = 0; i < report->n; i++) {
		const struct shape_result *r = &report->results[i];

		row(r);
		cell(r->reset.median, 8);
		cell(r->reset_16.median, 8);
		printf(" ");
		interval_cell(&r->reset_to_16);
		if (r->has_radix)
			printf(" %9.0f", r->radix_reset.median);
		else
			not_applicable(9);
		printf(" %7zu\n", r->reset_calls);
	}
	printf("Caller's time, caches flushed (%zu MiB walked) before each "
	       "call, the empty call taken off.\nThe radix, which has no "
	       "reset, clears each page.\n",
	       cache_flush_bytes >> 20);
}

void report_tables(const struct report *report)
{
	lookup_table(report);
	dependent_and_remap_table(report);
	bulk_table(report);
	memory_table(report);
	reset_table(report);
	printf("\n%zu shapes in %.0f s", report->n, report->seconds);
	if (report->machine->virtual)
		printf("; the hypervisor took %.1f %% of the CPU time",
		       report->steal);
	printf("\n");
}
