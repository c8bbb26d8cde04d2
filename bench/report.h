/* SPDX-License-Identifier: MIT */
/* Results as tables under 100 columns, and as JSON. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "machine.h"
#include "run.h"

struct report {
	const struct machine *machine;
	const struct run_settings *settings;
	const struct shape_result *results;
	size_t n;
	double seconds;
	double steal; /* share of all CPU time, in percent */
};

/* Before the run: what it will be. */
void report_head(const struct machine *machine,
		 const struct run_settings *settings);
/* After it. */
void report_tables(const struct report *report);
/* Closes the file. 0 or -errno (it cannot be written), -ENOMEM. */
int report_json(const struct report *report, FILE *file);

#endif
