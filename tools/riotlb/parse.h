/* SPDX-License-Identifier: MIT */
/* One line of a trace to events, for each format. */
#ifndef RIOTLB_CLI_PARSE_H
#define RIOTLB_CLI_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "events.h"
#include "scan.h"

#define PARSE_WHY 128

/* A line of an event that the format knows; `rest` is what follows its name. */
struct known {
	unsigned int event;
	struct scan rest;
};

struct parser {
	enum format format;
	/* Is the line a known event? Looks at its name alone. */
	bool (*recognize)(const char *line, size_t length, struct known *known);
	/* Is it the answer to the trace's last event, not one by itself? */
	bool (*answers_last)(const struct trace *trace,
			     const struct known *known);
	/* Adds it to the trace, or says in `why` what is wrong with it. */
	bool (*add)(struct trace *trace, const struct known *known,
		    uint32_t line, char why[PARSE_WHY]);
};

extern const struct parser parse_virtio_iommu;
extern const struct parser parse_ftrace;

#endif
