/* SPDX-License-Identifier: MIT */
/*
 * Changes whole AS: versions of the paired places (history.h) by reset_map,
 * set_map and apply; resets and set_map in the AS that everybody resets; and
 * the rebinder of groups.
 */
#include <errno.h>
#include <sched.h>

#include "history.h"
#include "ledger.h"
#include "round.h"
#include "violation.h"

struct contents {
	unsigned int n;
	struct edit edit[PLACES_MAX];
	struct riotlb_mapping mapping[PLACES_MAX];
};

static bool add(struct actor *a, struct contents *c, uint32_t asid,
		uint32_t place, uint64_t version, bool in_wipe)
{
	bool paired = place_is_paired(asid, place);
	uint32_t block = block_take(&a->rng, asid, place, BOTH);

	if (block == BLOCK_NONE)
		return false;
	atomic_store(&blocks[block].version, version);
	c->edit[c->n] = (struct edit){ .asid = asid,
				       .place = place,
				       .maps = paired ? 0 : BOTH,
				       .block = block,
				       .in_wipe = in_wipe };
	c->mapping[c->n++] = block_mapping(block, blocks[block].perm);
	return true;
}

static bool add_paired(struct actor *a, struct contents *c, uint32_t asid,
		       uint64_t version, bool in_wipe)
{
	for (uint32_t place = 0; place < PAIRED; place++)
		if (!add(a, c, asid, place, version, in_wipe))
			return false;
	return true;
}

/*
 * Some of the places that are on their own. Where others are to change
 * together there are none most of the time: the more often they do the better.
 */
static bool add_loose(struct actor *a, struct contents *c, uint32_t asid)
{
	uint32_t first = asid >= SPACE_PUBLISHED ? PAIRED : 0;

	if (first && rng_percent(&a->rng, 70))
		return true;
	for (uint32_t place = first; place < places_n; place++)
		if (rng_percent(&a->rng, 20) &&
		    !add(a, c, asid, place, 0, true))
			return false;
	return true;
}

static void begin(struct contents *c)
{
	for (unsigned int i = 0; i < c->n; i++)
		edit_begin(&c->edit[i]);
}

static void finish(struct actor *a, struct contents *c, bool done)
{
	for (unsigned int i = 0; i < c->n; i++) {
		if (!done) {
			edit_failed(&c->edit[i]);
			continue;
		}
		edit_done(&c->edit[i]);
		actor_keep(a, c->edit[i].block);
	}
}

static void give_up(struct actor *a, struct contents *c)
{
	for (unsigned int i = 0; i < c->n; i++)
		block_drop(c->edit[i].block);
	count_add(&a->counts, COUNT_starved, 1);
}

/* ---- set_map ----------------------------------------------------------- */

/* `version` of 0: of an AS that has none. */
static bool set_map(struct actor *a, struct contents *c, uint32_t asid,
		    uint64_t version)
{
	uint64_t ticket;
	bool done;

	c->n = 0;
	if ((version && !add_paired(a, c, asid, version, true)) ||
	    !add_loose(a, c, asid)) {
		give_up(a, c);
		return false;
	}
	ticket = wipe_begin(asid);
	begin(c);
	done = actor_updated(
		a, "set_map",
		riotlb_set_map(a->engine, asid, c->mapping, c->n, NULL),
		MAY_BACKLOG);
	finish(a, c, done);
	wipe_end(asid, ticket, done);
	return done;
}

/* ---- apply ------------------------------------------------------------- */

/* Paired places in an order of its own, with or without an unmap before. */
static unsigned int list_ops(struct actor *a, const struct contents *c,
			     struct riotlb_op ops[2 * PAIRED])
{
	bool replace = rng_percent(&a->rng, 50);
	uint64_t turn = rng_below(&a->rng, PAIRED);
	unsigned int n = 0;

	for (unsigned int i = 0; i < PAIRED; i++) {
		struct riotlb_op op = {
			.kind = RIOTLB_OP_UNMAP,
			.policy = RIOTLB_UNMAP_EXACT,
			.mapping = c->mapping[i ^ turn],
		};

		if (!replace)
			ops[n++] = op;
		op.kind = RIOTLB_OP_MAP;
		op.flags = replace ? RIOTLB_MAP_REPLACE : 0;
		ops[n++] = op;
	}
	return n;
}

