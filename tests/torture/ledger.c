/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "history.h"
#include "violation.h"

struct cell {
	atomic_uint_fast64_t begun; /* tickets given out */
	atomic_uint_fast64_t over;  /* calls that have returned */
	atomic_uint_fast64_t floor;
	atomic_uint_fast64_t sure; /* tag of the block last known mapped */
};

struct space {
	_Alignas(64) atomic_uint_fast64_t begun;
	atomic_uint_fast64_t over;
	atomic_uint_fast64_t floor;
	/* 1 + the ticket since which it is certain to have left its default */
	atomic_uint_fast64_t left;
};

static _Alignas(64) struct cell cells[SPACES][PLACES_MAX][CELLS];
static struct space spaces[SPACES];

void ledger_reset(void)
{
	memset(cells, 0, sizeof(cells));
	memset(spaces, 0, sizeof(spaces));
}

static uint64_t get(atomic_uint_fast64_t *word)
{
	return atomic_load_explicit(word, memory_order_acquire);
}

/*
 * Reads a ticket counter in such a way that whoever takes the next ticket has
 * seen everything that this thread did before.
 */
static uint64_t pin(atomic_uint_fast64_t *begun)
{
	return atomic_fetch_add(begun, 0);
}

static void raise(atomic_uint_fast64_t *floor, uint64_t ticket)
{
	uint64_t was = atomic_load(floor);

	while (was < ticket &&
	       !atomic_compare_exchange_weak(floor, &was, ticket))
		;
}

/*
 * The number of tickets out, if all calls that hold one are over, but for this
 * thread's own; else EPOCH_UNKNOWN, which no counter ever equals.
 */
static uint64_t settled(atomic_uint_fast64_t *begun, atomic_uint_fast64_t *over,
			uint64_t own)
{
	uint64_t tickets = atomic_load(begun);

	return atomic_load(over) + own == tickets ? tickets : EPOCH_UNKNOWN;
}

/* ---- updaters ---------------------------------------------------------- */

void edit_begin(struct edit *e)
{
	struct space *s = &spaces[e->asid];

	e->space_sure = settled(&s->begun, &s->over, e->in_wipe);
	for (unsigned int i = 0; i < CELLS; i++) {
		struct cell *c = &cells[e->asid][e->place][i];
		bool removes = e->removes & 1u << i;

		if (removes)
			e->ticket[i] = atomic_fetch_add(&c->begun, 1) + 1;
		if (e->maps & 1u << i)
			e->sure[i] = settled(&c->begun, &c->over, removes);
	}
}

static void mapped(const struct edit *e)
{
	struct block *b = &blocks[e->block];
	struct space *s = &spaces[e->asid];

	atomic_store(&b->space_sure, e->space_sure);
	/*
	 * A plain load will do: an edit that a wipe missed was made before the
	 * wipe swapped the table, and is gone with the old one.
	 */
	atomic_store(&b->space_epoch, get(&s->begun));
	for (unsigned int i = 0; i < CELLS; i++) {
		struct cell *c = &cells[e->asid][e->place][i];

		if (!(e->maps & 1u << i))
			continue;
		atomic_store(&b->sure[i], e->sure[i]);
		atomic_store(&b->epoch[i], pin(&c->begun));
		atomic_store(&c->sure, block_tag(e->block, get(&b->life)));
	}
}

static void leave_default(const struct edit *e)
{
	atomic_uint_fast64_t *left = &spaces[e->asid].left;

	if (e->space_sure != EPOCH_UNKNOWN && get(left) != e->space_sure + 1)
		atomic_store(left, e->space_sure + 1);
}

static void end_removal(const struct edit *e, bool done)
{
	for (unsigned int i = 0; i < CELLS; i++) {
		struct cell *c = &cells[e->asid][e->place][i];

		if (!(e->removes & 1u << i))
			continue;
		if (done && !(e->leaves & 1u << i))
			raise(&c->floor, e->ticket[i]);
		atomic_fetch_add(&c->over, 1);
	}
}

void edit_done(const struct edit *e)
{
	if (e->block != BLOCK_NONE) {
		mapped(e);
		block_release(e->block);
	}
	leave_default(e);
	end_removal(e, true);
}

void edit_failed(const struct edit *e)
{
	if (e->block != BLOCK_NONE)
		block_drop(e->block);
	end_removal(e, false);
}

uint64_t wipe_begin(uint32_t asid)
{
	return atomic_fetch_add(&spaces[asid].begun, 1) + 1;
}

