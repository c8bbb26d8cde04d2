/* SPDX-License-Identifier: MIT */
/*
 * Dense numbering: the n-th new id gets number n. For domains and endpoints,
 * whose ids in a trace may be any 32-bit number.
 */
#ifndef RIOTLB_CLI_IDS_H
#define RIOTLB_CLI_IDS_H

#include <stdint.h>

struct ids {
	uint32_t *of; /* number -> id; `n` entries */
	uint32_t n;
	uint32_t max;
	uint32_t *slots; /* hash table of number + 1, 0 is free */
	uint32_t nslots; /* a power of two, or 0 */
};

/* At most `max` ids. Allocates nothing. */
void ids_init(struct ids *ids, uint32_t max);
void ids_free(struct ids *ids);

/* Errors: -ENOSPC (more than `max`), -ENOMEM. */
int ids_number(struct ids *ids, uint32_t id, uint32_t *number);

#endif
