/* SPDX-License-Identifier: MIT */
/*
 * Mistakes that IOTLBs, IOMMU drivers and their users have made, one test each.
 * A test is named after what goes wrong if the mistake is made here; what was
 * not a table's mistake is listed in tests/README.md.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "check.h"
#include "fixture.h"

#define PAGE 0x1000

static struct riotlb_mapping page(uint64_t n)
{
	return mapping(n * PAGE, n * PAGE + PAGE - 1, 0x100000 + n * PAGE,
		       RIOTLB_RW);
}

static int map_page(struct riotlb *e, uint64_t n)
{
	struct riotlb_mapping m = page(n);

	return riotlb_map(e, 0, &m, 0, NULL);
}

static int vec(struct riotlb *e, uint64_t iova, uint64_t last, uint32_t want,
	       struct riotlb_segment *segs, size_t nsegs, size_t *filled)
{
	int err;

	riotlb_read_enter(e);
	err = riotlb_translate_vec(e, 0, iova, last, want, segs, nsegs, filled,
				   NULL);
	riotlb_read_exit(e);
	return err;
}

/*
 * The size of [0, 2^64 - 1] does not fit into 64 bits. Kept as a size it was 0,
 * and a translation that advanced by the size of what it found never ended.
 */
static void test_full_range_size_wraps_to_zero(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	const uint64_t mid = (uint64_t)1 << 63;
	struct riotlb_segment segs[4];
	size_t n = 9;

	assert_int_equal(map(e, 0, MAX, 0, RIOTLB_RW), 0);
	expect_host(e, 0, 0, 0);
	for (uint64_t at = mid - 1; at <= mid + 1; at++)
		expect_host(e, 0, at, at);
	expect_host(e, 0, MAX, MAX);
	assert_int_equal(vec(e, 0, MAX, RIOTLB_RW, segs, 4, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(vec(e, mid - 1, mid + 1, RIOTLB_RW, segs, 4, &n), 0);
	assert_int_equal(n, 1);
	expect_contents(e, 0, mapping(0, MAX, 0, RIOTLB_RW));
}

/*
 * The check that cured the above also refused "invalidate all", which callers
 * spelt as size 0 from address 0. Here it is the full range, and it succeeds on
 * whatever there is, also on nothing.
 */
static void test_invalidate_all_is_refused(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;

	for (int policy = 0; policy <= RIOTLB_UNMAP_NO_BISECT; policy++) {
		enum riotlb_unmap_policy p = (enum riotlb_unmap_policy)policy;

		assert_int_equal(map_page(e, 0), 0);
		assert_int_equal(map_page(e, 7), 0);
		assert_int_equal(map(e, MAX, MAX, 0, RIOTLB_RW), 0);
		for (int i = 0; i < 2; i++) {
			assert_int_equal(riotlb_unmap(e, 0, 0, MAX, p, NULL),
					 0);
			expect_empty(e, 0);
		}
	}
	/* while size 0 as a range, [start, start - 1], is nothing at all */
	assert_int_equal(map(e, 5, 4, 0, RIOTLB_RW), -EINVAL);
	assert_int_equal(unmap(e, 5, 4), -EINVAL);
}

/*
 * Cutting takes two pieces. An error for the first was overwritten by the
 * result of the second, and one for the second left the first behind.
 */
static void test_failed_cut_leaves_half(void **state)
{
	struct fixture *f = *state;
	struct riotlb_mapping m = mapping(1, 0x7ffffd, 0x12345, RIOTLB_RW);
	size_t nth = 1;
	int err;

	m.opaque = 77;
	assert_int_equal(riotlb_map(f->engine, 0, &m, 0, NULL), 0);
	do {
		hooks_refuse_nth(&f->hooks, nth++);
		err = unmap(f->engine, 0x300005, 0x300007);
		hooks_refuse_nth(&f->hooks, 0);
		if (err) {
			assert_int_equal(err, -ENOMEM);
			expect_contents(f->engine, 0, m);
			expect_host(f->engine, 0, 0x300006, 0x300006 + 0x12344);
		}
	} while (err);
	assert_true(nth > 2);
	assert_int_equal(stats_of(f->engine, 0).mappings, 2);
	expect_miss(f->engine, 0, 0x300006);
	expect_host(f->engine, 0, 0x300008, 0x300008 + 0x12344);
}

/* The limit was looked at in one mode only, so the table grew without end. */
static void test_limit_is_not_enforced(void **state)
{
	struct fixture *f = *state;

	f->limits[0].mappings = 3;
	fixture_recreate(f);
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(map_page(f->engine, i), 0);
	assert_int_equal(map_page(f->engine, 3), -ENOSPC);
	assert_int_equal(stats_of(f->engine, 0).mappings, 3);
	/* the full range is one mapping, not two halves */
	f->limits[0].mappings = 1;
	fixture_recreate(f);
	assert_int_equal(map(f->engine, 0, MAX, 0, RIOTLB_RW), 0);
	/* and 0 is no limit */
	f->limits[0].mappings = 0;
	fixture_recreate(f);
	for (uint64_t i = 0; i < 5000; i++)
		assert_int_equal(map_page(f->engine, i), 0);
}

/*
 * The second step of a translation looked up the whole length again instead of
 * what was left of it, and so ran into a hole just past the buffer.
 */
static void test_looks_past_the_end_of_the_buffer(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_segment segs[4];
	struct riotlb_gap gap;
	size_t n = 0;

	assert_int_equal(map(e, 0x1000, 0x1fff, 0x51000, RIOTLB_RW), 0);
	assert_int_equal(map(e, 0x2000, 0x2fff, 0x90000, RIOTLB_RW), 0);
	assert_int_equal(vec(e, 0x1800, 0x2fff, RIOTLB_RW, segs, 4, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(segs[1].last, 0x2fff);
	expect_segment(e, 0x2000, 0x2fff, 0x90000, 0x2fff);
	riotlb_read_enter(e);
	assert_int_equal(
		riotlb_gaps(e, 0, 0x1800, 0x2fff, RIOTLB_RW, &gap, 1, &n, NULL),
		0);
	riotlb_read_exit(e);
	assert_int_equal(n, 0);
}

/* Unmapping far more than is mapped reached into what was never there. */
static void test_unmap_walks_into_unmapped_space(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_report r;

	assert_int_equal(map(e, 0x1001, 0x1003, 0, RIOTLB_RW), 0);
	assert_int_equal(map(e, 0x40000000, 0x400fffff, 0, RIOTLB_RW), 0);
	assert_int_equal(map(e, MAX - 5, MAX - 1, 0, RIOTLB_RW), 0);
	assert_int_equal(
		riotlb_unmap(e, 0, 0x1002, MAX - 3, RIOTLB_UNMAP_EXACT, &r), 0);
	expect_report(&r, 1, 2, 2 + 0x100000 + 3);
	expect_contents(e, 0, mapping(0x1001, 0x1001, 0, RIOTLB_RW),
			mapping(MAX - 2, MAX - 1, 3, RIOTLB_RW));
}

/* Address spaces made on demand were not taken down with their device. */
static void test_address_spaces_leak_at_release(void **state)
{
	struct fixture *f = *state;

	f->attr.nas = FIXTURE_AS;
	for (int round = 0; round < 3; round++) {
		fixture_recreate(f);
		for (uint32_t asid = 0; asid < FIXTURE_AS; asid++) {
			struct riotlb_mapping m[] = { page(1), page(3),
						      page(3) };

			assert_int_equal(
				riotlb_set_map(f->engine, asid, m, 2, NULL), 0);
			/* the last thing it does fails half way */
			assert_int_equal(
				riotlb_map_bulk(f->engine, asid, m, 3, 0, NULL),
				-EEXIST);
		}
		fixture_destroy(f);
	}
	fixture_create(f);
	for (uint32_t asid = 0; asid < FIXTURE_AS; asid++)
		expect_empty(f->engine, asid);
}

/* Ends were computed as start + size, which wraps at the top of the space. */
static void test_range_end_overflows(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;

	assert_int_equal(map(e, MAX - 0xfff, MAX, 0x1000, RIOTLB_RW), 0);
	expect_host(e, 0, MAX, 0x1fff);
	expect_miss(e, 0, MAX - 0x1000);
	expect_miss(e, 0, 0);
	assert_int_equal(map(e, MAX - 0xfff, 5, 0, RIOTLB_RW), -EINVAL);
	assert_int_equal(map(e, 0, 0xfff, MAX - 0xfff, RIOTLB_RW), 0);
	assert_int_equal(map(e, 0x1000, 0x1fff, MAX - 0xffe, RIOTLB_RW),
			 -EOVERFLOW);
	assert_int_equal(map(e, 1, MAX, 1, RIOTLB_RW), -EEXIST);
	assert_int_equal(map(e, 1, MAX, 2, RIOTLB_RW), -EOVERFLOW);
}

/*
 * The unwinding of a map that failed at address 0 removed "size 0 from 0",
 * which meant everything.
 */
static void test_failed_map_at_zero_wipes_the_rest(void **state)
{
	struct riotlb_mapping m[] = { page(0), page(1), page(5) };
	struct fixture *f = *state;
	int err = 0;

	assert_int_equal(map_page(f->engine, 5), 0);
	assert_int_equal(map(f->engine, 0, 0x5000, 0, RIOTLB_RW), -EEXIST);
	assert_int_equal(riotlb_map_bulk(f->engine, 0, m, 3, 0, NULL), -EEXIST);
	expect_contents(f->engine, 0, page(5));
	for (size_t nth = 1; nth < 100; nth++) {
		struct riotlb_mapping odd = mapping(0, 0x3003, 7, RIOTLB_RW);

		hooks_refuse_nth(&f->hooks, nth);
		err = riotlb_map(f->engine, 0, &odd, 0, NULL);
		hooks_refuse_nth(&f->hooks, 0);
		if (!err)
			break;
		assert_int_equal(err, -ENOMEM);
		expect_contents(f->engine, 0, page(5));
	}
	assert_int_equal(err, 0);
	expect_contents(f->engine, 0, mapping(0, 0x3003, 7, RIOTLB_RW),
			page(5));
}

/* A cached translation outlived a change that nobody told the cache about. */
static void test_cache_misses_a_change(void **state)
{
	struct riotlb_mapping m = page(1);
	struct riotlb_op op = { .kind = RIOTLB_OP_MAP, .mapping = page(1) };
	struct riotlb_range r = range(0x1000, 0x1000);
	struct riotlb *e = ((struct fixture *)*state)->engine;

	for (int change = 0; change < 9; change++) {
		struct riotlb_stamp before, after;

		assert_int_equal(riotlb_set_group_asid(e, 0, 0, NULL), 0);
		assert_int_equal(riotlb_set_map(e, 0, &m, change != 2, NULL),
				 0);
		assert_int_equal(
			riotlb_group_stamp(e, 0, 0x1000, 0x1000, &before), 0);
		switch (change) {
		case 0:
			assert_int_equal(unmap(e, 0x1000, 0x1000), 0);
			break;
		case 1:
			assert_int_equal(protect(e, 0x1000, 0x1fff, 1), 0);
			break;
		case 2:
			assert_int_equal(map_page(e, 1), 0);
			break;
		case 3:
			assert_int_equal(replace(e, 0, MAX, 0, RIOTLB_RW), 0);
			break;
		case 4:
			op.flags = RIOTLB_MAP_REPLACE;
			assert_int_equal(riotlb_apply(e, 0, &op, 1, NULL), 0);
			break;
		case 5:
			assert_int_equal(riotlb_set_map(e, 0, &m, 1, NULL), 0);
			break;
		case 6:
			assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
			break;
		case 7:
			assert_int_equal(riotlb_set_group_asid(e, 0, 1, NULL),
					 0);
			break;
		default:
			assert_int_equal(riotlb_unmap_bulk(e, 0, &r, 1,
							   RIOTLB_UNMAP_WHOLE,
							   NULL),
					 0);
		}
		assert_int_equal(
			riotlb_group_stamp(e, 0, 0x1000, 0x1000, &after), 0);
		assert_false(riotlb_stamp_equal(&before, &after));
	}
}

/* ---- the first update of a passthrough AS, by several at once ------------ */

struct racer {
	struct riotlb *e;
	uint64_t n;
	pthread_barrier_t *barrier;
};

static void *race(void *arg)
{
	struct racer *r = arg;
	struct riotlb_mapping m = page(r->n);

	pthread_barrier_wait(r->barrier);
	if (r->n < 4)
		check_eq(riotlb_map(r->e, 0, &m, 0, NULL), 0);
	else if (r->n == 4)
		check_eq(unmap(r->e, 0x100000, 0x100fff), 0);
	else
		check_eq(riotlb_reset_map(r->e, 0, NULL), 0);
	return NULL;
}

/* Runs `n` racers and says how many pages were mapped in the end. */
static size_t race_once(struct fixture *f, uint64_t n)
{
	pthread_barrier_t barrier;
	struct racer racer[6];
	pthread_t thread[6];
	struct riotlb_mapping out[8];
	size_t filled, mapped = 0;

	assert_int_equal(riotlb_reset_map(f->engine, 0, NULL), 0);
	pthread_barrier_init(&barrier, NULL, (unsigned int)n);
	for (uint64_t i = 0; i < n; i++) {
		racer[i] = (struct racer){ f->engine, i, &barrier };
		assert_int_equal(
			pthread_create(&thread[i], NULL, race, &racer[i]), 0);
	}
	for (uint64_t i = 0; i < n; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	pthread_barrier_destroy(&barrier);
	assert_int_equal(riotlb_iterate(f->engine, 0, 0, MAX, out, 8, &filled,
					NULL, NULL),
			 0);
	for (size_t i = 0; i < filled; i++) {
		/* either the identity, or pages and nothing of it */
		if (out[i].last == MAX) {
			assert_int_equal(filled, 1);
			assert_true(stats_of(f->engine, 0).is_default);
			return 0;
		}
		assert_int_equal(out[i].addr - out[i].start, 0x100000);
		mapped++;
	}
	assert_false(stats_of(f->engine, 0).is_default);
	return mapped;
}

/*
 * The switch from passthrough to mapped was not one step: two first updates, or
 * one and a reset, lost a mapping or brought the passthrough back beside it.
 */
static void test_first_updates_race_on_passthrough(void **state)
{
	struct fixture *f = *state;

	f->defaults[0].kind = RIOTLB_DEFAULT_IDENTITY;
	fixture_recreate(f);
	for (int round = 0; round < 200; round++) {
		/* four maps and an unmap of something else: none gets lost */
		assert_int_equal(race_once(f, 5), 4);
		/* with a reset: those after it are there, those before gone */
		assert_in_range(race_once(f, 6), 0, 4);
		if (round % 32 == 0)
			drain(f->engine);
	}
}

/*
 * Building the new table failed part of the way, and its unwinding took apart
 * the old one, or freed the wrong list.
 */
static void test_failed_set_map_frees_the_old_one(void **state)
{
	struct riotlb_mapping m[] = { mapping(1, 0x3002, 9, RIOTLB_RW), page(7),
				      mapping(0x40000003, 0x7fffffff, 0, 1),
				      mapping(MAX, MAX, 0, RIOTLB_RW) };
	struct fixture *f = *state;
	size_t nth = 1, live;
	int err;

	m[2].opaque = 3;
	assert_int_equal(map_page(f->engine, 1), 0);
	assert_int_equal(map_page(f->engine, 2), 0);
	drain(f->engine);
	live = atomic_load(&f->hooks.live_bytes);
	do {
		hooks_refuse_nth(&f->hooks, nth++);
		err = riotlb_set_map(f->engine, 0, m, 4, NULL);
		hooks_refuse_nth(&f->hooks, 0);
		if (err) {
			assert_int_equal(err, -ENOMEM);
			expect_contents(f->engine, 0, page(1), page(2));
			drain(f->engine);
			assert_int_equal(atomic_load(&f->hooks.live_bytes),
					 live);
		}
	} while (err);
	assert_true(nth > 2);
	expect_contents(f->engine, 0, m[0], m[1], m[2], m[3]);
}

/* ---- memory that is given back too early --------------------------------- */

static unsigned char guest_memory[PAGE];

static void give_back(void *ctx, uint32_t asid,
		      const struct riotlb_mapping *piece)
{
	(void)ctx;
	(void)asid;
	memset(guest_memory + piece->start, 0xdb,
	       piece->last - piece->start + 1);
}

/* Reads through a translation that was looked up before all this began. */
static bool still_there(const struct riotlb_segment *seg)
{
	const unsigned char *p = (const unsigned char *)(uintptr_t)seg->addr;

	for (uint64_t i = 0; i <= seg->last - seg->iova; i++)
		if (p[i] != 0x11)
			return false;
	return true;
}

/*
 * A reader held on to what it had looked up while the entry was taken out,
 * recycled or its pages unpinned.
 */
static void test_memory_goes_while_a_reader_holds_it(void **state)
{
	struct fixture *f = *state;
	struct riotlb_segment seg;
	riotlb_lease lease;

	f->attr.retire = give_back;
	fixture_recreate(f);
	memset(guest_memory, 0x11, sizeof(guest_memory));
	assert_int_equal(map(f->engine, 0, PAGE - 1,
			     (uint64_t)(uintptr_t)guest_memory, RIOTLB_RW),
			 0);
	riotlb_read_enter(f->engine);
	assert_int_equal(
		riotlb_translate(f->engine, 0, 0, PAGE - 1, RIOTLB_READ, &seg),
		0);
	assert_int_equal(unmap(f->engine, 0, 0xff), 0);
	assert_true(still_there(&seg));
	lease = riotlb_lease_begin(f->engine);
	riotlb_read_exit(f->engine);
	assert_int_equal(riotlb_reset_map(f->engine, 0, NULL), 0);
	for (int i = 0; i < 8; i++)
		riotlb_reclaim(f->engine);
	assert_true(still_there(&seg));
	riotlb_lease_end(f->engine, lease);
	drain(f->engine);
	for (size_t i = 0; i < PAGE; i++)
		assert_int_equal(guest_memory[i], 0xdb);
}

static void *die_half_way(void *arg)
{
	struct riotlb *e = arg;

	check_eq(map_page(e, 1), 0);
	check_eq(map_page(e, 3), 0);
	check_eq(unmap(e, 0x1800, 0x1fff), 0);
	pthread_exit(NULL);
}

/* The owner was killed, and the next one found what he had left behind. */
static void test_next_owner_sees_stale_mappings(void **state)
{
	struct fixture *f = *state;
	pthread_t thread;

	f->defaults[0].kind = RIOTLB_DEFAULT_IDENTITY;
	fixture_recreate(f);
	assert_int_equal(pthread_create(&thread, NULL, die_half_way, f->engine),
			 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(stats_of(f->engine, 0).mappings, 2);
	assert_int_equal(riotlb_reset_map(f->engine, 0, NULL), 0);
	expect_identity(f->engine, 0);
}

/* ---- groups ------------------------------------------------------------ */

/*
 * Binding a group to an AS without mappings was skipped as nothing to do, so
 * the group went on with the translations of the AS it had left.
 */
static void test_rebinding_to_an_empty_as_is_ignored(void **state)
{
	static const uint32_t bad[] = { 2, 3, 0x10000, UINT32_MAX };
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_segment seg;

	assert_int_equal(map(e, 0, MAX, 0, RIOTLB_RW), 0);
	assert_int_equal(riotlb_set_group_asid(e, 1, 1, NULL), 0);
	riotlb_read_enter(e);
	for (unsigned int bit = 0; bit < 64; bit++)
		assert_int_equal(riotlb_group_translate(e, 1,
							(uint64_t)1 << bit, MAX,
							RIOTLB_READ, &seg),
				 -EFAULT);
	assert_int_equal(riotlb_group_translate(e, 0, 5, 5, RIOTLB_READ, &seg),
			 0);
	riotlb_read_exit(e);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(riotlb_set_group_asid(e, 1, bad[i], NULL),
				 -EINVAL);
		assert_int_equal(riotlb_set_group_asid(e, bad[i], 0, NULL),
				 -EINVAL);
	}
}

/* Replacing the table emptied it first, and an error left it empty. */
static void test_failed_set_map_leaves_empty_table(void **state)
{
	struct riotlb_mapping m[6];
	struct fixture *f = *state;

	f->limits[0].mappings = 5;
	fixture_recreate(f);
	assert_int_equal(map_page(f->engine, 9), 0);
	for (uint64_t i = 0; i < 6; i++)
		m[i] = page(i);
	assert_int_equal(riotlb_set_map(f->engine, 0, m, 6, NULL), -ENOSPC);
	expect_contents(f->engine, 0, page(9));
	for (size_t bad = 0; bad < 5; bad++) {
		struct riotlb_report r;

		m[bad].perm = 0;
		assert_int_equal(riotlb_set_map(f->engine, 0, m, 5, &r),
				 -EINVAL);
		assert_int_equal(r.index, bad);
		m[bad] = page(bad);
		expect_contents(f->engine, 0, page(9));
	}
	assert_int_equal(riotlb_set_map(f->engine, 0, m, 5, NULL), 0);
}

/*
 * A reset cleaned the device's table but not its owner's books, so mapping the
 * same range again was said to exist.
 */
static void test_remap_after_reset_exists(void **state)
{
	struct fixture *f = *state;

	f->defaults[0].kind = RIOTLB_DEFAULT_IDENTITY;
	fixture_recreate(f);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(map_page(f->engine, 1), 0);
		assert_int_equal(map_page(f->engine, 1), -EEXIST);
		expect_contents(f->engine, 0, page(1));
		assert_int_equal(riotlb_reset_map(f->engine, 0, NULL), 0);
		expect_identity(f->engine, 0);
	}
}

/* Aligning an address up overflowed in the last page of the space. */
static void test_alignment_overflows_at_the_top(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;

	for (uint64_t size = 1; size <= 0x3000; size += 0x37b) {
		uint64_t start = MAX - (size - 1);

		assert_int_equal(map(e, start, MAX, 0x1001, RIOTLB_RW), 0);
		expect_segment(e, start, MAX, 0x1001, MAX);
		expect_miss(e, 0, start - 1);
		expect_miss(e, 0, 0);
		assert_int_equal(unmap(e, start + size / 2, MAX), 0);
		expect_miss(e, 0, MAX);
		assert_int_equal(unmap(e, 0, MAX), 0);
		expect_empty(e, 0);
	}
}

/* "Any of the wanted bits" let a write through to read-only memory. */
static void test_any_permission_bit_is_enough(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;

	for (uint32_t perm = 1; perm <= 3; perm++) {
		assert_int_equal(replace(e, 0, 0xff, 0, perm), 0);
		for (uint32_t want = 1; want <= 3; want++)
			expect_error(e, 0, 5, want,
				     (perm & want) == want ? 0 : -EPERM);
	}
	/* garbage in perm counted as some permission or other */
	assert_int_equal(map(e, 0x1000, 0x1fff, 0, 0), -EINVAL);
	assert_int_equal(map(e, 0x1000, 0x1fff, 0, 4), -EINVAL);
	assert_int_equal(map(e, 0x1000, 0x1fff, 0, 0xff), -EINVAL);
	expect_miss(e, 0, 0x1000);
}

/* Removing [start, start - 1] took out whatever lay across start. */
static void test_inverted_range_removes(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;

	assert_int_equal(map(e, 0x1000, 0x3fff, 0, RIOTLB_RW), 0);
	for (int policy = 0; policy <= RIOTLB_UNMAP_NO_BISECT; policy++) {
		struct riotlb_range r = range(0x2000, 0x1fff);

		assert_int_equal(riotlb_unmap(e, 0, 0x2000, 0x1fff,
					      (enum riotlb_unmap_policy)policy,
					      NULL),
				 -EINVAL);
		assert_int_equal(
			riotlb_unmap_bulk(e, 0, &r, 1,
					  (enum riotlb_unmap_policy)policy,
					  NULL),
			-EINVAL);
	}
	expect_contents(e, 0, mapping(0x1000, 0x3fff, 0, RIOTLB_RW));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_full_range_size_wraps_to_zero),
		fixture_test(test_invalidate_all_is_refused),
		fixture_test(test_failed_cut_leaves_half),
		fixture_test(test_limit_is_not_enforced),
		fixture_test(test_looks_past_the_end_of_the_buffer),
		fixture_test(test_unmap_walks_into_unmapped_space),
		fixture_test(test_address_spaces_leak_at_release),
		fixture_test(test_range_end_overflows),
		fixture_test(test_failed_map_at_zero_wipes_the_rest),
		fixture_test(test_cache_misses_a_change),
		fixture_test(test_first_updates_race_on_passthrough),
		fixture_test(test_failed_set_map_frees_the_old_one),
		fixture_test(test_memory_goes_while_a_reader_holds_it),
		fixture_test(test_next_owner_sees_stale_mappings),
		fixture_test(test_rebinding_to_an_empty_as_is_ignored),
		fixture_test(test_failed_set_map_leaves_empty_table),
		fixture_test(test_remap_after_reset_exists),
		fixture_test(test_alignment_overflows_at_the_top),
		fixture_test(test_any_permission_bit_is_enough),
		fixture_test(test_inverted_range_removes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
