/* SPDX-License-Identifier: MIT */
#include "cache_verify.h"

#include <stdlib.h>

#include "cache.h"

/* Every place is in by_start once, and those in use are in the queue once. */
static bool verify_places(const struct riotlb_cache *c)
{
	bool *seen = calloc(c->capacity, sizeof(*seen));
	uint32_t queued = 0;
	bool fine = seen != NULL && c->n <= c->capacity && c->n == c->evict.n;

	for (uint32_t i = 0; fine && i < c->capacity; i++) {
		uint32_t place = c->by_start[i];

		fine = place < c->capacity && !seen[place];
		if (fine)
			seen[place] = true;
	}
	for (uint32_t i = c->n; fine && i < c->capacity; i++)
		seen[c->by_start[i]] = false;
	for (uint32_t at = c->evict.oldest, older = PLACE_NONE;
	     fine && at != PLACE_NONE; at = c->evict.places[at].newer) {
		fine = seen[at] && c->evict.places[at].older == older;
		seen[at] = false;
		older = at;
		queued++;
		if (c->evict.places[at].newer == PLACE_NONE)
			fine = fine && at == c->evict.newest;
	}
	free(seen);
	return fine && queued == c->n;
}

static bool verify_contents(const struct riotlb_cache *c)
{
	struct riotlb_mapping m;
	uint64_t next = 0;
	size_t filled;

	for (uint32_t i = 0; i < c->n; i++) {
		const struct place *p = &c->evict.places[c->by_start[i]];
		int err =
			riotlb_iterate(c->vdpa->engine, c->asid, next,
				       UINT64_MAX, &m, 1, &filled, NULL, NULL);

		if (err < 0 || filled != 1 || m.start != p->start ||
		    m.last != p->last)
			return false;
		if (m.last == UINT64_MAX)
			return i + 1 == c->n;
		next = m.last + 1;
	}
	return riotlb_iterate(c->vdpa->engine, c->asid, next, UINT64_MAX, &m, 1,
			      &filled, NULL, NULL) == 0 &&
	       filled == 0;
}

bool cache_verify(const struct riotlb_cache *c)
{
	return verify_places(c) && verify_contents(c);
}
