/* SPDX-License-Identifier: MIT */
/*
 * Fork. The child has a copy of every lock, and none of the threads that would
 * unlock it; so the thread that forks holds them all, and what other threads
 * had in hand is either done or not begun. It cannot hold what has no lock: a
 * reset_map, a set_map, a first map or a rebinding of another thread may be cut
 * short after its swap. What follows a swap is made up for here: all stamps die
 * and the accounts of retired memory are cleared. The memory itself is lost.
 *
 * liburcu has no call by which a child drops the readers of its parent. Hence
 * the reclaiming thread leaves the registry before the fork.
 */
#include <errno.h>

#include "check.h"
#include "retire.h"
#include "trie.h"

static void hold_every_space(struct riotlb *e)
{
	struct riotlb_hold hold;
	uint32_t i;

	for (i = 0; i < e->front.nas; i++)
		riotlb_hold_all(&hold, &e->spaces[i]);
}

static void release_every_space(struct riotlb *e)
{
	uint32_t i;

	for (i = 0; i < e->front.nas; i++) {
		struct riotlb_hold hold = { .space = &e->spaces[i] };

		riotlb_release(&hold);
	}
}

int riotlb_before_fork(struct riotlb *e)
{
	int err = riotlb_reclaimer_suspend(e);

	if (err != 0)
		return err;
	hold_every_space(e);
	e->forking = riotlb_platform_process();
	return 0;
}

void riotlb_after_fork_parent(struct riotlb *e)
{
	RIOTLB_ASSERT(e->forking == riotlb_platform_process());
	e->forking = 0;
	release_every_space(e);
	riotlb_reclaimer_resume(e);
}

/* ---- the child ------------------------------------------------- */

static bool any_space_held(const struct riotlb *e)
{
	uint32_t i;

	for (i = 0; i < e->front.nas; i++)
		if (riotlb_is_held(&e->spaces[i]))
			return true;
	return false;
}

/* The parent will report what it has mapped so far; the child must not. */
static void silence_records(struct riotlb_space *space)
{
	struct riotlb_table *table =
		riotlb_ptr_of(riotlb_load_seq(&space->head->table));
	struct riotlb_cursor cursor = riotlb_cursor_of(table);
	struct riotlb_extent e;
	uint64_t at = 0;

	/* prebuilt tables keep no records */
	if (space->engine->retire == NULL || riotlb_is_prebuilt(space, table))
		return;
	while (riotlb_extent_next(&cursor, at, UINT64_MAX, &e)) {
		riotlb_record_silence(riotlb_ptr_of(e.side));
		if (e.last == UINT64_MAX)
			break;
		at = e.last + 1;
	}
}

static void kill_stamps(struct riotlb *e)
{
	uint32_t i;

	for (i = 0; i < e->front.nas; i++)
		riotlb_touch_all(&e->spaces[i]);
	for (i = 0; i < e->front.ngroups; i++)
		/* [P5:W] */
		riotlb_add_seq(&e->front.groups[i].rebinds, 1);
}

int riotlb_after_fork_child(struct riotlb *e)
{
	uint32_t i;
	int err;

	RIOTLB_ASSERT(e->forking != riotlb_platform_process());
	err = riotlb_reclaimer_adopt(e);
	if (err != 0)
		return err;
	if (e->forking == 0 && any_space_held(e)) {
		riotlb_reclaimer_adopted(e);
		return -EBUSY;
	}
	e->forking = 0;
	for (i = 0; i < e->front.nas; i++)
		riotlb_release_orphaned(&e->spaces[i]);
	riotlb_reclaimer_discard(e);
	for (i = 0; i < e->front.nas; i++)
		silence_records(&e->spaces[i]);
	kill_stamps(e);
	riotlb_reclaimer_adopted(e);
	return 0;
}
