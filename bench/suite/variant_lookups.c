/* SPDX-License-Identifier: MIT */
/*
 * Each way to look up is a function of its own: its description is constant, so
 * that the compiler leaves nothing but the calls it asks for in the loop.
 */
#include <math.h>

#include <riotlb/inline.h>

#include "variants.h"

#define SECTION 32

enum call {
	CALL_ONE,
	CALL_VECTOR,
	CALL_BURST,
	CALL_LIST,
};

struct way {
	enum call call;
	enum variant_keys keys;
	enum variant_flavor flavor;
	unsigned section; /* lookups in each, and in a burst; 0: SECTION */
	bool denied;
	bool dependent;
	bool by_group;
	bool inlined;
	bool lease; /* one in each section */
};

/* What a pass has found: the sum of the addresses, the refusals. */
struct found {
	uint64_t sum;
	uint64_t failed;
	uint64_t addr; /* the last */
};

#define INLINE static inline __attribute__((always_inline))

INLINE int translate(const struct way w, const struct riotlb *e, uint64_t key,
		     struct riotlb_segment *seg)
{
	uint32_t want = w.denied ? RIOTLB_WRITE : RIOTLB_READ;
	uint32_t as = w.denied ? VARIANT_DENIED : VARIANT_RW;

	if (w.inlined && w.by_group)
		return riotlb_inline_group_translate(e, 0, key, key, want, seg);
	if (w.inlined)
		return riotlb_inline_translate(e, as, key, key, want, seg);
	if (w.by_group)
		return riotlb_group_translate(e, 0, key, key, want, seg);
	return riotlb_translate(e, as, key, key, want, seg);
}

INLINE void look_up_one(const struct way w, const struct riotlb *e,
			const uint64_t *keys, size_t n, struct found *found)
{
	struct riotlb_segment seg;

	for (size_t i = 0; i < n; i++) {
		uint64_t key = keys[i];

		if (w.dependent)
			key = key_after(key, found->addr);
		if (translate(w, e, key, &seg)) {
			found->failed++;
		} else {
			found->addr = seg.addr;
			found->sum += seg.addr;
		}
	}
}

INLINE void look_up_vector(const struct way w, const struct riotlb *e,
			   const uint64_t *keys, size_t n, struct found *found)
{
	const uint64_t reach = VARIANT_VECTOR * 4096 - 1;
	struct riotlb_segment segs[2 * VARIANT_VECTOR];
	size_t filled;

	for (size_t i = 0; i < n; i++) {
		uint64_t key = keys[i];
		int err;

		if (w.by_group)
			err = riotlb_group_translate_vec(
				e, 0, key, key + reach, RIOTLB_READ, segs,
				2 * VARIANT_VECTOR, &filled, NULL);
		else
			err = riotlb_translate_vec(
				e, VARIANT_RW, key, key + reach, RIOTLB_READ,
				segs, 2 * VARIANT_VECTOR, &filled, NULL);
		found->failed += err != 0;
		for (size_t k = 0; k < filled; k++)
			found->sum += segs[k].addr;
	}
}

/* Filling in the requests is part of the time: a driver has to do it too. */
INLINE void look_up_burst(const struct way w, const struct riotlb *e,
			  const uint64_t *keys, size_t n, struct found *found)
{
	uint32_t as = w.denied ? VARIANT_DENIED : VARIANT_RW;
	struct riotlb_request request[VARIANT_KEYS];
	struct riotlb_answer answer[VARIANT_KEYS];
	int failed;

	for (size_t i = 0; i < n; i++) {
		request[i].iova = keys[i];
		request[i].last = keys[i];
		request[i].want = w.denied ? RIOTLB_WRITE : RIOTLB_READ;
	}
	if (w.by_group)
		failed = riotlb_group_translate_burst(e, 0, request, n, answer);
	else
		failed = riotlb_translate_burst(e, as, request, n, answer);
	for (size_t i = 0; i < n; i++)
		found->sum += answer[i].addr;
	found->failed += (uint64_t)failed;
}

