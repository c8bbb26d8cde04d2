/* SPDX-License-Identifier: MIT */
/* Lookups of many requests in one call: each as if it had been made alone. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

/* What core/burst.c thinks that the second-level cache holds. */
#define CACHED_BYTES (1 << 18)

/* As many answers behind the last are looked at. */
#define BEHIND 4

static struct riotlb_request nth_request(size_t i)
{
	struct riotlb_request r = {
		.iova = i * 0x1000 + i % 0x1000,
		.last = i * 0x1000 + 0x1fff,
		.want = RIOTLB_READ,
	};

	if (i % 7 == 3)
		r.want = RIOTLB_WRITE;
	if (i % 31 == 5)
		r.want = 0;
	if (i % 31 == 6)
		r.last = r.iova - 1;
	return r;
}

static void check_requests(struct riotlb *e, uint32_t asid,
			   const struct riotlb_request *requests, size_t n)
{
	static const struct riotlb_answer untouched[BEHIND];
	struct riotlb_answer *answers = calloc(n + BEHIND, sizeof(*answers));
	int failed = 0, got;

	assert_non_null(answers);
	memset(answers, 0x5a, n * sizeof(*answers));
	riotlb_read_enter(e);
	got = asid == UINT32_MAX
		      ? riotlb_group_translate_burst(e, 0, requests, n, answers)
		      : riotlb_translate_burst(e, asid, requests, n, answers);
	riotlb_read_exit(e);
	for (size_t i = 0; i < n; i++) {
		struct riotlb_segment seg = { 0 };
		int err = translate(e, 0, requests[i].iova, requests[i].last,
				    requests[i].want, &seg);

		assert_int_equal(answers[i].status, err);
		assert_int_equal(answers[i].addr, err ? 0 : seg.addr);
		assert_int_equal(answers[i].last, err ? 0 : seg.last);
		if (!err)
			assert_int_equal(answers[i].perm, seg.perm);
		failed += err != 0;
	}
	assert_int_equal(got, failed);
	assert_memory_equal(&answers[n], untouched, sizeof(untouched));
	free(answers);
}

static void check_burst(struct riotlb *e, uint32_t asid, size_t n)
{
	struct riotlb_request *requests = calloc(n + 1, sizeof(*requests));

	assert_non_null(requests);
	for (size_t i = 0; i < n; i++)
		requests[i] = nth_request(i);
	check_requests(e, asid, requests, n);
	free(requests);
}

static void test_burst(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	static const size_t sizes[] = { 0, 1, 31, 32, 33, 256, 1000 };

	/* two of three pages, every fourth read-only, some bytes in between */
	for (uint64_t i = 0; i < 1100; i++) {
		uint64_t at = i * 0x1000;

		if (i % 3 == 2)
			continue;
		assert_int_equal(map(e, at, at + (i % 5 ? 0xfff : 0x123),
				     at ^ 0x55555000,
				     i % 4 ? RIOTLB_RW : RIOTLB_READ),
				 0);
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		check_burst(e, 0, sizes[i]);
		check_burst(e, UINT32_MAX, sizes[i]);
	}
}

/*
 * Dense mappings of one size, one request for each of the first ones: what a
 * burst answers in fours, as far as nothing else is asked for.
 */
enum {
	PLACES = 40,
	DENSE_BASE = 0x40000000,
};

struct dense {
	size_t n;
	uint64_t size;
};

enum odd {
	ODD_DENIED,
	ODD_ACROSS, /* on into the next one, which is elsewhere */
	ODD_FAR,
	ODD_BEFORE, /* just before the first one */
	ODD_BEHIND, /* just behind the last one */
	ODD_WANT,
	ODD_RANGE,
	ODD_KINDS,
};

static void map_dense(struct riotlb *e, struct dense d)
{
	struct riotlb_mapping *maps = calloc(d.n, sizeof(*maps));

	assert_non_null(maps);
	for (size_t i = 0; i < d.n; i++)
		maps[i] = mapping(DENSE_BASE + i * d.size,
				  DENSE_BASE + (i + 1) * d.size - 1,
				  i * 3 * d.size + 0x1000000, RIOTLB_READ);
	assert_int_equal(riotlb_map_bulk(e, 0, maps, d.n, 0, NULL), 0);
	free(maps);
}

static void ask_dense(struct riotlb_request *requests, struct dense d)
{
	for (size_t i = 0; i < PLACES; i++)
		requests[i] = (struct riotlb_request){
			.iova = DENSE_BASE + i * d.size,
			.last = DENSE_BASE + (i + 1) * d.size - 1,
			.want = RIOTLB_READ,
		};
}

static void move_to(struct riotlb_request *r, uint64_t iova)
{
	r->last += iova - r->iova;
	r->iova = iova;
}

static void make_odd(struct riotlb_request *r, struct dense d, enum odd odd)
{
	switch (odd) {
	case ODD_DENIED:
		r->want = RIOTLB_WRITE;
		break;
	case ODD_ACROSS:
		r->last++;
		break;
	case ODD_FAR:
		move_to(r, UINT64_C(1) << 40);
		break;
	case ODD_BEFORE:
		move_to(r, DENSE_BASE - d.size);
		break;
	case ODD_BEHIND:
		move_to(r, DENSE_BASE + d.n * d.size);
		break;
	case ODD_WANT:
		r->want = 0;
		break;
	default:
		r->iova = r->last + 1;
		break;
	}
}

