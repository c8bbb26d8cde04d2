/* SPDX-License-Identifier: MIT */
/*
 * Requests on all queues as an IOMMU's driver in strict mode makes them: every
 * page is mapped when it is asked for, and taken back when its request is done,
 * by one thread, while others are under way. What is read has to be what was
 * written; and nothing fails.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/virtio_blk.h>
#include <poll.h>

#include "check.h"
#include "front.h"
#include "rng.h"

enum {
	IN_FLIGHT = 6, /* of each queue */
	SLOTS = FRONT_QUEUES * IN_FLIGHT,
	SECTORS = 16, /* of a slot: nobody else's */
	MAX_BYTES = 4 * 4096,
};

_Static_assert(SLOTS *SECTORS <= FRONT_SECTORS, "the disk is large enough");

/* A stretch of the disk, what is on it, and the request that has it. */
struct slot {
	struct front_request request;
	uint32_t type;
	uint32_t sector; /* in the stretch */
	bool busy;
	uint8_t is[SECTORS * DISK_SECTOR];
};

struct storm {
	struct front *f;
	struct slot slots[SLOTS];
	struct rng rng;
	uint64_t done;
	uint64_t answered;
	uint64_t unmapped;
};

static void submit(struct storm *s, struct slot *slot)
{
	uint32_t sectors = 1 + (uint32_t)rng_below(&s->rng, SECTORS);
	unsigned i = (unsigned)(slot - s->slots);
	size_t at;

	slot->type = rng_below(&s->rng, 2) ? VIRTIO_BLK_T_OUT : VIRTIO_BLK_T_IN;
	slot->sector = (uint32_t)rng_below(&s->rng, SECTORS - sectors + 1);
	slot->request.size = sectors * DISK_SECTOR;
	at = (size_t)slot->sector * DISK_SECTOR;
	if (slot->type == VIRTIO_BLK_T_OUT) {
		for (uint32_t j = 0; j < slot->request.size; j++)
			slot->request.data[j] = (uint8_t)rng_next(&s->rng);
		memcpy(slot->is + at, slot->request.data, slot->request.size);
	} else {
		memset(slot->request.data, 0xee, slot->request.size);
	}
	front_submit(s->f, &slot->request, slot->type,
		     i * SECTORS + slot->sector);
	slot->busy = true;
}

static void take_back(struct storm *s, const void *at, uint32_t size)
{
	uint64_t iova = arena_iova(&s->f->arena, at);

	check_eq(front_iotlb(s->f, INVALIDATE, iova, size, 0, 0), 0);
	s->unmapped++;
}

static void take(struct storm *s, struct slot *slot)
{
	const struct front_request *r = &slot->request;
	size_t at = (size_t)slot->sector * DISK_SECTOR;

	take_back(s, r->header, 16);
	take_back(s, r->data, r->size);
	take_back(s, r->status, 1);
	check_eq(*r->status, VIRTIO_BLK_S_OK);
	check_eq(memcmp(r->data, slot->is + at, r->size), 0);
	slot->busy = false;
	s->done++;
}

static void answer_misses(struct storm *s)
{
	struct front_miss miss;

	while (front_miss(s->f, &miss, 0)) {
		front_map(s->f, miss.iova, miss.perm);
		front_reply(s->f, 0);
		s->answered++;
		/* what was allowed is all that there is to know */
		if (rng_below(&s->rng, 16) == 0)
			front_unmap(s->f, miss.iova);
	}
}

static void step(struct storm *s)
{
	answer_misses(s);
	for (unsigned i = 0; i < SLOTS; i++) {
		struct slot *slot = &s->slots[i];

		if (!slot->busy)
			submit(s, slot);
		else if (front_done(s->f, &slot->request, 0))
			take(s, slot);
	}
	/* and once in a while something bigger */
	if (rng_below(&s->rng, 512) == 0)
		check_eq(front_share(s->f), 0);
	if (rng_below(&s->rng, 512) == 0)
		check_eq(front_iotlb(s->f, INVALIDATE, 0, 0, 0, 0), 0);
}

static void storm(unsigned kind, uint64_t requests)
{
	struct storm *s = calloc(1, sizeof(*s));
	struct front_result result;

	check(s);
	s->rng.state = kind;
	s->f = front_ready(kind);
	for (unsigned i = 0; i < SLOTS; i++)
		front_prepare(s->f, &s->slots[i].request, i % FRONT_QUEUES,
			      MAX_BYTES);
	while (s->done < requests)
		step(s);
	result = front_destroy(s->f);
	printf("kind %u: %ju requests, %ju descriptors, %ju misses, %ju "
	       "joined, %ju updates, %ju widened, %ju invalidations, %ju found "
	       "requests at work\n",
	       kind, (uintmax_t)s->done, (uintmax_t)result.descriptors,
	       (uintmax_t)result.misses.asked, (uintmax_t)result.misses.joined,
	       (uintmax_t)result.memory.updates,
	       (uintmax_t)result.memory.widened,
	       (uintmax_t)result.memory.invalidations,
	       (uintmax_t)result.device.held);
	assert_int_equal(result.session, 0);
	assert_int_equal(result.broken, 0);
	assert_int_equal(result.misses.failed, 0);
	assert_true(result.misses.asked >= s->answered);
	assert_true(result.memory.invalidations >= s->unmapped);
	assert_true(result.descriptors >= 3 * s->done);
	free(s);
}

static unsigned percent = 100;

static void test_storm(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 16; kind++)
		if (kind & FRONT_IOMMU)
			storm(kind, 100 + 20 * percent);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_storm) };

	if (argc > 1)
		percent = (unsigned)atoi(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
