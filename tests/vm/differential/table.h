/* SPDX-License-Identifier: MIT */
/* What a device can translate, in a form that both sides can give. */
#ifndef TESTS_VM_TABLE_H
#define TESTS_VM_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory.h"

#define MAX_REGIONS 2048 /* vhost-vdpa's limit for a device */

struct region {
	uint64_t start;
	uint64_t last;
	struct place place;
	uint32_t perm;
};

struct table {
	size_t n;
	struct region regions[MAX_REGIONS];
};

void table_add(struct table *table, struct region region);

/* places: compare places and permissions too, not ranges alone */
bool table_equal(const struct table *a, const struct table *b, bool places);

#endif
