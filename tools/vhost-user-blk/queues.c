/* SPDX-License-Identifier: MIT */
#include "queues.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <unistd.h>

#include "event.h"
#include "say.h"

#define BIT(n) (UINT64_C(1) << (n))

/* ---- what the workers ask for ---------------------------------- */

static int resolve(void *ctx, unsigned queue, const struct virtio_need *need)
{
	struct queues *queues = ctx;

	if (!queues->iova)
		return need->error; /* guest memory is what the table says */
	return misses_wait(&queues->misses, queue, &queues->of[queue].worker,
			   need);
}

static int call(void *ctx, unsigned queue)
{
	struct queues *queues = ctx;
	struct queue *q = &queues->of[queue];

	pthread_mutex_lock(&q->lock);
	event_signal(q->call_fd);
	pthread_mutex_unlock(&q->lock);
	return 0;
}

static void broken(void *ctx, unsigned queue, const char *why)
{
	struct queues *queues = ctx;
	struct queue *q = &queues->of[queue];

	queues->broken++;
	say("queue %u is not served any more: %s", queue, why);
	pthread_mutex_lock(&q->lock);
	event_signal(q->err_fd);
	pthread_mutex_unlock(&q->lock);
}

static const struct worker_ops worker_ops = {
	.resolve = resolve,
	.call = call,
	.broken = broken,
};

/* ---- where a queue stands -------------------------------------- */

enum { POSITION = 0x7fff, WRAP = 0x8000, USED_SHIFT = 16 };

static bool is_packed(const struct queues *queues)
{
	return queues->features & BIT(VIRTIO_F_RING_PACKED);
}

/*
 * Requests are done in their order, one at a time, so that the first that is
 * not done is the next to look at: one place says both.
 */
static struct blk_place place_of(const struct queues *queues, uint32_t base)
{
	if (!is_packed(queues))
		return (struct blk_place){ .used = (uint16_t)base };
	base >>= USED_SHIFT;
	return (struct blk_place){
		.used = (uint16_t)(base & POSITION),
		.used_wrap = base & WRAP,
	};
}

static uint32_t base_of(const struct queues *queues,
			const struct blk_place *place)
{
	uint32_t half = place->used;

	if (!is_packed(queues))
		return half;
	half |= place->used_wrap ? WRAP : 0;
	return half << USED_SHIFT | half;
}

/* ---- starting and stopping ------------------------------------- */

static int addresses_of(const struct queues *queues, const struct queue *q,
			struct virtq_config *config)
{
	int err;

	config->desc = q->addr.desc;
	config->driver = q->addr.avail;
	config->device = q->addr.used;
	if (queues->iova)
		return 0;
	err = memory_guest_of(queues->memory, q->addr.desc, &config->desc);
	if (!err)
		err = memory_guest_of(queues->memory, q->addr.avail,
				      &config->driver);
	if (!err)
		err = memory_guest_of(queues->memory, q->addr.used,
				      &config->device);
	return err;
}

/* Starts the queue if it has all that it takes. */
static int start(struct queue *q)
{
	struct queues *queues = q->all;
	struct blk_place place = blk_place(q->worker.queue.journal);
	struct worker_start how = {
		.config = {
			.num = q->num,
			.packed = is_packed(queues),
			.indirect = queues->features &
				    BIT(VIRTIO_RING_F_INDIRECT_DESC),
			.event_idx =
				queues->features & BIT(VIRTIO_RING_F_EVENT_IDX),
		},
		.at = {
			.avail = place.used,
			.avail_wrap = place.used_wrap,
			.used = place.used,
			.used_wrap = place.used_wrap,
		},
		.start = BLK_START_AT,
		.write_through =
			!(queues->features & BIT(VIRTIO_BLK_F_FLUSH)),
		.kick_fd = q->kick_fd,
	};
	int err;

	if (q->running || !queues->features || !q->enabled || q->kick_fd < 0 ||
	    q->num == 0 || !q->has_addr)
		return 0;
	err = addresses_of(queues, q, &how.config);
	if (err)
		return err;
	worker_start(&q->worker, &how);
	q->running = true;
	return 0;
}