void wipe_end(uint32_t asid, uint64_t ticket, bool done)
{
	if (done)
		raise(&spaces[asid].floor, ticket);
	atomic_fetch_add(&spaces[asid].over, 1);
}

/* ---- readers ----------------------------------------------------------- */

void look_begin(struct look *l)
{
	struct cell *c = &cells[l->asid][l->place][l->cell];
	struct space *s = &spaces[l->asid];

	l->floor = get(&c->floor);
	l->sure = get(&c->sure);
	l->space_floor = get(&s->floor);
	l->left = get(&s->left);
	if (place_is_paired(l->asid, l->place))
		l->version = version_over(l->asid);
}

static void blame(const struct look *l, const struct answer *a,
		  const char *what)
{
	violation("AS %" PRIu32 ", iova %#" PRIx64 ", want %" PRIu32
		  ": %s (error %d, addr %#" PRIx64 ", last %#" PRIx64
		  ", perm %" PRIu32 ", block %" PRId32 ")",
		  l->asid, l->iova, l->want, what, a->err, a->addr, a->last,
		  a->perm, a->err ? -1 : (int32_t)block_at(a->addr));
}

/* Was the block that was known before the lookup there all the time? */
static bool was_sure(const struct look *l)
{
	uint32_t index = block_of_tag(l->sure);
	struct block *b = &blocks[index];
	uint64_t sure, space_sure;

	if (!l->sure)
		return false;
	sure = get(&b->sure[l->cell]);
	space_sure = get(&b->space_sure);
	/* else these are another life's */
	if (block_tag(index, get(&b->life)) != l->sure)
		return false;
	return pin(&cells[l->asid][l->place][l->cell].begun) == sure &&
	       pin(&spaces[l->asid].begun) == space_sure;
}

/* Did the AS hold something else than its default state all the time? */
static bool had_left(const struct look *l)
{
	return l->left && pin(&spaces[l->asid].begun) + 1 == l->left;
}

/* Nothing, or the default state, at a place that all change together. */
static void judge_reset(struct look *l, const struct answer *a)
{
	uint64_t begun = version_begun(l->asid), v = l->version;

	while (v <= begun && !version_is_reset(l->asid, v))
		v++;
	if (v > begun)
		blame(l, a, "seen as after a reset that was not made then");
	l->version = v;
}

static enum found judge_nothing(struct look *l, const struct answer *a)
{
	if (a->err == -EPERM) {
		if (l->want == RIOTLB_READ ||
		    places[l->place].perms == PERMS_RW)
			blame(l, a, "denied, though it was always allowed");
		return FOUND_NOTHING;
	}
	if (a->err != -EFAULT)
		blame(l, a, "an error that there is no reason for");
	else if (place_is_paired(l->asid, l->place))
		judge_reset(l, a);
	else if (was_sure(l))
		blame(l, a, "missed, though it was mapped all the time");
	return FOUND_NOTHING;
}

static bool is_default(uint32_t asid, uint32_t place, const struct look *l,
		       const struct answer *a)
{
	switch (asid) {
	case 0:
		return a->addr == l->iova;
	case 2:
		return place < PAIRED &&
		       a->addr == block_home(place) +
					  (l->iova - places[place].start);
	case 3:
		return a->addr == l->iova && l->iova <= APERTURE_LAST;
	default:
		return false;
	}
}

static enum found judge_default(struct look *l, const struct answer *a)
{
	if (place_is_paired(l->asid, l->place))
		judge_reset(l, a);
	else if (was_sure(l))
		blame(l, a, "a default, though it was mapped all the time");
	else if (had_left(l))
		blame(l, a, "a default that the AS had left");
	if (l->asid == 2 && block_peek(a->addr) != block_home_tag())
		blame(l, a, "a default whose memory is not what it was");
	return FOUND_DEFAULT;
}

static bool perm_is_good(const struct look *l, const struct answer *a)
{
	enum perms perms = places[l->place].perms;

	if (!a->perm)
		return perms != PERMS_READ || l->want == RIOTLB_READ;
	if (l->want & ~a->perm)
		return false;
	return a->perm == (perms == PERMS_READ ? RIOTLB_READ : RIOTLB_RW) ||
	       (perms == PERMS_VARIED && a->perm == RIOTLB_READ);
}