INLINE void look_up_list(const struct way w, const struct riotlb *e,
			 const uint64_t *keys, size_t n, struct found *found)
{
	uint32_t want = w.denied ? RIOTLB_WRITE : RIOTLB_READ;
	uint32_t as = w.denied ? VARIANT_DENIED : VARIANT_RW;
	uint64_t addr[VARIANT_KEYS];
	size_t done;
	int err;

	if (w.by_group)
		err = riotlb_group_translate_list(e, 0, keys, n, 0, want, addr,
						  &done);
	else
		err = riotlb_translate_list(e, as, keys, n, 0, want, addr,
					    &done);
	for (size_t i = 0; i < done; i++)
		found->sum += addr[i];
	found->failed += err != 0;
}

INLINE void one_section(const struct way w, struct riotlb *e,
			const uint64_t *keys, size_t n, struct found *found)
{
	riotlb_lease lease = 0;

	riotlb_read_enter(e);
	if (w.lease)
		lease = riotlb_lease_begin(e);
	if (w.call == CALL_BURST)
		look_up_burst(w, e, keys, n, found);
	else if (w.call == CALL_LIST)
		look_up_list(w, e, keys, n, found);
	else if (w.call == CALL_VECTOR)
		look_up_vector(w, e, keys, n, found);
	else
		look_up_one(w, e, keys, n, found);
	riotlb_read_exit(e);
	if (w.lease)
		riotlb_lease_end(e, lease);
}

INLINE void run(cb_state *state, const struct variants *v, const struct way w)
{
	struct riotlb *e = v->engine[w.flavor];
	const unsigned section = w.section ? w.section : SECTION;
	const bool fails = w.denied || w.keys == VARIANT_HOLE;
	struct found found = { 0, 0, 0 };
	uint64_t expected = 0;
	size_t at = 0;

	riotlb_thread_online(e);
	CB_LOOP(state)
	{
		const uint64_t *keys = v->keys[w.keys] + at * VARIANT_KEYS;

		for (size_t i = 0; i < VARIANT_KEYS; i += section)
			one_section(w, e, keys + i, section, &found);
		if (w.flavor == VARIANT_QSBR)
			riotlb_quiescent(e);
		if (++at == v->chunks)
			at = 0;
	}
	riotlb_thread_offline(e);
	for (uint64_t i = cb_iterations(state); i--;)
		expected += v->sums[w.keys][i % v->chunks];
	if (found.sum != (fails ? 0 : expected) ||
	    found.failed != (fails ? cb_iterations(state) * VARIANT_KEYS : 0))
		cb_skip_error(state, "a timed lookup was wrong");
}

