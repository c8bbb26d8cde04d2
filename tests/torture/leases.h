/* SPDX-License-Identifier: MIT */
/* From the readers, who begin leases, to the completer, who ends them. */
#ifndef TORTURE_LEASES_H
#define TORTURE_LEASES_H

#include <stdbool.h>

#include "ledger.h"

enum {
	LEASE_HOLDS = 8,
	LEASE_DEPTH = 64,
};

/* What one lease protects. */
struct request {
	riotlb_lease lease;
	unsigned int n;
	struct held held[LEASE_HOLDS];
};

void leases_reset(void);
/* How many have been begun, or are about to be, and have not ended. */
unsigned int leases_held(void);
/*
 * In the section of the lookups. False, and nothing was begun, if the queue is
 * full.
 */
bool lease_submit(struct riotlb *engine, const struct held *held,
		  unsigned int n);

struct actor;
/* Ends all that are left, when the readers are gone. */
void leases_drain(struct actor *a);

#endif
