/* SPDX-License-Identifier: MIT */
/*
 * What these tests start from: a device like Linux's simulated network card,
 * with two address spaces that are 1:1 by default, two groups, and three
 * virtqueues, the last of them in group 1. Reclamation is manual, memory comes
 * from counting hooks, and both callbacks keep a log. A test that wants another
 * device changes the attributes and calls front_recreate.
 */
#ifndef TESTS_VDPA_FRONT_H
#define TESTS_VDPA_FRONT_H

#include <riotlb/vdpa.h>

#include "fixture.h"

#define FRONT_AS 2
#define FRONT_GROUPS 2
#define FRONT_VQS 3

struct front {
	struct riotlb_vdpa *vdpa;
	struct riotlb *engine;
	struct riotlb_vdpa_attr attr;
	struct riotlb_attr engine_attr;
	struct riotlb_default defaults[FRONT_AS];
	struct riotlb_limits limits[FRONT_AS];
	struct hooks hooks;
	struct retire_log retired;
	struct retire_log discarded;
};

int front_setup(void **state);
int front_teardown(void **state);
void front_recreate(struct front *f);

#define front_test(function) \
	cmocka_unit_test_setup_teardown(function, front_setup, front_teardown)

/* dma_map to `pa`, RW, with an opaque word of 0; dma_unmap; to AS 0. */
int dma_map(struct front *f, uint64_t iova, uint64_t size, uint64_t pa);
int dma_unmap(struct front *f, uint64_t iova, uint64_t size);

/* A mapping as the table shows it: from a size, with an opaque word. */
struct riotlb_mapping sized(uint64_t iova, uint64_t size, uint64_t pa,
			    uint64_t opaque);

/* What a group's lookup of one byte finds: the host address. */
int group_look(struct front *f, uint32_t group, uint64_t iova, uint64_t *addr);

#endif
