/* SPDX-License-Identifier: MIT */
#include "inject.h"

#include <errno.h>

#define VEC 4u
#define BURST 32u

uint64_t op_section(struct state *s, uint64_t n)
{
	uint64_t at = 0;

	for (uint64_t i = 0; i < n; i++) {
		riotlb_read_enter(s->engine);
		riotlb_read_exit(s->engine);
		if (i % SECTION == 0)
			at += inject(s, SECTION, i + at);
	}
	return at;
}

uint64_t op_lease(struct state *s, uint64_t n)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < n; i++) {
		riotlb_lease lease;

		riotlb_read_enter(s->engine);
		lease = riotlb_lease_begin(s->engine);
		riotlb_read_exit(s->engine);
		riotlb_lease_end(s->engine, lease);
		if (i % SECTION == 0)
			sum += inject(s, SECTION, lease);
	}
	return sum;
}

/* One lookup of a key; the sum of the addresses is what both sides agree on. */
#define LOOKUPS(key_expression, call_expression)                        \
	uint64_t sum = 0;                                               \
	uint64_t off = 0;                                               \
	struct riotlb_segment seg = { 0 };                              \
                                                                        \
	for (uint64_t i = 0; i < n; i += SECTION) {                     \
		riotlb_read_enter(s->engine);                           \
		for (uint64_t j = 0; j < SECTION; j++) {                \
			uint64_t key = key_expression;                  \
			int err = call_expression;                      \
                                                                        \
			sum += seg.addr ^ (uint64_t)(unsigned int)-err; \
		}                                                       \
		riotlb_read_exit(s->engine);                            \
		off = inject(s, SECTION, sum);                          \
	}                                                               \
	return sum

uint64_t op_lookup(struct state *s, uint64_t n)
{
	LOOKUPS(s->keys[(s->at + i + j + off) & s->mask],
		riotlb_translate(s->engine, ASID, key, key, RIOTLB_READ, &seg));
}

uint64_t op_lookup_group(struct state *s, uint64_t n)
{
	LOOKUPS(s->keys[(s->at + i + j + off) & s->mask],
		riotlb_group_translate(s->engine, 0, key, key, RIOTLB_READ,
				       &seg));
}

/* What is in seg after an error is nobody's business. */
static int only_error(int err, struct riotlb_segment *seg)
{
	seg->addr = 0;
	return err;
}

uint64_t op_lookup_miss(struct state *s, uint64_t n)
{
	LOOKUPS(s->holes[(s->at + i + j + off) & s->mask],
		only_error(riotlb_translate(s->engine, ASID, key, key,
					    RIOTLB_READ, &seg),
			   &seg));
}

uint64_t op_lookup_denied(struct state *s, uint64_t n)
{
	LOOKUPS(s->keys[(s->at + i + j + off) & s->mask],
		only_error(riotlb_translate(s->engine, ASID, key, key,
					    RIOTLB_WRITE, &seg),
			   &seg));
}

/* Which key comes next is not known before the last answer is there. */
uint64_t op_lookup_dependent(struct state *s, uint64_t n)
{
	LOOKUPS(s->keys[(s->at + i + j + off + (seg.addr >> 63)) & s->mask],
		riotlb_translate(s->engine, ASID, key, key, RIOTLB_READ, &seg));
}

uint64_t op_lookup_section(struct state *s, uint64_t n)
{
	uint64_t sum = 0;
	uint64_t off = 0;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t key = s->keys[(s->at + i + off) & s->mask];
		struct riotlb_segment seg = { 0 };

		riotlb_read_enter(s->engine);
		riotlb_translate(s->engine, ASID, key, key, RIOTLB_READ, &seg);
		riotlb_read_exit(s->engine);
		sum += seg.addr;
		if (i % SECTION == 0)
			off = inject(s, SECTION, sum);
	}
	return sum;
}

/* Where VEC mappings that follow each other begin, for the i-th call. */
static inline size_t first_of_run(const struct state *s, uint64_t i)
{
	size_t first = s->index[(s->at + i) & s->mask];

	return first + VEC > s->n ? s->n - VEC : first;
}

