/* SPDX-License-Identifier: MIT */
/* Lookups of lists: each says what one request after the other would. */
#include <errno.h>
#include <stdlib.h>

#include "fixture.h"

/* A list must say what one request after the other would. */
static void check_list(struct riotlb *e, const uint64_t *iova, size_t n,
		       uint64_t span, uint32_t want)
{
	uint64_t *addr = calloc(n + 1, sizeof(*addr));
	size_t done = SIZE_MAX, i;
	int err = 0, got;

	assert_non_null(addr);
	addr[n] = 0x5a5a5a5a5a5a5a5au;
	riotlb_read_enter(e);
	got = riotlb_translate_list(e, 0, iova, n, span, want, addr, &done);
	riotlb_read_exit(e);
	for (i = 0; i < n; i++) {
		struct riotlb_segment seg = { 0 };
		uint64_t last = iova[i] + span;

		err = translate(e, 0, iova[i], last, want, &seg);
		if (err == 0 && seg.last != last) {
			err = translate(e, 0, seg.last + 1, last, want, &seg);
			err = err ? err : -ENOBUFS;
		}
		if (err != 0)
			break;
		assert_int_equal(addr[i], seg.addr);
	}
	assert_int_equal(got, err);
	assert_int_equal(done, i);
	assert_int_equal(addr[n], 0x5a5a5a5a5a5a5a5au);
	free(addr);
}

static const size_t list_sizes[] = { 0, 1, 2, 31, 32, 33, 64, 100, 1000 };

#define LIST_MOST 1000

/* Pages anywhere in a table of equal pages: nothing but the common case. */
static void test_list_of_pages(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	uint64_t iova[LIST_MOST];

	for (uint64_t i = 0; i < 2048; i++)
		assert_int_equal(map(e, i << 12, (i << 12) + 0xfff,
				     (i * 7919 % 65536) << 12, RIOTLB_READ),
				 0);
	for (size_t i = 0; i < LIST_MOST; i++)
		iova[i] = (i * 31 % 2048) << 12;
	for (size_t i = 0; i < sizeof(list_sizes) / sizeof(*list_sizes); i++) {
		check_list(e, iova, list_sizes[i], 0, RIOTLB_READ);
		check_list(e, iova, list_sizes[i], 0xfff, RIOTLB_READ);
		/* into the next page, which is elsewhere */
		check_list(e, iova, list_sizes[i], 0x1000, RIOTLB_READ);
		check_list(e, iova, list_sizes[i], 0xfff, RIOTLB_RW);
	}
	/* spans that fit a page, but not from there */
	for (size_t i = 0; i < LIST_MOST; i++)
		iova[i] += 0x800;
	check_list(e, iova, LIST_MOST, 0x7ff, RIOTLB_READ);
	check_list(e, iova, LIST_MOST, 0x800, RIOTLB_READ);
	iova[0] -= 0x800;
	check_list(e, iova, LIST_MOST, 0xfff, RIOTLB_READ);
}

/* One request of many that fails, at every place of a chunk and beyond. */
static void test_list_fails_at(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	uint64_t iova[LIST_MOST];

	for (uint64_t i = 0; i < 64; i++)
		assert_int_equal(map(e, i << 12, (i << 12) + 0xfff, i << 20,
				     i % 64 == 7 ? RIOTLB_READ : RIOTLB_RW),
				 0);
	for (size_t i = 0; i < 100; i++)
		iova[i] = (i % 7) << 12;
	for (size_t i = 0; i < 100; i++) {
		static const uint64_t bad[] = { 7 << 12, 64 << 12, 1ull << 40,
						MAX - 0xfff };
		uint64_t good = iova[i];

		for (size_t k = 0; k < sizeof(bad) / sizeof(*bad); k++) {
			iova[i] = bad[k];
			check_list(e, iova, 100, 0xfff, RIOTLB_RW);
			check_list(e, iova, 100, 0x1fff, RIOTLB_RW);
		}
		iova[i] = good;
	}
}

/* Mappings of all sizes, bytes and permissions, so other ways down the trie. */
static void test_list_of_anything(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	uint64_t iova[LIST_MOST];
	uint64_t at = 0;

	for (uint64_t i = 0; i < 300; i++) {
		uint64_t size =
			i % 11 == 0 ? 0x200000 : UINT64_C(0x800) << (i % 5);

		assert_int_equal(map(e, at, at + size - 1, at + (7ull << 40),
				     i % 4 ? RIOTLB_RW : RIOTLB_READ),
				 0);
		at += size + (i % 13 == 0 ? 0x1000 : 0);
	}
	for (size_t round = 0; round < 200; round++) {
		for (size_t i = 0; i < LIST_MOST; i++)
			iova[i] = (i * 0x9e3779b97f4a7c15u >> 20) % at;
		check_list(e, iova + round, 1 + round * 3, round * 37,
			   RIOTLB_READ);
		check_list(e, iova + round, 1 + round * 3, round * 37,
			   RIOTLB_RW);
	}
}

static void test_list_bad(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	uint64_t iova = 0x1000, addr = 1;
	size_t done = 9;

	riotlb_read_enter(e);
	assert_int_equal(riotlb_translate_list(e, 2, &iova, 1, 0, RIOTLB_READ,
					       &addr, &done),
			 -EINVAL);
	assert_int_equal(done, 0);
	done = 9;
	assert_int_equal(riotlb_group_translate_list(e, UINT32_MAX, &iova, 1, 0,
						     RIOTLB_READ, &addr, &done),
			 -EINVAL);
	assert_int_equal(done, 0);
	for (uint32_t want = 0; want != 8; want = want ? want + 4 : 4) {
		done = 9;
		assert_int_equal(riotlb_translate_list(e, 0, &iova, 1, 0, want,
						       &addr, &done),
				 -EINVAL);
		assert_int_equal(done, 0);
	}
	riotlb_read_exit(e);
	/* all bytes, but none behind the last */
	assert_int_equal(map(e, 0, MAX, 0, RIOTLB_RW), 0);
	riotlb_read_enter(e);
	assert_int_equal(riotlb_translate_list(e, 0, &iova, 1, MAX - 0x1000,
					       RIOTLB_RW, &addr, &done),
			 0);
	assert_int_equal(addr, 0x1000);
	assert_int_equal(riotlb_translate_list(e, 0, &iova, 1, MAX - 0xfff,
					       RIOTLB_RW, &addr, &done),
			 -EINVAL);
	assert_int_equal(riotlb_translate_list(e, 0, &iova, 1, MAX, RIOTLB_RW,
					       &addr, &done),
			 -EINVAL);
	riotlb_read_exit(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_list_of_pages),
		fixture_test(test_list_fails_at),
		fixture_test(test_list_of_anything),
		fixture_test(test_list_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
