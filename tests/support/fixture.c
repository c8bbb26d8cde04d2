/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#define expect_eq(a, b)                                     \
	_assert_int_equal(cast_to_largest_integral_type(a), \
			  cast_to_largest_integral_type(b), file, line)

/* ---- life -------------------------------------------------------------- */

int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	hooks_init(&f->hooks);
	riotlb_attr_init(&f->attr);
	f->attr.nas = 2;
	f->attr.ngroups = 2;
	for (int i = 0; i < FIXTURE_AS; i++)
		f->defaults[i].kind = RIOTLB_DEFAULT_EMPTY;
	f->attr.defaults = f->defaults;
	f->attr.limits = f->limits;
	f->attr.allocator = &f->hooks.allocator;
	f->attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	fixture_create(f);
	*state = f;
	return 0;
}

int fixture_teardown(void **state)
{
	fixture_destroy(*state);
	free(*state);
	return 0;
}

void fixture_create(struct fixture *f)
{
	assert_int_equal(riotlb_create(&f->attr, &f->engine), 0);
	assert_non_null(f->engine);
	riotlb_thread_register(f->engine);
}

void fixture_destroy(struct fixture *f)
{
	if (!f->engine)
		return;
	riotlb_thread_unregister(f->engine);
	riotlb_destroy(f->engine);
	f->engine = NULL;
	hooks_check_empty(&f->hooks);
}

void fixture_recreate(struct fixture *f)
{
	fixture_destroy(f);
	fixture_create(f);
}

/* ---- calls ------------------------------------------------------------- */

struct riotlb_mapping mapping(uint64_t start, uint64_t last, uint64_t addr,
			      uint32_t perm)
{
	return (struct riotlb_mapping){
		.start = start, .last = last, .addr = addr, .perm = perm
	};
}

struct riotlb_range range(uint64_t start, uint64_t last)
{
	return (struct riotlb_range){ start, last };
}

int map(struct riotlb *e, uint64_t start, uint64_t last, uint64_t addr,
	uint32_t perm)
{
	struct riotlb_mapping m = mapping(start, last, addr, perm);

	return riotlb_map(e, 0, &m, 0, NULL);
}

int replace(struct riotlb *e, uint64_t start, uint64_t last, uint64_t addr,
	    uint32_t perm)
{
	struct riotlb_mapping m = mapping(start, last, addr, perm);

	return riotlb_map(e, 0, &m, RIOTLB_MAP_REPLACE, NULL);
}

int unmap(struct riotlb *e, uint64_t start, uint64_t last)
{
	return riotlb_unmap(e, 0, start, last, RIOTLB_UNMAP_EXACT, NULL);
}

int protect(struct riotlb *e, uint64_t start, uint64_t last, uint32_t perm)
{
	return riotlb_protect(e, 0, start, last, perm, NULL);
}

int translate(struct riotlb *e, uint32_t asid, uint64_t iova, uint64_t last,
	      uint32_t want, struct riotlb_segment *seg)
{
	int err;

	riotlb_read_enter(e);
	err = riotlb_translate(e, asid, iova, last, want, seg);
	riotlb_read_exit(e);
	return err;
}

struct riotlb_stats stats_of(struct riotlb *e, uint32_t asid)
{
	struct riotlb_stats stats;

	assert_int_equal(riotlb_get_stats(e, asid, &stats), 0);
	return stats;
}

struct riotlb_shape shape_of(struct riotlb *e, uint32_t asid)
{
	struct riotlb_shape shape;

	assert_int_equal(riotlb_get_shape(e, asid, &shape), 0);
	return shape;
}

void drain(struct riotlb *e)
{
	int more;

	do
		more = riotlb_reclaim(e);
	while (more == 1);
	assert_int_equal(more, 0);
}

/* ---- expectations ------------------------------------------------------ */

void expect_host_at(struct riotlb *e, uint32_t asid, uint64_t iova,
		    uint64_t host, const char *file, int line)
{
	struct riotlb_segment seg;

	expect_eq(translate(e, asid, iova, iova, RIOTLB_READ, &seg), 0);
	expect_eq(seg.addr, host);
	expect_eq(seg.iova, iova);
	expect_eq(seg.last, iova);
}

void expect_error_at(struct riotlb *e, uint32_t asid, uint64_t iova,
		     uint32_t want, int err, const char *file, int line)
{
	struct riotlb_segment seg;

	expect_eq(translate(e, asid, iova, iova, want, &seg), err);
}

