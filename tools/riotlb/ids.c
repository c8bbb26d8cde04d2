/* SPDX-License-Identifier: MIT */
#include "ids.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_SLOTS 64u

void ids_init(struct ids *ids, uint32_t max)
{
	*ids = (struct ids){ .max = max };
}

void ids_free(struct ids *ids)
{
	free(ids->of);
	free(ids->slots);
	*ids = (struct ids){ 0 };
}

/* The slot that holds `id`, or the free one where it belongs. */
static uint32_t find_slot(const struct ids *ids, uint32_t id)
{
	uint32_t i = (id * 2654435769u) >> 7;

	for (;; i++) {
		uint32_t held = ids->slots[i & (ids->nslots - 1)];

		if (!held || ids->of[held - 1] == id)
			return i & (ids->nslots - 1);
	}
}

/* Half of the slots stay free, so `of` has room for the other half. */
static int grow(struct ids *ids)
{
	uint32_t nslots = ids->nslots ? ids->nslots * 2 : FIRST_SLOTS;
	uint32_t *of = realloc(ids->of, nslots / 2 * sizeof(*of));
	uint32_t *slots;

	if (!of)
		return -ENOMEM;
	ids->of = of;
	slots = calloc(nslots, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(ids->slots);
	ids->slots = slots;
	ids->nslots = nslots;
	for (uint32_t i = 0; i < ids->n; i++)
		slots[find_slot(ids, of[i])] = i + 1;
	return 0;
}

int ids_number(struct ids *ids, uint32_t id, uint32_t *number)
{
	uint32_t slot;
	int err;

	if (ids->n * 2 == ids->nslots) {
		err = grow(ids);
		if (err)
			return err;
	}
	slot = find_slot(ids, id);
	if (!ids->slots[slot]) {
		if (ids->n == ids->max)
			return -ENOSPC;
		ids->of[ids->n++] = id;
		ids->slots[slot] = ids->n;
	}
	*number = ids->slots[slot] - 1;
	return 0;
}
