/* SPDX-License-Identifier: MIT */
/*
 * Maps and unmaps, at places that other updaters are at too; and once in a
 * while resets an AS under their hands.
 */
#include "ledger.h"
#include "round.h"

enum {
	BATCH = 8,
};

/* One call: its parts, and what is to be mapped. */
struct call {
	struct actor *a;
	uint32_t asid;
	unsigned int n;
	struct edit edit[BATCH];
	struct riotlb_mapping mapping[BATCH];
};

static uint32_t perm_for(struct actor *a, uint32_t place)
{
	if (places[place].perms == PERMS_READ)
		return RIOTLB_READ;
	if (places[place].perms == PERMS_VARIED && rng_percent(&a->rng, 50))
		return RIOTLB_READ;
	return RIOTLB_RW;
}

static unsigned int any_mask(struct actor *a)
{
	return rng_percent(&a->rng, 70) ? BOTH
					: 1u << rng_below(&a->rng, CELLS);
}

static void add_removal(struct call *c, uint32_t place, unsigned int mask)
{
	struct edit *e = &c->edit[c->n];

	*e = (struct edit){ .asid = c->asid,
			    .place = place,
			    .removes = mask,
			    .block = BLOCK_NONE };
	c->mapping[c->n++] = (struct riotlb_mapping){
		.start = cells_start(place, mask ? mask : BOTH),
		.last = cells_last(place, mask ? mask : BOTH),
	};
}

/* False if there is no block for it. */
static bool add_mapping(struct call *c, uint32_t place, unsigned int mask,
			bool replace)
{
	uint32_t block = block_take(&c->a->rng, c->asid, place, mask);

	if (block == BLOCK_NONE) {
		count_add(&c->a->counts, COUNT_starved, 1);
		return false;
	}
	c->edit[c->n] = (struct edit){ .asid = c->asid,
				       .place = place,
				       .removes = replace ? mask : 0,
				       .maps = mask,
				       .block = block };
	c->mapping[c->n++] = block_mapping(block, perm_for(c->a, place));
	return true;
}

static void begin(struct call *c)
{
	for (unsigned int i = 0; i < c->n; i++)
		edit_begin(&c->edit[i]);
}

static void finish(struct call *c, const char *what, int err, unsigned int may)
{
	bool done = actor_updated(c->a, what, err, may);

	for (unsigned int i = 0; i < c->n; i++) {
		if (!done) {
			edit_failed(&c->edit[i]);
			continue;
		}
		edit_done(&c->edit[i]);
		if (c->edit[i].block != BLOCK_NONE) {
			atomic_fetch_add(&c->a->round->added, 1);
			actor_keep(c->a, c->edit[i].block);
		}
	}
}

/* There were not blocks enough for it. */
static void give_up(struct call *c)
{
	for (unsigned int i = 0; i < c->n; i++)
		if (c->edit[i].block != BLOCK_NONE)
			block_drop(c->edit[i].block);
	actor_sleep(c->a, 100);
}

/* ---- single calls ------------------------------------------------------ */

static void map_one(struct call *c, bool replace)
{
	uint32_t place = place_loose(&c->a->rng, c->asid);

	if (!add_mapping(c, place, any_mask(c->a), replace)) {
		give_up(c);
		return;
	}
	begin(c);
	finish(c, "map",
	       riotlb_map(c->a->engine, c->asid, &c->mapping[0],
			  replace ? RIOTLB_MAP_REPLACE : 0, NULL),
	       MAY_BACKLOG | (replace ? 0 : MAY_EXIST));
}

static void unmap_exactly(struct call *c)
{
	unsigned int mask = any_mask(c->a);

	add_removal(c, place_loose(&c->a->rng, c->asid), mask);
	begin(c);
	finish(c, "unmap",
	       riotlb_unmap(c->a->engine, c->asid, c->mapping[0].start,
			    c->mapping[0].last, RIOTLB_UNMAP_EXACT, NULL),
	       mask == BOTH ? 0 : MAY_BACKLOG);
}

static void unmap_uncut(struct call *c)
{
	uint32_t place = place_loose(&c->a->rng, c->asid);
	bool whole = rng_percent(&c->a->rng, 50);
	uint64_t last = places[place].last;

	add_removal(c, place, BOTH);
	/* cell 0 may hold a mapping of its own */
	if (whole)
		c->edit[0].leaves = 1;
	begin(c);
	finish(c, "unmap",
	       riotlb_unmap(c->a->engine, c->asid,
			    whole ? last : places[place].start, last,
			    whole ? RIOTLB_UNMAP_WHOLE : RIOTLB_UNMAP_NO_BISECT,
			    NULL),
	       whole ? 0 : MAY_INVALID);
}

static void protect_at(struct call *c, uint32_t place, unsigned int mask)
{
	add_removal(c, place, 0);
	begin(c);
	finish(c, "protect",
	       riotlb_protect(c->a->engine, c->asid, cells_start(place, mask),
			      cells_last(place, mask), perm_for(c->a, place),
			      NULL),
	       MAY_FAULT | MAY_INVALID | MAY_BACKLOG);
}

