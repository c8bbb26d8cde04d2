/* SPDX-License-Identifier: MIT */
/*
 * What retire callbacks reported, byte for byte, in two words.
 *
 * The engine may report a mapping in other pieces than the model. A piece adds
 * key * (f(last + 1) - f(start)), where f is a hash of the position and key one
 * of (asid, host minus iova, perm, opaque): cutting a piece leaves the sum as
 * it is, while a byte that is missing, doubled or has another key changes it.
 */
#ifndef TESTS_RETIRED_H
#define TESTS_RETIRED_H

#include <stdatomic.h>

#include <riotlb/riotlb.h>

struct retired {
	atomic_uint_fast64_t sum;
	atomic_uint_fast64_t bytes; /* modulo 2^64 */
	atomic_uint_fast64_t pieces;
};

/* A riotlb_retire_fn and a model_piece_fn; ctx is a struct retired. */
void retired_add(void *ctx, uint32_t asid, const struct riotlb_mapping *piece);
/* Checks that both saw the same bytes of the same mappings. */
void retired_check_equal(struct retired *engine, struct retired *model);

#endif