/* Bursts that could go on, and an odd request at each place. */
static void check_dense(struct riotlb *e, struct dense d)
{
	struct riotlb_request requests[PLACES];

	ask_dense(requests, d);
	for (size_t n = 0; n <= PLACES; n++)
		check_requests(e, 0, requests, n);
	for (size_t place = 0; place < PLACES; place++) {
		for (enum odd odd = 0; odd < ODD_KINDS; odd++) {
			ask_dense(requests, d);
			make_odd(&requests[place], d, odd);
			check_requests(e, 0, requests, place + 1);
			check_requests(e, 0, requests, PLACES);
		}
	}
}

/* All around them, also behind the last slot of the root. */
static void check_around(struct riotlb *e, struct dense d)
{
	struct riotlb_request requests[PLACES];

	for (uint64_t at = 0; at < 4 * d.n; at += PLACES) {
		ask_dense(requests, d);
		for (size_t i = 0; i < PLACES; i++)
			move_to(&requests[i],
				DENSE_BASE + (at + i) * d.size - d.n * d.size);
		check_requests(e, 0, requests, PLACES);
	}
}

/* They stand in the root. */
static void test_burst_of_pages(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	const struct dense d = { 1024, 0x1000 };

	map_dense(e, d);
	assert_int_equal(shape_of(e, 0).nodes, 0);
	assert_in_range(stats_of(e, 0).table_bytes, 1, CACHED_BYTES);
	check_dense(e, d);
	check_around(e, d);
}

/* They stand in nodes below it, and are prefetched. */
static void test_burst_of_many_pages(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	const struct dense d = { 1 << 16, 0x1000 };

	map_dense(e, d);
	assert_int_equal(shape_of(e, 0).nodes, d.n / 512);
	assert_in_range(stats_of(e, 0).table_bytes, CACHED_BYTES + 1, MAX);
	check_dense(e, d);
}

/* The root's slots are too small for the quick way. */
static void test_burst_of_small_ones(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	const struct dense d = { 64, 16 };

	map_dense(e, d);
	check_dense(e, d);
}

/*
 * Tables that caches do not hold are prefetched. Blocks of 2 MiB in turn: one
 * mapping, a page, sixteen pages, nothing.
 */
static void map_large(struct riotlb *e)
{
	const uint64_t block = 0x200000;

	for (uint64_t i = 0; i < 20000; i++) {
		uint64_t at = i * block, size = i % 4 == 0 ? block : 0x1000;
		uint64_t n = i % 4 == 2 ? 16 : i % 4 != 3;

		for (; n-- != 0; at += 2 * size)
			assert_int_equal(
				map(e, at, at + size - 1, at / 2, RIOTLB_READ),
				0);
	}
	assert_in_range(stats_of(e, 0).table_bytes, CACHED_BYTES + 1, MAX);
}

static void test_burst_large(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_request requests[1000];

	map_large(e);
	for (size_t i = 0; i < 1000; i++) {
		uint64_t at = i * 19 * 0x200000 + i % 3 * 0x1000;

		/* some of them above everything that is mapped */
		at += i % 50 == 7 ? UINT64_C(1) << 60 : 0;
		requests[i] = (struct riotlb_request){ .iova = at,
						       .last = at + 0x1fff,
						       .want = RIOTLB_READ };
	}
	check_requests(e, 0, requests, 1000);
	check_requests(e, UINT32_MAX, requests, 1000);
}

static void map_page(struct riotlb *e, uint64_t at)
{
	assert_int_equal(map(e, at, at + 0xfff, at / 2, RIOTLB_READ), 0);
}

/*
 * The slots of the root hold nothing, one mapping, a pack, or a window, each of
 * which is prefetched in its own way, if at all.
 */
static void test_burst_large_of_anything(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	const uint64_t block = UINT64_C(1) << 34, above = UINT64_C(1) << 36;
	struct riotlb_request requests[1000];

	map_large(e);
	assert_int_equal(map(e, above + block, above + 2 * block - 1, above,
			     RIOTLB_READ),
			 0);
	for (uint64_t i = 0; i < 20; i++) {
		if (i < 3)
			map_page(e, above + 2 * block + i * (block / 4));
		map_page(e, above + 3 * block + i * 0x3000);
	}
	for (size_t i = 0; i < 1000; i++) {
		uint64_t at = above + i % 4 * block + i / 4 % 4 * (block / 4) +
			      i / 16 * 0x1000;

		requests[i] = (struct riotlb_request){ .iova = at,
						       .last = at + 0x800,
						       .want = RIOTLB_READ };
	}
	check_requests(e, 0, requests, 1000);
	check_requests(e, UINT32_MAX, requests, 1000);
}

static void test_burst_bad_asid(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_request request = { 0, 0, RIOTLB_READ, 0 };
	struct riotlb_answer answer;

	riotlb_read_enter(e);
	assert_int_equal(riotlb_translate_burst(e, 2, &request, 1, &answer),
			 -EINVAL);
	assert_int_equal(
		riotlb_translate_burst(e, UINT32_MAX, &request, 1, &answer),
		-EINVAL);
	riotlb_read_exit(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_burst),
		fixture_test(test_burst_of_pages),
		fixture_test(test_burst_of_many_pages),
		fixture_test(test_burst_of_small_ones),
		fixture_test(test_burst_large),
		fixture_test(test_burst_large_of_anything),
		fixture_test(test_burst_bad_asid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
