/* SPDX-License-Identifier: MIT */
/*
 * What the unit tests start from: an engine of two empty AS and two groups with
 * manual reclamation, on counting allocator hooks. A test that wants another
 * one changes `attr` (or what it points to) and calls fixture_recreate.
 */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <riotlb/rcu.h>
#include <riotlb/riotlb.h>

#include "hooks.h"

#define FIXTURE_AS 3
#define MAX UINT64_MAX

struct fixture {
	struct riotlb *engine;
	struct riotlb_attr attr;
	struct riotlb_default defaults[FIXTURE_AS];
	struct riotlb_limits limits[FIXTURE_AS];
	struct hooks hooks;
};

/* For cmocka_unit_test_setup_teardown; *state becomes a struct fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

void fixture_create(struct fixture *f);
/* Destroys the engine, if there is one, and checks that it freed everything. */
void fixture_destroy(struct fixture *f);
void fixture_recreate(struct fixture *f);

#define fixture_test(function)                                   \
	cmocka_unit_test_setup_teardown(function, fixture_setup, \
					fixture_teardown)

struct riotlb_mapping mapping(uint64_t start, uint64_t last, uint64_t addr,
			      uint32_t perm);
struct riotlb_range range(uint64_t start, uint64_t last);

/* ---- calls with their defaults filled in --------------------------------- */

int map(struct riotlb *e, uint64_t start, uint64_t last, uint64_t addr,
	uint32_t perm);
int replace(struct riotlb *e, uint64_t start, uint64_t last, uint64_t addr,
	    uint32_t perm);
int unmap(struct riotlb *e, uint64_t start, uint64_t last);
int protect(struct riotlb *e, uint64_t start, uint64_t last, uint32_t perm);
/* In a section of its own. */
int translate(struct riotlb *e, uint32_t asid, uint64_t iova, uint64_t last,
	      uint32_t want, struct riotlb_segment *seg);
struct riotlb_stats stats_of(struct riotlb *e, uint32_t asid);
struct riotlb_shape shape_of(struct riotlb *e, uint32_t asid);
void drain(struct riotlb *e);

/* ---- expectations; they report the caller's line ------------------------- */

/* One byte, wanted for reading. */
#define expect_host(e, asid, iova, host) \
	expect_host_at(e, asid, iova, host, __FILE__, __LINE__)
#define expect_error(e, asid, iova, want, err) \
	expect_error_at(e, asid, iova, want, err, __FILE__, __LINE__)
#define expect_miss(e, asid, iova) \
	expect_error(e, asid, iova, RIOTLB_READ, -EFAULT)
/* One segment from [iova, last], wanted for reading. */
#define expect_segment(e, iova, last, host, seg_last) \
	expect_segment_at(e, iova, last, host, seg_last, __FILE__, __LINE__)
/* AS `asid` holds just these mappings; {0} ends the list. */
#define expect_contents(e, asid, ...)                                  \
	expect_contents_at(                                            \
		e, asid,                                               \
		(const struct riotlb_mapping[]){ __VA_ARGS__, { 0 } }, \
		__FILE__, __LINE__)
#define expect_empty(e, asid)                                                 \
	expect_contents_at(e, asid, (const struct riotlb_mapping[]){ { 0 } }, \
			   __FILE__, __LINE__)
/* AS 0 still answers 1:1 everywhere, as it did when it was created. */
#define expect_identity(e, asid) \
	expect_contents(e, asid, mapping(0, MAX, 0, RIOTLB_RW))
#define expect_report(r, removed, cut, bytes) \
	expect_report_at(r, removed, cut, bytes, __FILE__, __LINE__)

void expect_host_at(struct riotlb *e, uint32_t asid, uint64_t iova,
		    uint64_t host, const char *file, int line);
void expect_error_at(struct riotlb *e, uint32_t asid, uint64_t iova,
		     uint32_t want, int err, const char *file, int line);
void expect_segment_at(struct riotlb *e, uint64_t iova, uint64_t last,
		       uint64_t host, uint64_t seg_last, const char *file,
		       int line);
void expect_contents_at(struct riotlb *e, uint32_t asid,
			const struct riotlb_mapping *want, const char *file,
			int line);
void expect_report_at(const struct riotlb_report *r, uint64_t removed,
		      uint64_t cut, uint64_t bytes, const char *file, int line);

/* ---- a log of retire callbacks ------------------------------------------- */

#define LOG_MAX 64

struct retire_log {
	struct riotlb_mapping piece[LOG_MAX];
	uint32_t asid[LOG_MAX];
	atomic_size_t n; /* reports, also of those past LOG_MAX */
};

/* A riotlb_retire_fn; ctx is a struct retire_log. */
void retire_log_add(void *ctx, uint32_t asid,
		    const struct riotlb_mapping *piece);
/*
 * The pieces of AS `asid` reported so far are exactly these bytes with these
 * fields; it does not matter how they were cut. Then forgets them.
 */
#define expect_retired(log, as, ...)                                   \
	expect_retired_at(                                             \
		log, as,                                               \
		(const struct riotlb_mapping[]){ __VA_ARGS__, { 0 } }, \
		__FILE__, __LINE__)
void expect_retired_at(struct retire_log *log, uint32_t asid,
		       const struct riotlb_mapping *want, const char *file,
		       int line);

#endif
