/* SPDX-License-Identifier: MIT */
/*
 * The rows of one group and op as a table: a line per shape, a column per
 * subject, riotlb's first. Planned rows are left out.
 */
#ifndef BENCH_OUTPUT_PIVOT_H
#define BENCH_OUTPUT_PIVOT_H

#include <stdbool.h>
#include <stddef.h>

#include "../results.h"

#define PIVOT_OURS "riotlb"

struct pivot {
	const char *group;
	const char *op;
	const char *unit; /* of all; "" if they differ */
	size_t lines;
	size_t columns;
	const char **line;   /* shapes */
	const char **column; /* subjects */
	const struct row **cell;
};

/*
 * Walks the groups and ops in the order of their first rows. *at begins at 0.
 * False: there is no further one.
 */
bool pivot_next(const struct results *results, size_t *at, const char **group,
		const char **op);

/* False: no memory. What is left out has no lines. */
bool pivot_make(const struct results *results, const char *group,
		const char *op, struct pivot *pivot);
void pivot_free(struct pivot *pivot);

/* NULL: there is none. */
static inline const struct row *pivot_at(const struct pivot *pivot, size_t line,
					 size_t column)
{
	return pivot->cell[line * pivot->columns + column];
}

/* Is column 0 riotlb's, and are there others to compare it with? */
bool pivot_compares(const struct pivot *pivot);

#endif
