/* SPDX-License-Identifier: MIT */
#include "dump.h"

#include <inttypes.h>
#include <stdio.h>

static void put_bytes(const struct riotlb_bytes *bytes)
{
	if (bytes->hi)
		printf("0x%" PRIx64 "%016" PRIx64, bytes->hi, bytes->lo);
	else
		printf("0x%" PRIx64, bytes->lo);
}

static void put_endpoints(const struct dump *dump, uint32_t asid)
{
	const char *before = " (endpoints ";

	for (uint32_t i = 0; i < dump->trace->endpoints.n; i++) {
		if (dump->session->bound[i] != asid)
			continue;
		printf("%s%" PRIu32, before, dump->trace->endpoints.of[i]);
		before = ", ";
	}
	printf(*before == ',' ? ")" : " (no endpoints)");
}

static void put_name(const struct dump *dump, uint32_t asid)
{
	if (dump->trace->format == FORMAT_FTRACE) {
		printf("all domains");
		return;
	}
	printf("domain %" PRIu32, dump->trace->domains.of[asid]);
	put_endpoints(dump, asid);
}

static bool put_mapping(void *ctx, const struct riotlb_mapping *mapping)
{
	static const char *const perms[] = { "--", "r-", "-w", "rw" };

	(void)ctx;
	printf("  0x%016" PRIx64 "-0x%016" PRIx64 " -> 0x%016" PRIx64 " %s\n",
	       mapping->start, mapping->last, mapping->addr,
	       perms[mapping->perm & 3]);
	return true;
}

static void put_shape(const struct dump *dump, uint32_t asid)
{
	struct dump_figure figures[DUMP_FIGURES];

	dump_shape(dump, asid, figures);
	for (size_t i = 0; i < DUMP_FIGURES; i++)
		printf("  %-14s %" PRIu64 "\n", figures[i].name,
		       figures[i].value);
}

static bool put_space(const struct dump *dump, uint32_t asid)
{
	struct riotlb_stats stats = { 0 };

	riotlb_get_stats(dump->session->engine, asid, &stats);
	put_name(dump, asid);
	printf(": %" PRIu64 " mappings of ", stats.mappings);
	put_bytes(&stats.bytes);
	printf(" bytes, table %" PRIu64 " bytes, generation %" PRIu64 "\n",
	       stats.table_bytes, stats.generation);
	if (!dump->shape)
		return dump_mappings(dump, asid, put_mapping, NULL);
	put_shape(dump, asid);
	return true;
}

bool dump_text(const struct dump *dump)
{
	printf("%s: %s, %" PRIu64 " events, %" PRIu64 " lines skipped\n",
	       dump->trace->file, format_name(dump->trace->format),
	       trace_events(dump->trace), dump->trace->skipped);
	for (uint32_t i = 0; i < dump->session->nas; i++) {
		if (!put_space(dump, i))
			return false;
	}
	return true;
}
