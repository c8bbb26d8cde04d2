/* SPDX-License-Identifier: MIT */
/* The state after a replay, as text or JSON, on standard output. */
#ifndef RIOTLB_CLI_DUMP_H
#define RIOTLB_CLI_DUMP_H

#include <stdbool.h>

#include "session.h"

struct dump {
	const struct trace *trace;
	const struct session *session;
	bool shape; /* the tries instead of the mappings */
};

/* Calls `each` for the mappings of an AS, in order, until it returns false. */
bool dump_mappings(const struct dump *dump, uint32_t asid,
		   bool (*each)(void *ctx,
				const struct riotlb_mapping *mapping),
		   void *ctx);

/* The figures of a trie, in the order in which they are shown. */
struct dump_figure {
	const char *name;
	uint64_t value;
	bool is_bytes;
};

#define DUMP_FIGURES 10u

void dump_shape(const struct dump *dump, uint32_t asid,
		struct dump_figure figures[DUMP_FIGURES]);

/* Both return false where they run out of memory. */
bool dump_text(const struct dump *dump);
bool dump_json(const struct dump *dump);

#endif
