/* SPDX-License-Identifier: MIT */
/*
 * What these tests start from: an engine that maps nothing by default, with a
 * log of what it gives back; a driver and its memory; and the device's queue,
 * not attached yet. Reclamation is the test's.
 */
#ifndef TESTS_VIRTIO_RIG_H
#define TESTS_VIRTIO_RIG_H

#include "driver.h"
#include "fixture.h"

#define RIG_PAGES 2048

struct rig {
	struct riotlb *engine;
	struct retire_log retired;
	struct arena arena;
	struct driver driver;
	struct virtio_mem mem;
	struct virtq vq;
	struct virtio_need need;
};

/* Kinds of queue. */
enum {
	RIG_PACKED = 1,
	RIG_INDIRECT = 2,
	RIG_EVENT_IDX = 4,
	RIG_KINDS = 8,
};

struct rig *rig_create(unsigned kind, uint32_t num);
void rig_destroy(struct rig *r);

/* A position at which a queue begins. */
struct virtq_position rig_start(const struct rig *r);
/* Attaches the queue there. */
void rig_attach(struct rig *r);

/* Calls of the queue in a section of their own. */
int rig_pop(struct rig *r, bool take_faults, struct virtq_elem *elem);
int rig_push(struct rig *r, const struct virtq_elem *elem, uint32_t written);
int rig_call_due(struct rig *r);
int rig_kicks_on(struct rig *r);
int rig_kicks_off(struct rig *r);

#define expect_need(r, want_iova, want_perm, want_error)       \
	do {                                                   \
		assert_int_equal((r)->need.iova, want_iova);   \
		assert_true((r)->need.last >= (r)->need.iova); \
		assert_int_equal((r)->need.perm, want_perm);   \
		assert_int_equal((r)->need.error, want_error); \
	} while (0)

#endif