static void stop(struct queue *q)
{
	struct timespec never;

	if (!q->running)
		return;
	worker_stop(&q->worker);
	clock_gettime(CLOCK_MONOTONIC, &never);
	never.tv_sec += 1000000000;
	worker_wait(&q->worker, &never);
	misses_forget(&q->all->misses, q->worker.queue.index);
	q->running = false;
}

/* ---- what the front-end says ----------------------------------- */

/* Is it a queue, which may be changed? */
static int stopped(struct queues *queues, uint32_t i, struct queue **q)
{
	if (i >= queues->n)
		return -EINVAL;
	*q = &queues->of[i];
	return (*q)->running ? -EBUSY : 0;
}

/* To where a ring of that kind begins. */
static void rewind_ring(struct queue *q, uint64_t features)
{
	struct blk_place place = {
		.used_wrap = features & BIT(VIRTIO_F_RING_PACKED),
	};

	blk_set_place(q->worker.queue.journal, &place);
}

int queues_set_features(struct queues *queues, uint64_t features, bool enabled)
{
	for (unsigned i = 0; i < queues->n; i++)
		if (queues->of[i].running)
			return queues->features == features ? 0 : -EBUSY;
	if ((queues->features ^ features) & BIT(VIRTIO_F_RING_PACKED))
		for (unsigned i = 0; i < queues->n; i++)
			rewind_ring(&queues->of[i], features);
	queues->features = features;
	queues->iova = features & BIT(VIRTIO_F_ACCESS_PLATFORM);
	memory_use_iova(queues->memory, queues->iova);
	for (unsigned i = 0; i < queues->n && enabled; i++)
		queues->of[i].enabled = true;
	return 0;
}

int queues_set_num(struct queues *queues, uint32_t i, uint32_t num)
{
	struct queue *q;
	int err = stopped(queues, i, &q);

	if (err)
		return err;
	if (num == 0 || num > VIRTQ_MAX_NUM)
		return -EINVAL;
	q->num = num;
	return start(q);
}

int queues_set_addr(struct queues *queues, const struct wire_vring_addr *addr)
{
	struct queue *q;
	int err = stopped(queues, addr->index, &q);

	if (err)
		return err;
	if (addr->flags) /* a log of writes was not on offer */
		return -EINVAL;
	q->addr = *addr;
	q->has_addr = true;
	return start(q);
}

int queues_set_base(struct queues *queues, uint32_t i, uint32_t base)
{
	struct blk_place place = place_of(queues, base);
	struct queue *q;
	int err = stopped(queues, i, &q);

	if (err)
		return err;
	if (!is_packed(queues) && base > UINT16_MAX)
		return -EINVAL;
	blk_set_place(q->worker.queue.journal, &place);
	return 0;
}

uint32_t queues_get_base(struct queues *queues, uint32_t i)
{
	struct queue *q = &queues->of[i];
	struct blk_place place;

	stop(q);
	event_replace(&q->kick_fd, -1);
	place = blk_place(q->worker.queue.journal);
	return base_of(queues, &place);
}

/* Takes the descriptor: -1 instead of one that is none. */
static int check_fd(const struct queues *queues, uint32_t i, int *fd)
{
	if (i < queues->n && (*fd < 0 || event_is(*fd)))
		return 0;
	if (*fd >= 0)
		close(*fd);
	return -EINVAL;
}

int queues_set_kick(struct queues *queues, uint32_t i, int fd)
{
	int err = check_fd(queues, i, &fd);
	struct queue *q;

	if (err)
		return err;
	if (fd < 0)
		return -EOPNOTSUPP;
	q = &queues->of[i];
	stop(q);
	event_replace(&q->kick_fd, fd);
	return start(q);
}

