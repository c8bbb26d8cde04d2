/* SPDX-License-Identifier: MIT */
#include "misses.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sys/eventfd.h>
#include <unistd.h>

#include <riotlb/rcu.h>

#include "worker.h"

/* What an answer covers at least, as a rule. */
#define PAGE_MASK UINT64_C(0xfff)

struct miss {
	enum { IDLE, QUEUED, ASKED, FAILED } state;
	bool joined; /* ASKED: by the message of another */
	uint64_t ticket;
	uint64_t message; /* ASKED: its number */
	struct virtio_need need;
	struct worker *worker;
};

static void kick(const struct misses *misses)
{
	(void)eventfd_write(misses->kick_fd, 1); /* full is kicked, too */
}

static bool is_mapped(struct misses *misses, const struct virtio_need *need)
{
	struct riotlb *engine = misses->mem->engine;
	struct riotlb_segment seg;
	int err;

	riotlb_thread_online(engine);
	riotlb_read_enter(engine);
	err = riotlb_group_translate(engine, misses->mem->group, need->iova,
				     need->iova, need->perm, &seg);
	riotlb_read_exit(engine);
	riotlb_thread_offline(engine);
	return !err;
}

static bool is_waiting(const struct miss *miss)
{
	return miss->state == QUEUED || miss->state == ASKED;
}

/* ---- joining --------------------------------------------------- */

static bool covers(const struct virtio_need *question,
		   const struct virtio_need *need)
{
	return need->iova >= (question->iova & ~PAGE_MASK) &&
	       need->iova <= (question->last | PAGE_MASK) &&
	       (question->perm & need->perm) == need->perm;
}

static void join(struct misses *misses, struct miss *miss,
		 const struct miss *question)
{
	miss->state = ASKED;
	miss->joined = true;
	miss->message = question->message;
	misses->stats.joined++;
}

/* The miss is queued, unless it can join one that is asked. */
static void enqueue(struct misses *misses, struct miss *miss)
{
	miss->state = QUEUED;
	miss->joined = false;
	miss->ticket = ++misses->tickets;
	for (unsigned i = 0; i < misses->n; i++) {
		const struct miss *other = &misses->of[i];

		if (other->state == ASKED && !other->joined &&
		    covers(&other->need, &miss->need)) {
			join(misses, miss, other);
			return;
		}
	}
}

static bool has_its_question(const struct misses *misses,
			     const struct miss *miss)
{
	for (unsigned i = 0; i < misses->n; i++) {
		const struct miss *other = &misses->of[i];

		if (other->state == ASKED && !other->joined &&
		    other->message == miss->message)
			return true;
	}
	return false;
}

/* Those that had joined a question that is over ask for themselves. */
static void separate(struct misses *misses)
{
	for (unsigned i = 0; i < misses->n; i++) {
		struct miss *miss = &misses->of[i];

		if (miss->state != ASKED || !miss->joined ||
		    has_its_question(misses, miss))
			continue;
		misses->stats.again++;
		enqueue(misses, miss);
		kick(misses);
	}
}

/* ---- the thread of a queue ------------------------------------- */

static bool is_same(const struct miss *miss, const struct virtio_need *need)
{
	return miss->need.iova == need->iova && miss->need.perm == need->perm;
}

/* With the lock: what there is to say already, or 1. */
static int answer_of(struct misses *misses, struct miss *miss,
		     const struct virtio_need *need)
{
	if (!misses->open)
		return -ENOTCONN;
	if (!is_same(miss, need))
		return 1;
	if (miss->state == FAILED) {
		miss->state = IDLE;
		return need->error;
	}
	return miss->state == IDLE ? 1 : -EINPROGRESS;
}

int misses_wait(struct misses *misses, unsigned queue, struct worker *worker,
		const struct virtio_need *need)
{
	struct miss *miss = &misses->of[queue];
	int answer;

	pthread_mutex_lock(&misses->lock);
	answer = answer_of(misses, miss, need);
	if (answer == 1) {
		miss->worker = worker;
		miss->need = *need;
		enqueue(misses, miss);
		separate(misses); /* it may have waited for something else */
		misses->stats.queued++;
	}
	pthread_mutex_unlock(&misses->lock);
	if (answer != 1 && answer != -EINPROGRESS)
		return answer;
	if (is_mapped(misses, need)) {
		pthread_mutex_lock(&misses->lock);
		misses->stats.in_time += is_waiting(miss);
		miss->state = IDLE;
		separate(misses);
		pthread_mutex_unlock(&misses->lock);
		return 0;
	}
	kick(misses);
	return -EINPROGRESS;
}

