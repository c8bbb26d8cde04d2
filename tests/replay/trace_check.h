/* SPDX-License-Identifier: MIT */
/* What holds of every trace in memory, whatever the file was. */
#ifndef RIOTLB_REPLAY_TRACE_CHECK_H
#define RIOTLB_REPLAY_TRACE_CHECK_H

#include "parse.h"

/* Each event is sound, and the sums are those of the events. */
void trace_check(const struct trace *trace);

/*
 * Gives the line to the parser in memory of just its length, so that a
 * sanitizer sees a step too far. One that is refused leaves no event, and a
 * reason. Was it taken?
 */
bool trace_check_line(const struct parser *parser, struct trace *trace,
		      const char *line, size_t length, uint32_t number);

#endif
