/* SPDX-License-Identifier: MIT */
#include "evict.h"

/*
 * Bytes for each place. Pages that are mapped side by side never share one, and
 * a mapping has several pages as a rule.
 */
#define BYTES_A_PLACE 8u
#define MIN_BYTES 1024u

uint64_t evict_used_bytes(enum riotlb_cache_policy policy, uint32_t n)
{
	uint64_t bytes = MIN_BYTES;

	if (policy == RIOTLB_CACHE_FIFO)
		return 0;
	while (bytes < (uint64_t)n * BYTES_A_PLACE)
		bytes *= 2;
	return bytes;
}

/* Was a page of it found since this was asked last? */
static bool take_use(struct evict *e, const struct place *p)
{
	uint64_t page = p->start >> e->page_shift;
	uint64_t more = (p->last >> e->page_shift) - page;
	bool used = false;

	if (more > e->used_mask)
		more = e->used_mask;
	for (uint64_t i = 0; i <= more; i++) {
		uint8_t *at = &e->used[(page + i) & e->used_mask];

		if (!__atomic_load_n(at, __ATOMIC_RELAXED))
			continue;
		__atomic_store_n(at, 0, __ATOMIC_RELAXED);
		used = true;
	}
	return used;
}

static void link_newest(struct evict *e, uint32_t place)
{
	struct place *p = &e->places[place];

	p->newer = PLACE_NONE;
	p->older = e->newest;
	if (e->newest != PLACE_NONE)
		e->places[e->newest].newer = place;
	else
		e->oldest = place;
	e->newest = place;
}

static void unlink_place(struct evict *e, uint32_t place)
{
	struct place *p = &e->places[place];

	if (p->newer != PLACE_NONE)
		e->places[p->newer].older = p->older;
	else
		e->newest = p->older;
	if (p->older != PLACE_NONE)
		e->places[p->older].newer = p->newer;
	else
		e->oldest = p->newer;
}

void evict_add(struct evict *e, uint32_t place)
{
	/* what was found on these pages was another mapping */
	if (e->used)
		take_use(e, &e->places[place]);
	link_newest(e, place);
	e->n++;
}

void evict_remove(struct evict *e, uint32_t place)
{
	if (e->hand == place)
		e->hand = e->places[place].newer;
	unlink_place(e, place);
	e->n--;
}

static uint32_t choose_clock(struct evict *e)
{
	for (uint32_t i = 0; i < e->n; i++) {
		uint32_t place = e->oldest;

		e->looked++;
		if (!take_use(e, &e->places[place]))
			break;
		unlink_place(e, place);
		link_newest(e, place);
	}
	return e->oldest;
}

static uint32_t choose_sieve(struct evict *e)
{
	uint32_t place = e->hand;

	for (uint32_t i = 0; i <= e->n; i++) {
		if (place == PLACE_NONE)
			place = e->oldest;
		e->looked++;
		if (i == e->n || !take_use(e, &e->places[place]))
			break;
		place = e->places[place].newer;
	}
	e->hand = place;
	return place;
}

uint32_t evict_choose(struct evict *e)
{
	switch (e->policy) {
	case RIOTLB_CACHE_CLOCK:
		return choose_clock(e);
	case RIOTLB_CACHE_SIEVE:
		return choose_sieve(e);
	case RIOTLB_CACHE_FIFO:
		break;
	}
	e->looked++;
	return e->oldest;
}