static bool apply(struct actor *a, struct contents *c, uint32_t asid,
		  uint64_t version)
{
	struct riotlb_op ops[2 * PAIRED];
	unsigned int n;
	bool done;

	c->n = 0;
	if (!add_paired(a, c, asid, version, false)) {
		give_up(a, c);
		return false;
	}
	n = list_ops(a, c, ops);
	begin(c);
	done = actor_updated(a, "apply",
			     riotlb_apply(a->engine, asid, ops, n, NULL),
			     MAY_BACKLOG);
	finish(a, c, done);
	return done;
}

/* One that fails in its last operation, which nobody may ever see. */
static void apply_in_vain(struct actor *a, struct contents *c, uint32_t asid)
{
	struct riotlb_op ops[2 * PAIRED + 1];
	unsigned int n;
	int err;

	c->n = 0;
	if (!add_paired(a, c, asid, VERSION_NEVER, false)) {
		give_up(a, c);
		return;
	}
	n = list_ops(a, c, ops);
	ops[n++] = (struct riotlb_op){
		.kind = RIOTLB_OP_PROTECT,
		.mapping = { .start = PLACE_HOLE,
			     .last = PLACE_HOLE,
			     .perm = RIOTLB_RW },
	};
	begin(c);
	err = riotlb_apply(a->engine, asid, ops, n, NULL);
	if (actor_updated(a, "a bad apply", err, MAY_FAULT | MAY_BACKLOG))
		violation("an apply over a hole succeeded");
	finish(a, c, false);
}

/* ---- versions ---------------------------------------------------------- */

static bool publish_once(struct actor *a, struct contents *c, uint32_t asid,
			 uint64_t version)
{
	if (version_is_reset(asid, version)) {
		actor_reset(a, asid);
		return true;
	}
	if (rng_percent(&a->rng, 10))
		apply_in_vain(a, c, asid);
	if (rng_percent(&a->rng, 40))
		return set_map(a, c, asid, version);
	return apply(a, c, asid, version);
}

static void publish(struct actor *a, struct contents *c, uint32_t asid)
{
	uint64_t version = version_over(asid) + 1;

	version_begin(asid, version);
	while (!publish_once(a, c, asid, version)) {
		if (!round_goes_on(a))
			return;
		/* this is never refused, however much is waiting */
		actor_reset(a, SPACE_WILD);
		actor_sleep(a, 100);
	}
	version_done(asid, version);
	count_add(&a->counts, COUNT_publications, 1);
}

static void pause_a_while(struct actor *a)
{
	uint64_t yields = rng_log(&a->rng, 4);

	while (yields--)
		sched_yield();
	if (rng_percent(&a->rng, 10))
		actor_sleep(a, rng_below(&a->rng, 1000));
}

static void reset_some(struct actor *a)
{
	for (uint64_t n = 1 + rng_log(&a->rng, 4); n; n--)
		actor_reset(a, SPACE_WILD);
}

void publisher(struct actor *a)
{
	static struct contents contents;

	while (round_goes_on(a)) {
		uint64_t x = rng_below(&a->rng, 100);

		if (x < 60)
			publish(a, &contents,
				SPACE_PUBLISHED +
					(uint32_t)rng_below(
						&a->rng,
						SPACES - SPACE_PUBLISHED));
		else if (x < 85)
			reset_some(a);
		else
			set_map(a, &contents, SPACE_WILD, 0);
		if (x % 16 == 0)
			atomic_store(&a->round->hot,
				     (unsigned int)rng_below(&a->rng, SPACES));
		if (rng_percent(&a->rng, 30))
			pause_a_while(a);
	}
}

/* ---- groups ------------------------------------------------------------ */

void rebinder(struct actor *a)
{
	while (round_goes_on(a)) {
		uint32_t group = (uint32_t)rng_below(&a->rng, GROUPS);
		uint64_t version = binding_over(group) + 1;
		uint32_t asid = binding_of(group, version);

		binding_begin(group, version);
		actor_updated(
			a, "set_group_asid",
			riotlb_set_group_asid(a->engine, group, asid, NULL), 0);
		binding_done(group, version);
		count_add(&a->counts, COUNT_rebinds, 1);
		actor_sleep(a, rng_below(&a->rng, 300));
	}
}
