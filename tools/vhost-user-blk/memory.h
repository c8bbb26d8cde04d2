/* SPDX-License-Identifier: MIT */
/*
 * The memory that the front-end shares, in riotlb. Its regions are mappings of
 * two address spaces: from the front-end's addresses, which UPDATE messages
 * name, and from guest physical ones, which the rings have without an IOMMU.
 * With one, the rings have IOVAs, in a third space, which the front-end fills
 * and empties by messages. The group of the queues is bound to the second or to
 * the third.
 *
 * All calls are the control thread's, which is registered with the engine's
 * flavour and, under QSBR, offline. Those that "may wait" do so until no
 * section and no lease of before can use what is gone.
 */
#ifndef RIOTLB_VHOST_USER_MEMORY_H
#define RIOTLB_VHOST_USER_MEMORY_H

#include "wire.h"

struct memory;
struct rcu_flavor_struct;

/* IOVA mappings at most; all are dropped for one that does not fit. */
enum { MEMORY_MAX_MAPPINGS = 65536, MEMORY_GROUP = 0 };

/* Errors: those of riotlb_create. */
int memory_create(const struct rcu_flavor_struct *flavor, struct memory **out);
/* May wait. */
void memory_destroy(struct memory *memory);

struct riotlb *memory_engine(struct memory *memory);

/*
 * A new table, instead of the last one and of all that was derived from it, at
 * one instant for each space. The descriptors stay the caller's. May wait.
 * Errors, with nothing changed: -EINVAL (a region that is empty, wraps, or is
 * not all in its file), -EEXIST (two overlap), -ENOMEM, those of mmap.
 */
int memory_set_table(struct memory *memory, const struct wire_region *regions,
		     const int *fds, unsigned n);

/* Which addresses the queues have. They are stopped. */
void memory_use_iova(struct memory *memory, bool iova);

/* Guest physical instead of the front-end's. Errors: -EFAULT. */
int memory_guest_of(const struct memory *memory, uint64_t user,
		    uint64_t *guest);

/*
 * An UPDATE. Where a part of it is mapped to the same place already, it may be
 * used for what was allowed before, too: it was not taken back. Errors: -EFAULT
 * (the addresses are not all in the table), -ENOMEM.
 */
int memory_update(struct memory *memory, const struct riotlb_iotlb_msg *msg);

/* An INVALIDATE; it is done when memory_wait has returned. */
void memory_invalidate(struct memory *memory,
		       const struct riotlb_iotlb_msg *msg,
		       struct riotlb_token *token);
/* Until nothing can use what was gone at that time. */
void memory_wait(struct memory *memory, struct riotlb_token token);

struct memory_stats {
	uint64_t updates;
	uint64_t updated_bytes;
	uint64_t widened; /* updates that left more allowed than they say */
	uint64_t invalidations;
	uint64_t invalidated; /* mappings that these removed */
	uint64_t overflows;
	uint64_t mappings; /* now, of IOVAs */
};

void memory_get_stats(struct memory *memory, struct memory_stats *stats);

#endif
