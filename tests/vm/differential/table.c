/* SPDX-License-Identifier: MIT */
#include "table.h"

#include "check.h"

void table_add(struct table *table, struct region region)
{
	check(table->n < MAX_REGIONS);
	table->regions[table->n++] = region;
}

static bool region_equal(const struct region *a, const struct region *b,
			 bool places)
{
	if (a->start != b->start || a->last != b->last)
		return false;
	return !places ||
	       (a->place.area == b->place.area &&
		a->place.offset == b->place.offset && a->perm == b->perm);
}

bool table_equal(const struct table *a, const struct table *b, bool places)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!region_equal(&a->regions[i], &b->regions[i], places))
			return false;
	return true;
}
