/* SPDX-License-Identifier: MIT */
/* Lookups of many requests in one call: each as if it had been made alone. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

/* What core/burst.c thinks that the second-level cache holds. */
#define CACHED_BYTES (1 << 18)

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
	struct riotlb_answer *answers = calloc(n + 1, sizeof(*answers));
	int failed = 0, got;

	assert_non_null(answers);
	memset(answers, 0x5a, (n + 1) * sizeof(*answers));
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
	/* nothing past the last answer was touched */
	assert_int_equal(answers[n].addr, 0x5a5a5a5a5a5a5a5au);
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

enum {
	PLACES = 40,
};

/* Requests of a page each; the one at `place` is not answered by a page. */
static void ask_for_pages(struct riotlb_request *requests, size_t place,
			  unsigned int kind)
{
	struct riotlb_request *odd = &requests[place];

	for (size_t i = 0; i < PLACES; i++)
		requests[i] =
			(struct riotlb_request){ .iova = i * 0x1000,
						 .last = i * 0x1000 + 0xfff,
						 .want = RIOTLB_READ };
	switch (kind) {
	case 0:
		odd->want = RIOTLB_WRITE;
		break;
	case 1: /* on into the next page, which is elsewhere */
		odd->last++;
		break;
	case 2: /* nothing is there */
		odd->iova += UINT64_C(1) << 40;
		odd->last += UINT64_C(1) << 40;
		break;
	case 3:
		odd->want = 0;
		break;
	default:
		odd->iova = odd->last + 1;
		break;
	}
}

/*
 * Dense pages are answered in fours, as far as nothing else is asked for: each
 * place for that, in bursts that end at it or behind it, and none.
 */
static void check_places(struct riotlb *e)
{
	struct riotlb_request requests[PLACES];

	for (size_t place = 0; place < PLACES; place++) {
		for (unsigned int kind = 0; kind < 5; kind++) {
			ask_for_pages(requests, place, kind);
			check_requests(e, 0, requests, place);
			check_requests(e, 0, requests, place + 1);
			check_requests(e, 0, requests, PLACES);
		}
	}
}

static void map_pages(struct riotlb *e, size_t n)
{
	struct riotlb_mapping *maps = calloc(n, sizeof(*maps));

	assert_non_null(maps);
	for (size_t i = 0; i < n; i++)
		maps[i] = (struct riotlb_mapping){
			.start = i * 0x1000,
			.last = i * 0x1000 + 0xfff,
			.addr = i * 0x3000 + 0x1000000,
			.perm = RIOTLB_READ,
		};
	assert_int_equal(riotlb_map_bulk(e, 0, maps, n, 0, NULL), 0);
	free(maps);
}

static void test_burst_of_pages(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;

	map_pages(e, 1024);
	assert_in_range(stats_of(e, 0).table_bytes, 1, CACHED_BYTES);
	check_places(e);
}

static void test_burst_of_pages_large(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;

	map_pages(e, 1 << 16);
	assert_in_range(stats_of(e, 0).table_bytes, CACHED_BYTES + 1, MAX);
	check_places(e);
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
		fixture_test(test_burst_of_pages_large),
		fixture_test(test_burst_large),
		fixture_test(test_burst_large_of_anything),
		fixture_test(test_burst_bad_asid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
