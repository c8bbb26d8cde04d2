/* SPDX-License-Identifier: MIT */
/*
 * What the tests of misses start from: a front as in front.h, but with address
 * spaces that are empty by default, and a set of misses that counts its kicks.
 */
#ifndef TESTS_VDPA_MISSES_H
#define TESTS_VDPA_MISSES_H

#include <riotlb/miss.h>

#include "front.h"

#define NONE UINT64_MAX

struct misses {
	struct front *f;
	struct riotlb_misses *m;
	struct riotlb_miss_attr attr;
	int kicks;
	int rooms;
};

/* One that keeps what it was told. */
struct waiter {
	struct riotlb_miss_waiter waiter;
	int told;
	int status;
};

int misses_setup(void **state);
int misses_teardown(void **state);
void misses_create(struct misses *t);
void misses_recreate(struct misses *t);

#define miss_test(function) \
	cmocka_unit_test_setup_teardown(function, misses_setup, misses_teardown)

/* The callback of a struct waiter. */
void keep(struct riotlb_miss_waiter *self, int status);

/* Each in a section of its own; for reading. */
int add_to(struct misses *t, uint32_t asid, struct waiter *w, uint64_t iova,
	   uint64_t last, uint32_t want);
int add(struct misses *t, struct waiter *w, uint64_t iova, uint64_t last);
int group_add(struct misses *t, uint32_t group, struct waiter *w,
	      uint64_t iova);

struct riotlb_miss_stats stats(struct misses *t);
void expect_waiting(const struct waiter *w);
void expect_told(const struct waiter *w, int status);

/* The next message; NONE where there is none. */
uint64_t take(struct misses *t);
void expect_taken(struct misses *t, uint64_t iova, uint64_t last, uint32_t asid,
		  uint32_t perm);

/* dma_map to itself, in AS 0. */
int map_with(struct misses *t, uint64_t iova, uint64_t size, uint32_t perm);

#endif