void expect_segment_at(struct riotlb *e, uint64_t iova, uint64_t last,
		       uint64_t host, uint64_t seg_last, const char *file,
		       int line)
{
	struct riotlb_segment seg;

	expect_eq(translate(e, 0, iova, last, RIOTLB_READ, &seg), 0);
	expect_eq(seg.iova, iova);
	expect_eq(seg.addr, host);
	expect_eq(seg.last, seg_last);
}

/* perm 0 is no mapping, so it ends a list. */
static size_t list_length(const struct riotlb_mapping *list)
{
	size_t n = 0;

	while (list[n].perm)
		n++;
	return n;
}

void expect_contents_at(struct riotlb *e, uint32_t asid,
			const struct riotlb_mapping *want, const char *file,
			int line)
{
	size_t n = list_length(want), filled = 0;
	struct riotlb_mapping *out = calloc(n + 1, sizeof(*out));

	assert_non_null(out);
	expect_eq(riotlb_iterate(e, asid, 0, MAX, out, n + 1, &filled, NULL,
				 NULL),
		  0);
	expect_eq(filled, n);
	for (size_t i = 0; i < n; i++) {
		expect_eq(out[i].start, want[i].start);
		expect_eq(out[i].last, want[i].last);
		expect_eq(out[i].addr, want[i].addr);
		expect_eq(out[i].perm, want[i].perm);
		expect_eq(out[i].opaque, want[i].opaque);
	}
	free(out);
	expect_eq(stats_of(e, asid).mappings, n);
}

void expect_report_at(const struct riotlb_report *r, uint64_t removed,
		      uint64_t cut, uint64_t bytes, const char *file, int line)
{
	expect_eq(r->removed, removed);
	expect_eq(r->cut, cut);
	expect_eq(r->bytes.hi, 0);
	expect_eq(r->bytes.lo, bytes);
	expect_eq(r->index, 0);
}

/* ---- retire log -------------------------------------------------------- */

void retire_log_add(void *ctx, uint32_t asid,
		    const struct riotlb_mapping *piece)
{
	struct retire_log *log = ctx;
	size_t at = atomic_load(&log->n);

	if (at < LOG_MAX) {
		log->piece[at] = *piece;
		log->asid[at] = asid;
	}
	atomic_store(&log->n, at + 1);
}

static int by_start(const void *a, const void *b)
{
	const struct riotlb_mapping *ma = a, *mb = b;

	return (ma->start > mb->start) - (ma->start < mb->start);
}

static bool continues(const struct riotlb_mapping *a,
		      const struct riotlb_mapping *b)
{
	return a->last != MAX && b->start == a->last + 1 &&
	       b->addr - b->start == a->addr - a->start && b->perm == a->perm &&
	       b->opaque == a->opaque;
}

/* Sorts and joins what continues. Returns how many are left. */
static size_t normalize(struct riotlb_mapping *list, size_t n)
{
	size_t kept = 0;

	qsort(list, n, sizeof(*list), by_start);
	for (size_t i = 0; i < n; i++) {
		if (kept && continues(&list[kept - 1], &list[i]))
			list[kept - 1].last = list[i].last;
		else
			list[kept++] = list[i];
	}
	return kept;
}

void expect_retired_at(struct retire_log *log, uint32_t asid,
		       const struct riotlb_mapping *want, const char *file,
		       int line)
{
	struct riotlb_mapping expected[LOG_MAX];
	size_t nexpected = list_length(want);
	size_t n = atomic_load(&log->n);

	expect_eq(n <= LOG_MAX, 1);
	for (size_t i = 0; i < n; i++)
		expect_eq(log->asid[i], asid);
	memcpy(expected, want, nexpected * sizeof(*want));
	nexpected = normalize(expected, nexpected);
	n = normalize(log->piece, n);
	expect_eq(n, nexpected);
	for (size_t i = 0; i < n; i++) {
		expect_eq(log->piece[i].start, expected[i].start);
		expect_eq(log->piece[i].last, expected[i].last);
		expect_eq(log->piece[i].addr, expected[i].addr);
		expect_eq(log->piece[i].perm, expected[i].perm);
		expect_eq(log->piece[i].opaque, expected[i].opaque);
	}
	memset(log, 0, sizeof(*log));
}
