/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "cache.h"

#include <errno.h>
#include <string.h>

#define STANDARD_MAPPINGS 2048u
#define STANDARD_PAGE 4096u

/* ---- places ------------------------------------------------------------ */

static const struct place *at(const struct riotlb_cache *c, uint32_t i)
{
	return &c->evict.places[c->by_start[i]];
}

/* The first whose mapping ends at or behind iova. */
static uint32_t first_from(const struct riotlb_cache *c, uint64_t iova)
{
	uint32_t low = 0, high = c->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (at(c, middle)->last < iova)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* How many from `first` on start at or before `last`. */
static uint32_t count_to(const struct riotlb_cache *c, uint32_t first,
			 uint64_t last)
{
	uint32_t i = first;

	while (i < c->n && at(c, i)->start <= last)
		i++;
	return i - first;
}

/* Their places go behind those in use. */
static void drop(struct riotlb_cache *c, uint32_t first, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t place = c->by_start[first];

		evict_remove(&c->evict, place);
		memmove(&c->by_start[first], &c->by_start[first + 1],
			(c->n - 1 - first) * sizeof(*c->by_start));
		c->by_start[--c->n] = place;
	}
}

static void insert(struct riotlb_cache *c, const struct riotlb_mapping *m)
{
	uint32_t place = c->by_start[c->n];
	uint32_t i = first_from(c, m->start);

	memmove(&c->by_start[i + 1], &c->by_start[i],
		(c->n - i) * sizeof(*c->by_start));
	c->by_start[i] = place;
	c->evict.places[place].start = m->start;
	c->evict.places[place].last = m->last;
	evict_add(&c->evict, place);
	c->n++;
	c->stats.fills++;
	if (c->n > c->stats.peak)
		c->stats.peak = c->n;
}

/* ---- operations -------------------------------------------------------- */

/* Not to be had where the calling thread is in an update of it already. */
static int take_lock(struct riotlb_cache *c)
{
	return pthread_mutex_lock(&c->lock) ? -EDEADLK : 0;
}

/* Cannot fail: nothing is cut. */
static void take_away(struct riotlb_cache *c, uint32_t first, uint32_t n,
		      struct riotlb_report *report)
{
	riotlb_unmap(c->vdpa->engine, c->asid, at(c, first)->start,
		     at(c, first + n - 1)->last, RIOTLB_UNMAP_WHOLE, report);
	drop(c, first, n);
}

/* What overlaps, or if that is nothing and there is no room, one more. */
static void make_room(struct riotlb_cache *c, const struct riotlb_mapping *m,
		      struct riotlb_report *report)
{
	uint32_t first = first_from(c, m->start);
	uint32_t n = count_to(c, first, m->last);
	const struct place *p;

	if (n) {
		take_away(c, first, n, report);
		c->stats.replaced += n;
	} else if (c->n == c->capacity) {
		p = &c->evict.places[evict_choose(&c->evict)];
		take_away(c, first_from(c, p->start), 1, report);
		c->stats.evicted++;
	}
}

/*
 * In two steps: an apply, which would be one, copies a part of the table and
 * takes a hundred times as long.
 */
static int map_locked(struct riotlb_cache *c, const struct riotlb_mapping *m,
		      struct riotlb_report *report)
{
	struct riotlb_report gone = { 0 };
	int err;

	make_room(c, m, &gone);
	err = riotlb_map(c->vdpa->engine, c->asid, m, 0, report);
	if (err == 0)
		insert(c, m);
	if (!report)
		return err;
	if (gone.token.cycle < report->token.cycle)
		gone.token = report->token;
	*report = gone;
	return err;
}

int riotlb_cache_map(struct riotlb_cache *c, const struct riotlb_mapping *m,
		     struct riotlb_report *report)
{
	int err = take_lock(c);

	if (err)
		return riotlb_vdpa_result(report, err, 0);
	err = map_locked(c, m, report);
	pthread_mutex_unlock(&c->lock);
	return err;
}

int riotlb_cache_unmap(struct riotlb_cache *c, uint64_t start, uint64_t last,
		       struct riotlb_report *report)
{
	uint32_t first, n;
	int err = take_lock(c);

	if (err)
		return riotlb_vdpa_result(report, err, 0);
	err = riotlb_unmap(c->vdpa->engine, c->asid, start, last,
			   RIOTLB_UNMAP_WHOLE, report);
	if (err == 0) {
		first = first_from(c, start);
		n = count_to(c, first, last);
		drop(c, first, n);
		c->stats.removed += n;
	}
	pthread_mutex_unlock(&c->lock);
	return err;
}

int riotlb_cache_reset(struct riotlb_cache *c, struct riotlb_report *report)
{
	int err = take_lock(c);

	if (err)
		return riotlb_vdpa_result(report, err, 0);
	riotlb_reset_map(c->vdpa->engine, c->asid, report);
	c->stats.removed += c->n;
	/* from the end, where nothing has to move */
	while (c->n)
		drop(c, c->n - 1, 1);
	pthread_mutex_unlock(&c->lock);
	return 0;
}

