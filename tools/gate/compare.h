/* SPDX-License-Identifier: MIT */
#ifndef RIOTLB_GATE_COMPARE_H
#define RIOTLB_GATE_COMPARE_H

#include "options.h"

/*
 * Measures and judges; gate->status says how that went. The gate has to be
 * freed whatever is returned, which is other than STATUS_PASS where there is
 * nothing to report.
 */
enum status compare(struct gate *gate, struct options *options,
		    const char *base, const char *head);

/* The table, and the files of --out. */
enum status compare_report(const struct gate *gate,
			   const struct options *options);

#endif