/* ---- the control thread ---------------------------------------- */

bool misses_take(struct misses *misses, struct riotlb_iotlb_msg *msg)
{
	struct miss *oldest = NULL;

	pthread_mutex_lock(&misses->lock);
	for (unsigned i = 0; i < misses->n; i++) {
		struct miss *miss = &misses->of[i];

		if (miss->state == QUEUED &&
		    (!oldest || miss->ticket < oldest->ticket))
			oldest = miss;
	}
	if (oldest) {
		oldest->state = ASKED;
		oldest->message = ++misses->asked;
		misses->stats.asked++;
		for (unsigned i = 0; i < misses->n; i++)
			if (misses->of[i].state == QUEUED &&
			    covers(&oldest->need, &misses->of[i].need))
				join(misses, &misses->of[i], oldest);
		*msg = (struct riotlb_iotlb_msg){
			.layout = RIOTLB_VHOST_USER,
			.type = RIOTLB_IOTLB_MISS,
			.iova = oldest->need.iova,
			.perm = oldest->need.perm,
		};
	}
	pthread_mutex_unlock(&misses->lock);
	return oldest;
}

void misses_mapped(struct misses *misses, uint64_t start, uint64_t last)
{
	pthread_mutex_lock(&misses->lock);
	for (unsigned i = 0; i < misses->n; i++) {
		struct miss *miss = &misses->of[i];

		/* with less than it wants it waits on, for its own answer */
		if (!is_waiting(miss) || miss->need.iova < start ||
		    miss->need.iova > last || !is_mapped(misses, &miss->need))
			continue;
		miss->state = IDLE;
		misses->stats.told++;
		worker_wake(miss->worker);
	}
	separate(misses);
	pthread_mutex_unlock(&misses->lock);
}

static void fail(struct misses *misses, struct miss *miss)
{
	miss->state = FAILED;
	misses->stats.failed++;
	worker_wake(miss->worker);
}

int misses_replied(struct misses *misses)
{
	int err = 0;

	pthread_mutex_lock(&misses->lock);
	if (misses->replied < misses->asked)
		misses->replied++;
	else
		err = -EPROTO;
	for (unsigned i = 0; i < misses->n && !err; i++) {
		struct miss *miss = &misses->of[i];

		if (miss->state == ASKED && !miss->joined &&
		    miss->message == misses->replied)
			fail(misses, miss);
	}
	separate(misses);
	pthread_mutex_unlock(&misses->lock);
	return err;
}

void misses_forget(struct misses *misses, unsigned queue)
{
	pthread_mutex_lock(&misses->lock);
	misses->of[queue].state = IDLE;
	separate(misses);
	pthread_mutex_unlock(&misses->lock);
}

void misses_open(struct misses *misses)
{
	pthread_mutex_lock(&misses->lock);
	misses->open = true;
	misses->asked = 0;
	misses->replied = 0;
	for (unsigned i = 0; i < misses->n; i++) {
		struct miss *miss = &misses->of[i];

		if (is_waiting(miss)) {
			miss->state = QUEUED;
			miss->joined = false;
		}
	}
	pthread_mutex_unlock(&misses->lock);
	kick(misses);
}

void misses_close(struct misses *misses)
{
	pthread_mutex_lock(&misses->lock);
	misses->open = false;
	pthread_mutex_unlock(&misses->lock);
}

void misses_get_stats(struct misses *misses, struct misses_stats *stats)
{
	pthread_mutex_lock(&misses->lock);
	*stats = misses->stats;
	pthread_mutex_unlock(&misses->lock);
}

/* ---- life ------------------------------------------------------ */

int misses_init(struct misses *misses, unsigned nqueues,
		const struct virtio_mem *mem)
{
	*misses = (struct misses){ .mem = mem, .n = nqueues };
	misses->of = calloc(nqueues, sizeof(*misses->of));
	if (!misses->of)
		return -ENOMEM;
	misses->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (misses->kick_fd < 0) {
		int err = -errno;

		free(misses->of);
		return err;
	}
	pthread_mutex_init(&misses->lock, NULL);
	return 0;
}

void misses_fini(struct misses *misses)
{
	pthread_mutex_destroy(&misses->lock);
	close(misses->kick_fd);
	free(misses->of);
}