int queues_set_call(struct queues *queues, uint32_t i, int fd)
{
	int err = check_fd(queues, i, &fd);
	struct queue *q;

	if (err)
		return err;
	q = &queues->of[i];
	pthread_mutex_lock(&q->lock);
	event_replace(&q->call_fd, fd);
	/* a call of just now went to the old one, of which nobody may know */
	if (q->running)
		event_signal(fd);
	pthread_mutex_unlock(&q->lock);
	return 0;
}

int queues_set_err(struct queues *queues, uint32_t i, int fd)
{
	int err = check_fd(queues, i, &fd);
	struct queue *q;

	if (err)
		return err;
	q = &queues->of[i];
	pthread_mutex_lock(&q->lock);
	event_replace(&q->err_fd, fd);
	pthread_mutex_unlock(&q->lock);
	return 0;
}

int queues_enable(struct queues *queues, uint32_t i, uint32_t enabled)
{
	struct queue *q;

	if (i >= queues->n || enabled > 1)
		return -EINVAL;
	q = &queues->of[i];
	q->enabled = enabled;
	if (enabled)
		return start(q);
	stop(q);
	return 0;
}

bool queues_in_flight(struct queues *queues)
{
	uint64_t epoch = flight_next_epoch(&queues->epoch);

	for (unsigned i = 0; i < queues->n; i++)
		if (flight_is_before(&queues->of[i].worker.queue.flight, epoch))
			return true;
	return false;
}

/* ---- life ------------------------------------------------------ */

static void reset(struct queue *q)
{
	stop(q);
	event_replace(&q->kick_fd, -1);
	pthread_mutex_lock(&q->lock);
	event_replace(&q->call_fd, -1);
	event_replace(&q->err_fd, -1);
	pthread_mutex_unlock(&q->lock);
	q->num = 0;
	q->has_addr = false;
	q->enabled = false;
	rewind_ring(q, 0);
}

void queues_reset(struct queues *queues)
{
	/* all at once, and then one after the other */
	for (unsigned i = 0; i < queues->n; i++)
		if (queues->of[i].running)
			worker_stop(&queues->of[i].worker);
	for (unsigned i = 0; i < queues->n; i++)
		reset(&queues->of[i]);
	(void)queues_set_features(queues, 0, false);
}

static int init_queue(struct queues *queues, const struct blk *blk, unsigned i)
{
	struct queue *q = &queues->of[i];
	int err;

	q->all = queues;
	q->kick_fd = -1;
	q->call_fd = -1;
	q->err_fd = -1;
	pthread_mutex_init(&q->lock, NULL);
	err = worker_init(&q->worker, blk, i, &queues->mem, &queues->epoch,
			  &worker_ops, queues);
	if (err)
		pthread_mutex_destroy(&q->lock);
	return err;
}

int queues_init(struct queues *queues, const struct blk *blk,
		struct memory *memory)
{
	int err;

	*queues = (struct queues){
		.memory = memory,
		.mem = { memory_engine(memory), MEMORY_GROUP },
		.of = calloc(blk->nqueues, sizeof(*queues->of)),
	};
	if (!queues->of)
		return -ENOMEM;
	err = misses_init(&queues->misses, blk->nqueues, &queues->mem);
	if (err) {
		free(queues->of);
		return err;
	}
	while (queues->n < blk->nqueues && !err) {
		err = init_queue(queues, blk, queues->n);
		if (!err)
			queues->n++;
	}
	if (err)
		queues_fini(queues);
	return err;
}

void queues_fini(struct queues *queues)
{
	queues_reset(queues);
	while (queues->n > 0) {
		struct queue *q = &queues->of[--queues->n];

		worker_fini(&q->worker);
		pthread_mutex_destroy(&q->lock);
	}
	misses_fini(&queues->misses);
	free(queues->of);
}
