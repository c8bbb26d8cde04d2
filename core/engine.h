/* SPDX-License-Identifier: MIT */
/*
 * The engine's and the address space's own data. Who writes what under which
 * lock is said at each field; core/ORDERING.md has the ordered pairs.
 */
#ifndef RIOTLB_CORE_ENGINE_H
#define RIOTLB_CORE_ENGINE_H

#include <riotlb/detail/layout.h>
#include <riotlb/riotlb.h>

#include "phase.h"
#include "platform.h"

#define RIOTLB_LINE_ALIGNED _Alignas(RIOTLB_CACHE_LINE)

/*
 * Updaters of an AS are kept apart by regions of 2^RIOTLB_REGION_SHIFT bytes,
 * hashed onto stripes; see stripe.h.
 */
enum {
#ifdef RIOTLB_TINY
	RIOTLB_REGION_SHIFT = 2,
	RIOTLB_DEFAULT_STRIPES = RIOTLB_MIN_STRIPES,
#else
	RIOTLB_REGION_SHIFT = 21,
	RIOTLB_DEFAULT_STRIPES = RIOTLB_MAX_STRIPES,
#endif
	/* a word of the list of stripes in use has a bit for each of so many */
	RIOTLB_LIST_BITS = 64,
	RIOTLB_LIST_WORDS = RIOTLB_MAX_STRIPES / RIOTLB_LIST_BITS,
};

struct riotlb_stripe {
	RIOTLB_LINE_ALIGNED
	uint64_t seq;  /* odd while held [P6] */
	uint64_t cell; /* stamps: changes of its regions [P5]; by the holder */
	uint64_t listed; /* 1: it has its bit in the AS's list */
	/*
	 * Share of the totals of the table called table_id; void when the AS
	 * has another table by now. By the holder.
	 */
	uint64_t table_id;
	uint64_t mappings;
	uint64_t bytes_lo;
	uint64_t bytes_hi;
};

struct riotlb_space {
	/* constant after creation */
	RIOTLB_LINE_ALIGNED
	struct riotlb *engine;
	struct riotlb_head *head;
	struct riotlb_table *default_table;
	struct riotlb_table *empty_table;
	uint64_t limit_mappings; /* UINT64_MAX: none */
	uint64_t limit_bytes;
	struct riotlb_stripe *stripes;
	uint16_t stripe_mask; /* their number less one */
	uint32_t asid;
	bool plain; /* no limit, hook, callback or cap: see quick.c */

	RIOTLB_LINE_ALIGNED
	uint64_t gate; /* odd while held exclusively [P7] */
	/* a bit for each stripe that was ever used; only ever set [P7] */
	uint64_t listed[RIOTLB_LIST_WORDS];
	uint64_t next_id; /* of tables; atomic */
	uint64_t prunes;  /* by the exclusive holder; read unlocked [P5] */
	uint64_t rebuild_above;  /* mappings; by the reclaimer */
	uint64_t pruned_density; /* bytes per mapping then; by the reclaimer */

	RIOTLB_LINE_ALIGNED
	uint64_t retired;       /* stack of struct riotlb_object [P10] */
	uint64_t retired_bytes; /* waiting; atomic */
	uint64_t unflushed; /* of them, not in engine->backlog yet; atomic */
	struct riotlb_object *collected; /* by a cycle under way */
};

/* What one cycle of reclamation leaves to do once older leases are gone. */
struct riotlb_batch {
	struct riotlb_object *records;
	struct riotlb_deferred *deferred;
	uint64_t cycle;
};

struct riotlb {
	struct riotlb_front
		front; /* must be first: inline lookups cast to it */

	/* constant after creation */
	struct riotlb_space *spaces;
	struct riotlb_stripe *stripes; /* of all AS */
	uint32_t stripes_per_as;
	struct riotlb_allocator allocator;
	riotlb_sync_fn *sync;
	riotlb_retire_fn *retire;
	void *hook_ctx;
	uint64_t backlog_cap; /* 0: none */
	uint64_t backlog_grain;
	bool backlog_wait;

	/* written once per cycle, read by updates for their tokens */
	RIOTLB_LINE_ALIGNED
	uint64_t cycle_started; /* [P8] */
	uint64_t cycle_done;    /* [P13] */

	RIOTLB_LINE_ALIGNED
	uint64_t cycle_wanted; /* highest token that somebody asked for */
	uint64_t deferred;     /* stack of struct riotlb_deferred [P10] */
	RIOTLB_LINE_ALIGNED
	uint64_t backlog; /* retired bytes, summed up in grains; atomic */

	struct riotlb_phases leases;

	/* under reclaim_lock */
	RIOTLB_LINE_ALIGNED
	struct riotlb_mutex *reclaim_lock;
	struct riotlb_batch
		waiting; /* grace period done, leases not looked at */
	struct riotlb_batch draining; /* waits for the leases of its time */
	struct riotlb_drain lease_drain;
	bool reclaimer_online;
	bool muted;       /* in a child of fork: no callbacks; see fork.c */
	uint64_t forking; /* process that is about to fork, or 0; see fork.c */
	uint64_t idle_us;
	void (*maintain)(struct riotlb_space *space); /* after each cycle */
	struct riotlb_worker *worker;                 /* NULL: manual reclaim */
};

static inline bool riotlb_is_prebuilt(const struct riotlb_space *space,
				      const struct riotlb_table *table)
{
	return table == space->default_table || table == space->empty_table;
}

#endif