/* Four mappings that follow each other. */
uint64_t op_lookup_vec(struct state *s, uint64_t n)
{
	struct riotlb_segment segs[VEC + 1];
	uint64_t sum = 0;
	uint64_t off = 0;

	for (uint64_t i = 0; i < n; i++) {
		size_t first = first_of_run(s, i + off);
		size_t filled = 0;

		riotlb_read_enter(s->engine);
		if (riotlb_translate_vec(s->engine, ASID, s->m[first].start,
					 s->m[first + VEC - 1].last,
					 RIOTLB_READ, segs, VEC + 1, &filled,
					 NULL) ||
		    filled != VEC)
			s->err = -EIO;
		riotlb_read_exit(s->engine);
		sum += segs[VEC - 1].addr;
		if (i % (SECTION / VEC) == 0)
			off = inject(s, SECTION / VEC, sum);
	}
	return sum;
}

uint64_t op_lookup_burst(struct state *s, uint64_t n)
{
	struct riotlb_request requests[BURST];
	struct riotlb_answer answers[BURST];
	uint64_t sum = 0;
	uint64_t off = 0;

	for (uint64_t i = 0; i < n; i += BURST) {
		for (size_t j = 0; j < BURST; j++) {
			uint64_t key = s->keys[(s->at + i + j + off) & s->mask];

			requests[j] = (struct riotlb_request){
				.iova = key,
				.last = key,
				.want = RIOTLB_READ,
			};
		}
		riotlb_read_enter(s->engine);
		if (riotlb_translate_burst(s->engine, ASID, requests, BURST,
					   answers))
			s->err = -EIO;
		riotlb_read_exit(s->engine);
		for (size_t j = 0; j < BURST; j++)
			sum += answers[j].addr;
		off = inject(s, BURST, sum);
	}
	return sum;
}

uint64_t op_lookup_list(struct state *s, uint64_t n)
{
	uint64_t addr[BURST];
	uint64_t sum = 0;
	uint64_t off = 0;

	for (uint64_t i = 0; i < n; i += BURST) {
		size_t at = (size_t)((s->at + i + off) & s->mask);
		size_t done;

		/* the keys are a multiple of a burst, and so is `at` */
		riotlb_read_enter(s->engine);
		if (riotlb_translate_list(s->engine, ASID, s->keys + at, BURST,
					  0, RIOTLB_READ, addr, &done))
			s->err = -EIO;
		riotlb_read_exit(s->engine);
		for (size_t j = 0; j < BURST; j++)
			sum += addr[j];
		off = inject(s, BURST, sum);
	}
	return sum;
}

/* The gaps between four neighbours. */
uint64_t op_gaps(struct state *s, uint64_t n)
{
	struct riotlb_gap gaps[VEC];
	uint64_t sum = 0;
	uint64_t off = 0;

	for (uint64_t i = 0; i < n; i++) {
		size_t first = first_of_run(s, i + off);
		size_t filled = 0;

		riotlb_read_enter(s->engine);
		if (riotlb_gaps(s->engine, ASID, s->m[first].start,
				s->m[first + VEC - 1].last, RIOTLB_READ, gaps,
				VEC, &filled, NULL))
			s->err = -EIO;
		riotlb_read_exit(s->engine);
		sum += filled + gaps[0].last;
		if (i % (SECTION / VEC) == 0)
			off = inject(s, SECTION / VEC, sum);
	}
	return sum;
}

/* Stamps count changes, of which a version may need more than another. */
uint64_t op_stamp(struct state *s, uint64_t n)
{
	struct riotlb_stamp stamp = { 0 };
	uint64_t off = 0;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t key = s->keys[(s->at + i + off) & s->mask];

		if (riotlb_stamp(s->engine, ASID, key, key, &stamp))
			s->err = -EIO;
		if (i % SECTION == 0)
			off = inject(s, SECTION, stamp.content);
	}
	return 0;
}

uint64_t op_iterate(struct state *s, uint64_t n)
{
	struct riotlb_mapping out[64];
	uint64_t sum = 0;
	uint64_t off = 0;

	for (uint64_t i = 0; i < n; i++) {
		size_t first = s->index[(s->at + i + off) & s->mask];
		size_t filled = 0;

		if (first + 64 > s->n)
			first = s->n - 64;
		if (riotlb_iterate(s->engine, ASID, s->m[first].start,
				   UINT64_MAX, out, 64, &filled, NULL,
				   NULL) < 0)
			s->err = -EIO;
		sum += filled + out[63].addr;
		off = inject(s, 1, sum);
	}
	return sum;
}
