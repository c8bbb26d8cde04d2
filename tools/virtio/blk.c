/* SPDX-License-Identifier: MIT */
#include "blk.h"

#include <errno.h>
#include <string.h>

#include <endian.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include <riotlb/rcu.h>

#include "request.h"

/* Requests of one call of blk_queue_serve, and so of one section. */
#define BURST 32

#define BIT(n) (UINT64_C(1) << (n))

/* What the configuration space says of segments; a queue takes more. */
enum { SEG_MAX = 126, SIZE_MAX_SEG = 64 << 10 };

_Static_assert(SEG_MAX *SIZE_MAX_SEG <= VIRTQ_MAX_BYTES / 2,
	       "a request as large as allowed fits an element");

uint64_t blk_features(const struct blk *blk)
{
	uint64_t features =
		BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_F_ACCESS_PLATFORM) |
		BIT(VIRTIO_RING_F_INDIRECT_DESC) |
		BIT(VIRTIO_RING_F_EVENT_IDX) | BIT(VIRTIO_BLK_F_SIZE_MAX) |
		BIT(VIRTIO_BLK_F_SEG_MAX) | BIT(VIRTIO_BLK_F_BLK_SIZE) |
		BIT(VIRTIO_BLK_F_FLUSH);

	if (blk->packed)
		features |= BIT(VIRTIO_F_RING_PACKED);
	if (blk->nqueues > 1)
		features |= BIT(VIRTIO_BLK_F_MQ);
	if (blk->disk->read_only)
		features |= BIT(VIRTIO_BLK_F_RO);
	else
		features |= BIT(VIRTIO_BLK_F_DISCARD) |
			    BIT(VIRTIO_BLK_F_WRITE_ZEROES);
	return features;
}

void blk_config(const struct blk *blk, struct virtio_blk_config *config)
{
	memset(config, 0, sizeof(*config));
	config->capacity = htole64(blk->disk->bytes / DISK_SECTOR);
	config->size_max = htole32(SIZE_MAX_SEG);
	config->seg_max = htole32(SEG_MAX);
	config->blk_size = htole32(DISK_SECTOR);
	config->num_queues = htole16(blk->nqueues);
	config->max_discard_sectors = htole32(REQUEST_MAX_ZEROS);
	config->max_discard_seg = htole32(REQUEST_MAX_RANGES);
	config->discard_sector_alignment = htole32(1);
	config->max_write_zeroes_sectors = htole32(REQUEST_MAX_ZEROS);
	config->max_write_zeroes_seg = htole32(REQUEST_MAX_RANGES);
	config->write_zeroes_may_unmap = 1;
}

/* ---- places ---------------------------------------------------- */

struct blk_place blk_place(const blk_journal *journal)
{
	uint64_t word = atomic_load_explicit(journal, memory_order_acquire);

	return (struct blk_place){
		.used = (uint16_t)word,
		.ndescs = (uint16_t)(word >> 16),
		.used_wrap = word >> 32 & 1,
	};
}

void blk_set_place(blk_journal *journal, const struct blk_place *place)
{
	uint64_t word = (uint64_t)place->used_wrap << 32 |
			(uint64_t)place->ndescs << 16 | place->used;

	atomic_store_explicit(journal, word, memory_order_release);
}

static void note_place(struct blk_queue *q, uint16_t ndescs)
{
	struct blk_place place = {
		.used = q->vq.at.used,
		.used_wrap = q->vq.at.used_wrap,
		.ndescs = ndescs,
	};

	blk_set_place(q->journal, &place);
}

/* ---- beginning ------------------------------------------------- */

int blk_queue_init(struct blk_queue *q, const struct blk *blk, unsigned index,
		   const struct virtio_mem *mem, const flight_epoch *epoch)
{
	memset(q, 0, sizeof(*q));
	q->blk = blk;
	q->index = index;
	q->journal = &q->own;
	flight_init(&q->flight, mem->engine, epoch);
	return virtq_init(&q->vq, mem);
}

void blk_queue_fini(struct blk_queue *q)
{
	virtq_fini(&q->vq);
}

static void enter(struct blk_queue *q)
{
	riotlb_read_enter(q->flight.engine);
	flight_enter(&q->flight);
	virtq_enter(&q->vq);
}

/* A request in flight has its own end. */
static void leave(struct blk_queue *q, bool in_flight)
{
	if (!in_flight)
		flight_leave(&q->flight);
	riotlb_read_exit(q->flight.engine);
}

/* Goes on where the ring, or what was noted, says. */
static int resume(struct blk_queue *q, struct virtio_need *need)
{
	struct blk_place place = blk_place(q->journal);
	int err;

	if (q->vq.config.packed) {
		if (place.used >= q->vq.config.num)
			return virtq_broken(&q->vq, -EINVAL,
					    "a place past its end was noted");
		q->vq.at.used = place.used;
		q->vq.at.used_wrap = place.used_wrap;
	}
	enter(q);
	err = q->vq.config.packed
		      ? virtq_resume_packed(&q->vq, place.ndescs, need)
		      : virtq_resume_split(&q->vq, need);
	leave(q, false);
	return err;
}