#define WAYS(WAY)                                                             \
	WAY(plain, "plain", "one segment, found", .call = CALL_ONE)           \
	WAY(dependent, "plain-dependent", "address from the result before",   \
	    .dependent = true)                                                \
	WAY(vector, "vector-4", "4 mappings into an array of segments",       \
	    .call = CALL_VECTOR, .keys = VARIANT_PAGES)                       \
	WAY(burst32, "burst-32", "32 in one call", .call = CALL_BURST)        \
	WAY(burst64, "burst-64", "64 in one call", .call = CALL_BURST,        \
	    .section = 64)                                                    \
	WAY(burst256, "burst-256", "256 in one call", .call = CALL_BURST,     \
	    .section = 256)                                                   \
	WAY(list32, "list-32", "32 of equal size in one call",                \
	    .call = CALL_LIST)                                                \
	WAY(list64, "list-64", "64 of equal size in one call",                \
	    .call = CALL_LIST, .section = 64)                                 \
	WAY(list256, "list-256", "256 of equal size in one call",             \
	    .call = CALL_LIST, .section = 256)                                \
	WAY(hole, "hole", "nothing is mapped", .keys = VARIANT_HOLE)          \
	WAY(hole_burst, "hole-burst-32", "nothing is mapped, 32 in a call",   \
	    .call = CALL_BURST, .keys = VARIANT_HOLE)                         \
	WAY(denied, "denied", "permission is missing", .denied = true)        \
	WAY(denied_burst, "denied-burst-32",                                  \
	    "permission is missing, 32 in a call", .call = CALL_BURST,        \
	    .denied = true)                                                   \
	WAY(each, "section-each", "a read-side section for each",             \
	    .section = 1)                                                     \
	WAY(each_dependent, "section-each-dependent",                         \
	    "a section for each, dependent", .section = 1, .dependent = true) \
	WAY(inlined, "inline", "compiled into the caller", .inlined = true)   \
	WAY(inlined_dependent, "inline-dependent",                            \
	    "compiled into the caller, dependent", .inlined = true,           \
	    .dependent = true)                                                \
	WAY(inlined_each, "inline-section-each",                              \
	    "compiled into the caller, a section for each", .inlined = true,  \
	    .section = 1)                                                     \
	WAY(inlined_hole, "inline-hole",                                      \
	    "compiled into the caller, nothing is mapped", .inlined = true,   \
	    .keys = VARIANT_HOLE)                                             \
	WAY(group, "group", "by group", .by_group = true)                     \
	WAY(group_dependent, "group-dependent", "by group, dependent",        \
	    .by_group = true, .dependent = true)                              \
	WAY(group_inlined, "group-inline",                                    \
	    "by group, compiled into the caller", .by_group = true,           \
	    .inlined = true)                                                  \
	WAY(group_vector, "group-vector-4",                                   \
	    "by group, 4 mappings into an array of segments",                 \
	    .by_group = true, .call = CALL_VECTOR, .keys = VARIANT_PAGES)     \
	WAY(group_burst, "group-burst-32", "by group, 32 in one call",        \
	    .by_group = true, .call = CALL_BURST)                             \
	WAY(group_list, "group-list-32", "by group, 32 of equal size",        \
	    .by_group = true, .call = CALL_LIST)                              \
	WAY(lease, "lease", "a lease in each section of 32", .lease = true)   \
	WAY(lease_each, "lease-each", "a section and a lease for each",       \
	    .lease = true, .section = 1)                                      \
	WAY(qsbr, "qsbr", "under the QSBR flavour", .flavor = VARIANT_QSBR)   \
	WAY(qsbr_dependent, "qsbr-dependent", "QSBR, dependent",              \
	    .flavor = VARIANT_QSBR, .dependent = true)                        \
	WAY(qsbr_each, "qsbr-section-each", "QSBR, a section for each",       \
	    .flavor = VARIANT_QSBR, .section = 1)                             \
	WAY(qsbr_burst, "qsbr-burst-32", "QSBR, 32 in one call",              \
	    .flavor = VARIANT_QSBR, .call = CALL_BURST)                       \
	WAY(qsbr_list, "qsbr-list-32", "QSBR, 32 of equal size in one call",  \
	    .flavor = VARIANT_QSBR, .call = CALL_LIST)                        \
	WAY(qsbr_inlined, "qsbr-inline", "QSBR, compiled into the caller",    \
	    .flavor = VARIANT_QSBR, .inlined = true)                          \
	WAY(qsbr_inlined_each, "qsbr-inline-section-each",                    \
	    "QSBR, compiled in, a section for each", .flavor = VARIANT_QSBR,  \
	    .inlined = true, .section = 1)

#define FUNCTION(id, op, what, ...)                                 \
	static void run_##id(cb_state *state, void *arg)            \
	{                                                           \
		run(state, arg, (const struct way){ __VA_ARGS__ }); \
	}
WAYS(FUNCTION)

static const struct {
	const char *op;
	const char *what;
	cb_fn *run;
} ways[] = {
#define ENTRY(id, op, what, ...) { op, what, run_##id },
	WAYS(ENTRY)
};

#define N_WAYS (sizeof(ways) / sizeof(ways[0]))

double variant_lookups(struct suite *suite, struct variants *v,
		       const struct shape *shape, bool plan)
{
	struct trial trials[N_WAYS];
	size_t n = 0;

	for (size_t i = 0; i < N_WAYS; i++) {
		if (!suite_wants(suite, "lookup", ways[i].op, shape->name,
				 "riotlb"))
			continue;
		if (!plan)
			trials[n] = (struct trial){
				.row = results_add(
					suite->results,
					&(struct row){ .group = "lookup",
						       .op = ways[i].op,
						       .shape = shape->name,
						       .subject = "riotlb",
						       .what = ways[i].what,
						       .unit = "ns",
						       .x = NAN }),
				.run = ways[i].run,
				.ctx = v,
				.per_iteration = VARIANT_KEYS,
			};
		n++;
	}
	if (!plan)
		suite_contest(suite, trials, n, suite->rounds);
	return 1.3e-9 * suite->sample_ns * (double)(n * (suite->rounds + 1));
}
