/* SPDX-License-Identifier: MIT */
#include "retired.h"

#include <inttypes.h>

#include "check.h"
#include "rng.h"

/* f of the header; 2^64, which last + 1 reaches, has a value of its own. */
static uint64_t position_hash(uint64_t x, bool wrapped)
{
	return wrapped ? 0x8f1bbcdcbfa53e0bu : rng_mix(x + 0x2545f4914f6cdd1du);
}

static uint64_t key_hash(uint32_t asid, const struct riotlb_mapping *m)
{
	uint64_t h = rng_mix(asid + 1u);

	h = rng_mix(h ^ (m->addr - m->start));
	h = rng_mix(h ^ m->opaque);
	return rng_mix(h ^ m->perm) | 1;
}

void retired_add(void *ctx, uint32_t asid, const struct riotlb_mapping *piece)
{
	struct retired *r = ctx;
	uint64_t from = position_hash(piece->start, false);
	uint64_t to = position_hash(piece->last + 1, piece->last == UINT64_MAX);

	check(piece->last >= piece->start);
	check(piece->perm >= RIOTLB_READ && piece->perm <= RIOTLB_RW);
	atomic_fetch_add(&r->sum, key_hash(asid, piece) * (to - from));
	atomic_fetch_add(&r->bytes, piece->last - piece->start + 1);
	atomic_fetch_add(&r->pieces, 1);
}

void retired_check_equal(struct retired *engine, struct retired *model)
{
	uint64_t a = atomic_load(&engine->bytes);
	uint64_t b = atomic_load(&model->bytes);

	if (a != b || atomic_load(&engine->sum) != atomic_load(&model->sum))
		check_fail("retired: %" PRIu64 " bytes in %" PRIuFAST64
			   " pieces, the model says %" PRIu64 " in %" PRIuFAST64
			   "%s",
			   a, atomic_load(&engine->pieces), b,
			   atomic_load(&model->pieces),
			   a == b ? "; other bytes, perm, opaque or addr" : "");
}