int blk_queue_start(struct blk_queue *q, const struct virtq_config *config,
		    const struct virtq_position *at, enum blk_start start,
		    bool write_through, struct virtio_need *need)
{
	int err = virtq_attach(&q->vq, config, at);

	q->request.ready = false;
	q->faults.n = 0;
	q->write_through = write_through;
	if (!err && start == BLK_START_RESUME)
		err = resume(q, need);
	if (!err)
		note_place(q, 0);
	return err;
}

bool blk_queue_take_fault(struct blk_queue *q, const struct virtio_need *need)
{
	struct virtq_faults *faults = &q->faults;

	for (unsigned i = 0; i < faults->n && i < VIRTQ_MAX_FAULTS; i++)
		if (faults->iova[i] == need->iova)
			return false;
	if (faults->n > VIRTQ_MAX_FAULTS)
		return false;
	if (faults->n < VIRTQ_MAX_FAULTS)
		faults->iova[faults->n] = need->iova;
	faults->n++;
	return true;
}

/* ---- serving --------------------------------------------------- */

/* What a step comes to, other than an error. */
enum { EMPTY = 0, DONE = 1, LEASED = 2 };

static int push(struct blk_queue *q, struct virtio_need *need)
{
	struct blk_request *r = &q->request;
	int err;

	note_place(q, r->ndescs);
	err = virtq_push(&q->vq, r->id, r->ndescs, r->written, need);
	if (err)
		return err;
	note_place(q, 0);
	r->ready = false;
	return DONE;
}

static int finish(struct blk_queue *q, uint8_t status)
{
	int err = request_answer(&q->request, status, &q->stats);

	if (err)
		return virtq_broken(&q->vq, err,
				    "the memory of a status is gone");
	q->request.ready = true;
	return 0;
}

static int parse(struct blk_queue *q, struct virtq_elem *elem)
{
	int err = request_parse(&q->request, elem);

	q->request.write_through = q->write_through;
	if (err == -EPROTO)
		return virtq_broken(&q->vq, err, "a request that is too short");
	if (err)
		return virtq_broken(&q->vq, err,
				    "a request whose status is not mapped");
	return 0;
}

/* In a section: pushes a request that is ready, or takes the next one. */
static int step(struct blk_queue *q, struct virtio_need *need)
{
	struct virtq_elem elem;
	int err;

	if (q->request.ready)
		return push(q, need);
	err = virtq_pop(&q->vq, &q->faults, &elem, need);
	if (err <= 0)
		return err ? err : EMPTY;
	q->faults.n = 0;
	err = parse(q, &elem);
	if (err)
		return err;
	if (q->blk->stall || !request_is_short(&q->request, q->blk->disk)) {
		flight_begin(&q->flight);
		counter_add(&q->stats.leases, 1);
		return LEASED;
	}
	err = finish(q, request_do(&q->request, q->blk, &q->stats));
	return err ? err : push(q, need);
}

/* Outside of sections, with a lease. DONE, also if it is to be done again. */
static int fly(struct blk_queue *q)
{
	uint8_t status;
	int err;

	riotlb_thread_offline(q->flight.engine);
	if (q->blk->stall)
		q->blk->stall(q->blk->stall_ctx, q->index);
	status = request_do(&q->request, q->blk, &q->stats);
	riotlb_thread_online(q->flight.engine);
	if (!flight_finish(&q->flight)) {
		counter_add(&q->stats.redone, 1);
		virtq_rewind(&q->vq);
		return DONE;
	}
	err = finish(q, status);
	flight_end(&q->flight);
	return err ? err : DONE;
}

/*
 * In a section, after `result`: is the driver to be told? If its wish cannot be
 * read, that is what is missing next; but what cannot wait for that is told.
 */
static bool is_call_due(struct blk_queue *q, int *result,
			struct virtio_need *need)
{
	struct virtio_need missing;
	int due = virtq_call_due(&q->vq, &missing);

	if (due >= 0)
		return due;
	if (*result < 0 || *result == LEASED)
		return true;
	*result = due;
	*need = missing;
	return false;
}

int blk_queue_serve(struct blk_queue *q, struct virtio_need *need)
{
	int n = 0, result;
	bool call;

	do {
		enter(q);
		result = virtq_kicks_off(&q->vq, need);
		if (!result) {
			do
				result = step(q, need);
			while (result == DONE && ++n < BURST);
		}
		if (result == EMPTY)
			result = virtq_kicks_on(&q->vq, need);
		call = is_call_due(q, &result, need);
		leave(q, result == LEASED);
		if (call)
			q->call(q->call_ctx);
		/*
		 * orders may have come meanwhile: back before the ring is used
		 */
		if (result == LEASED)
			return fly(q);
	} while (result == DONE && n++ < BURST);
	return result;
}