static void protect(struct call *c)
{
	protect_at(c, place_loose(&c->a->rng, c->asid), any_mask(c->a));
}

/*
 * Many in a row of what is done in place and leaves nothing behind, so that it
 * goes on when nothing else does because the cap was reached.
 */
static void protect_often(struct actor *a)
{
	struct call c = { .a = a, .asid = round_space(a) };

	for (int i = 0; i < 64; i++) {
		uint32_t place = place_run(&a->rng, 1);

		if (places[place].perms != PERMS_VARIED)
			continue;
		c.n = 0;
		protect_at(&c, place, BOTH);
	}
}

/* ---- several places at once -------------------------------------------- */

static void apply(struct call *c)
{
	unsigned int n = 2 + (unsigned int)rng_below(&c->a->rng, BATCH - 1);
	uint32_t first = place_run(&c->a->rng, n);
	struct riotlb_op ops[BATCH] = { 0 };

	for (unsigned int i = 0; i < n; i++) {
		bool map = rng_percent(&c->a->rng, 60);

		if (!map) {
			add_removal(c, first + i, BOTH);
		} else if (!add_mapping(c, first + i, BOTH, true)) {
			give_up(c);
			return;
		}
		ops[i].kind = map ? RIOTLB_OP_MAP : RIOTLB_OP_UNMAP;
		ops[i].flags = map ? RIOTLB_MAP_REPLACE : 0;
		ops[i].policy = RIOTLB_UNMAP_EXACT;
		ops[i].mapping = c->mapping[i];
	}
	begin(c);
	finish(c, "apply", riotlb_apply(c->a->engine, c->asid, ops, n, NULL),
	       MAY_BACKLOG);
}

static void map_many(struct call *c)
{
	uint32_t first = place_run(&c->a->rng, BATCH);
	bool replace = rng_percent(&c->a->rng, 70);

	for (unsigned int i = 0; i < BATCH; i++) {
		if (add_mapping(c, first + i, BOTH, replace))
			continue;
		give_up(c);
		return;
	}
	begin(c);
	finish(c, "map_bulk",
	       riotlb_map_bulk(c->a->engine, c->asid, c->mapping, BATCH,
			       replace ? RIOTLB_MAP_REPLACE : 0, NULL),
	       MAY_BACKLOG | (replace ? 0 : MAY_EXIST));
}

static void unmap_many(struct call *c)
{
	uint32_t first = place_run(&c->a->rng, BATCH);
	struct riotlb_range range[BATCH];

	for (unsigned int i = 0; i < BATCH; i++) {
		add_removal(c, first + i, BOTH);
		range[i].start = c->mapping[i].start;
		range[i].last = c->mapping[i].last;
	}
	begin(c);
	finish(c, "unmap_bulk",
	       riotlb_unmap_bulk(c->a->engine, c->asid, range, BATCH,
				 RIOTLB_UNMAP_EXACT, NULL),
	       0);
}

/*
 * Single bytes in ever smaller corners: a deep table, which the reclaimer will
 * want to build anew; and all of them gone, which it will want to tidy up. They
 * lead nowhere, and nobody asks for them.
 */
static void deepen(struct actor *a)
{
	uint64_t base = UINT64_C(1) << (48 + rng_below(&a->rng, 15));

	if (rng_percent(&a->rng, 20)) {
		actor_updated(a, "unmap",
			      riotlb_unmap(a->engine, SPACE_STEADY,
					   UINT64_C(1) << 48,
					   (UINT64_C(1) << 63) - 1,
					   RIOTLB_UNMAP_WHOLE, NULL),
			      0);
		return;
	}
	for (unsigned int low = 0; low < 32; low++) {
		struct riotlb_mapping m = {
			.start = base | UINT64_C(1) << low,
			.last = base | UINT64_C(1) << low,
			.addr = low + 1,
			.perm = RIOTLB_RW,
		};

		actor_updated(a, "map",
			      riotlb_map(a->engine, SPACE_STEADY, &m, 0, NULL),
			      MAY_EXIST | MAY_BACKLOG);
	}
}

static void update(struct actor *a)
{
	struct call c = { .a = a, .asid = round_space(a) };
	uint64_t x = rng_below(&a->rng, 100);

	if (x < 32)
		map_one(&c, false);
	else if (x < 48)
		map_one(&c, true);
	else if (x < 66)
		unmap_exactly(&c);
	else if (x < 78)
		unmap_uncut(&c);
	else if (x < 90)
		protect(&c);
	else if (x < 93)
		apply(&c);
	else if (x < 97)
		map_many(&c);
	else
		unmap_many(&c);
}

void updater(struct actor *a)
{
	while (round_goes_on(a)) {
		uint64_t refused = count_of(&a->counts, COUNT_eagain);
		uint64_t x = rng_below(&a->rng, 4096);

		if (x == 0)
			actor_reset(a, SPACE_WILD);
		else if (x == 1)
			deepen(a);
		else
			update(a);
		if (x < 64 || count_of(&a->counts, COUNT_eagain) != refused)
			protect_often(a);
	}
}