/* Who it is, whatever it is that was asked for. */
static bool is_block_of(const struct look *l, const struct answer *a,
			unsigned int asids, struct held *held)
{
	uint32_t index = block_at(a->addr);
	struct block *b;
	uint64_t who, life;

	if (index >= BLOCKS) {
		blame(l, a, "an address that nothing is mapped to");
		return false;
	}
	b = &blocks[index];
	life = get(&b->life);
	who = get(&b->who);
	*held = (struct held){ a->addr, block_tag(index, life), index,
			       l->cell };
	if (life % 2 == 0)
		blame(l, a, "a block that was released");
	else if (!(asids & 1u << (who >> 32)))
		blame(l, a, "a block of another AS");
	else if ((uint32_t)who != l->place || l->iova < b->start ||
		 l->iova > b->last || a->addr != block_host(b, l->iova))
		blame(l, a, "a block of another place");
	else if (!perm_is_good(l, a))
		blame(l, a, "a permission that it does not have");
	else if (block_peek(a->addr) != held->tag)
		blame(l, a, "memory that is not what was mapped");
	else
		return true;
	return false;
}

static void judge_version(struct look *l, const struct answer *a,
			  struct block *b)
{
	uint64_t version = get(&b->version);

	if (version == VERSION_NEVER)
		blame(l, a, "an effect of a call that failed");
	else if (version > version_begun(l->asid))
		blame(l, a, "seen before its time");
	else if (version < l->version)
		blame(l, a, "older than what must be seen with it");
	l->version = version;
}

static enum found judge_block(struct look *l, const struct answer *a,
			      struct held *held)
{
	struct block *b;

	if (!is_block_of(l, a, 1u << l->asid, held))
		return FOUND_NOTHING;
	b = &blocks[held->block];
	if (place_is_paired(l->asid, l->place))
		judge_version(l, a, b);
	else if (get(&b->epoch[l->cell]) < l->floor)
		blame(l, a, "a block that had been unmapped or replaced");
	else if (get(&b->space_epoch) < l->space_floor)
		blame(l, a, "a block that had gone with its table");
	else if (held->tag != l->sure && was_sure(l))
		blame(l, a, "another block than what was there all the time");
	return FOUND_BLOCK;
}

static bool last_is_good(const struct look *l, const struct answer *a)
{
	if (a->last < l->iova || a->last > l->iova + LOOK_SPAN)
		return false;
	return a->last == l->iova + LOOK_SPAN || !was_sure(l);
}

enum found look_end(struct look *l, const struct answer *a, struct held *held)
{
	if (a->err)
		return judge_nothing(l, a);
	if (!last_is_good(l, a))
		blame(l, a, "a segment that ends at the wrong place");
	if (is_default(l->asid, l->place, l, a))
		return judge_default(l, a);
	return judge_block(l, a, held);
}

enum found look_end_any(const struct look *l, const struct answer *a,
			unsigned int asids, struct held *held)
{
	if (a->err) {
		if (a->err != -EFAULT && a->err != -EPERM)
			blame(l, a, "an error that there is no reason for");
		return FOUND_NOTHING;
	}
	for (uint32_t asid = 0; asid < SPACES; asid++)
		if (asids & 1u << asid && is_default(asid, l->place, l, a))
			return FOUND_DEFAULT;
	return is_block_of(l, a, asids, held) ? FOUND_BLOCK : FOUND_NOTHING;
}

/* ---- what is held ------------------------------------------------------ */

void held_check(const struct held *held)
{
	struct block *b = &blocks[held->block];
	uint64_t tag = block_peek(held->addr);

	if (tag != held->tag)
		violation("memory at %#" PRIx64 " was released under its user: "
			  "%#" PRIx64 " became %#" PRIx64,
			  held->addr, held->tag, tag);
	else if (block_tag(held->block, get(&b->life)) != held->tag)
		violation("block %" PRIu32 " died under its user", held->block);
}

bool held_is_gone(const struct held *held)
{
	struct block *b = &blocks[held->block];
	uint64_t who = get(&b->who);
	uint32_t asid = (uint32_t)(who >> 32), place = (uint32_t)who;

	if (place_is_paired(asid, place))
		return get(&b->version) < version_over(asid);
	return get(&b->epoch[held->cell]) <
		       get(&cells[asid][place][held->cell].floor) ||
	       get(&b->space_epoch) < get(&spaces[asid].floor);
}

bool block_is_gone(uint32_t index)
{
	unsigned int mask = block_mask(index);
	struct held held = { .block = index };

	for (held.cell = 0; held.cell < CELLS; held.cell++)
		if (mask & 1u << held.cell && !held_is_gone(&held))
			return false;
	return true;
}