/* ---- the data path ----------------------------------------------------- */

int riotlb_cache_translate(struct riotlb_cache *c, uint64_t iova, uint64_t last,
			   uint32_t want, struct riotlb_segment *seg)
{
	int err = riotlb_translate(c->vdpa->engine, c->asid, iova, last, want,
				   seg);

	if (err == 0)
		evict_use(&c->evict, iova);
	return err;
}

void riotlb_cache_touch(struct riotlb_cache *c, uint64_t iova)
{
	evict_use(&c->evict, iova);
}

void riotlb_cache_get_stats(struct riotlb_cache *c,
			    struct riotlb_cache_stats *stats)
{
	int err = take_lock(c);

	*stats = c->stats;
	stats->mappings = c->n;
	stats->looked = c->evict.looked;
	if (err == 0)
		pthread_mutex_unlock(&c->lock);
}

/* ---- life -------------------------------------------------------------- */

struct riotlb_cache *riotlb_cache_of(const struct riotlb_vdpa *vdpa,
				     uint32_t asid)
{
	struct riotlb_cache *c = vdpa->caches;

	while (c && c->asid != asid)
		c = c->next;
	return c;
}

void riotlb_cache_attr_init(struct riotlb_cache_attr *attr)
{
	*attr = (struct riotlb_cache_attr){
		.size = sizeof(*attr),
		.mappings = STANDARD_MAPPINGS,
		.policy = RIOTLB_CACHE_SIEVE,
		.page = STANDARD_PAGE,
	};
}

static bool attr_valid(const struct riotlb_cache_attr *attr)
{
	return attr->size == sizeof(*attr) && attr->mappings > 0 &&
	       attr->mappings <= RIOTLB_MAX_CACHED &&
	       (attr->policy == RIOTLB_CACHE_FIFO ||
		attr->policy == RIOTLB_CACHE_CLOCK ||
		attr->policy == RIOTLB_CACHE_SIEVE) &&
	       attr->page && !(attr->page & (attr->page - 1));
}

/* An AS that nobody has touched, and which is empty by default. */
static int check_as(const struct riotlb_vdpa *vdpa, uint32_t asid)
{
	struct riotlb_stats stats;
	int err = riotlb_get_stats(vdpa->engine, asid, &stats);

	if (err)
		return err;
	if (riotlb_cache_of(vdpa, asid) || !stats.is_default)
		return -EBUSY;
	return stats.mappings ? -EINVAL : 0;
}

static void cache_init(struct riotlb_cache *c,
		       const struct riotlb_cache_attr *attr)
{
	struct place *places = (struct place *)(c + 1);
	uint64_t used = evict_used_bytes(attr->policy, attr->mappings);
	pthread_mutexattr_t mutex;

	c->capacity = attr->mappings;
	c->by_start = (uint32_t *)(places + c->capacity);
	for (uint32_t i = 0; i < c->capacity; i++)
		c->by_start[i] = i;
	c->evict = (struct evict){
		.policy = attr->policy,
		.places = places,
		.newest = PLACE_NONE,
		.oldest = PLACE_NONE,
		.hand = PLACE_NONE,
		.used = used ? (uint8_t *)(c->by_start + c->capacity) : NULL,
		.used_mask = used - 1,
		.page_shift = (unsigned int)__builtin_ctzll(attr->page),
	};
	/* none of these fails in glibc or musl */
	pthread_mutexattr_init(&mutex);
	pthread_mutexattr_settype(&mutex, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&c->lock, &mutex);
	pthread_mutexattr_destroy(&mutex);
}

int riotlb_cache_create(struct riotlb_vdpa *vdpa, uint32_t asid,
			const struct riotlb_cache_attr *attr,
			struct riotlb_cache **out)
{
	struct riotlb_cache_attr standard;
	struct riotlb_cache *c;
	size_t bytes;
	int err;

	riotlb_cache_attr_init(&standard);
	if (!attr)
		attr = &standard;
	if (!attr_valid(attr))
		return -EINVAL;
	err = check_as(vdpa, asid);
	if (err)
		return err;
	bytes = sizeof(*c) +
		attr->mappings * (sizeof(struct place) + sizeof(uint32_t)) +
		evict_used_bytes(attr->policy, attr->mappings);
	c = riotlb_vdpa_alloc(vdpa, bytes);
	if (!c)
		return -ENOMEM;
	memset(c, 0, bytes);
	c->vdpa = vdpa;
	c->asid = asid;
	c->bytes = bytes;
	cache_init(c, attr);
	c->next = vdpa->caches;
	vdpa->caches = c;
	*out = c;
	return 0;
}

void riotlb_cache_destroy(struct riotlb_cache *c)
{
	struct riotlb_cache **at;

	if (!c)
		return;
	at = &c->vdpa->caches;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	pthread_mutex_destroy(&c->lock);
	riotlb_vdpa_free(c->vdpa, c, c->bytes);
}
