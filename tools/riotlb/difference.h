/* SPDX-License-Identifier: MIT */
#ifndef RIOTLB_CLI_DIFFERENCE_H
#define RIOTLB_CLI_DIFFERENCE_H

#include "ops.h"
#include "session.h"

/*
 * Prints to standard output where the engine and the trace disagree: it
 * returned `err` for the operation or, for a translation with err 0, `addr`.
 */
void difference_show(const struct trace *trace, const struct session *session,
		     const struct op *op, int err, uint64_t addr);

#endif
