/* SPDX-License-Identifier: MIT */
#include "worker.h"

#include <errno.h>
#include <string.h>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <riotlb/rcu.h>

/*
 * How many needs may be seen to with nothing done in between: twice what an
 * element takes if each of its pages is one.
 */
#define MAX_FRUITLESS (2 * VIRTQ_MAX_BYTES / 4096)

/* How soon a driver that could not be told is told again. */
#define CALL_AGAIN_MS 1

static void on_call(void *arg)
{
	struct worker *w = arg;

	w->call_again = w->ops->call(w->ctx, w->queue.index) == -EAGAIN;
}

/* ---- the thread ------------------------------------------------ */

/* Takes the last order, if there is a new one. */
static enum worker_state obey(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	if (w->done != w->ordered) {
		w->done = w->ordered;
		w->state = w->want;
		w->broken = false;
		w->started = false;
		w->call_again = false;
		w->fruitless = 0;
		w->now = w->start;
		if (w->now.kick_fd < 0)
			w->now.kick_fd = w->own_kick_fd;
		pthread_cond_broadcast(&w->obeyed);
	}
	pthread_mutex_unlock(&w->lock);
	return w->state;
}

static void give_up(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	w->broken = true;
	pthread_mutex_unlock(&w->lock);
	w->ops->broken(w->ctx, w->queue.index, virtq_why(&w->queue.vq));
}

static void drain(int fd)
{
	eventfd_t n;

	(void)eventfd_read(fd, &n); /* which may be of nothing */
}

/* Waits for an order, a wake, or a kick. */
static void wait_for_more(struct worker *w)
{
	bool running = w->state == WORKER_RUNNING && !w->broken;
	struct pollfd fds[] = {
		{ .fd = w->wake_fd, .events = POLLIN },
		{ .fd = running ? w->now.kick_fd : -1, .events = POLLIN },
	};
	int n;

	riotlb_thread_offline(w->queue.flight.engine);
	n = poll(fds, 2, running && w->call_again ? CALL_AGAIN_MS : -1);
	riotlb_thread_online(w->queue.flight.engine);
	if (n > 0 && fds[0].revents)
		drain(w->wake_fd);
	if (n > 0 && fds[1].revents)
		drain(w->now.kick_fd);
	if (running && w->call_again)
		on_call(w);
}

/* Returns whether to look again without waiting. */
static bool resolve(struct worker *w, const struct virtio_need *need)
{
	struct riotlb *engine = w->queue.flight.engine;
	int err = -ELOOP;

	if (w->fruitless++ < MAX_FRUITLESS) {
		riotlb_thread_offline(engine);
		err = w->ops->resolve(w->ctx, w->queue.index, need);
		riotlb_thread_online(engine);
	}
	if (err == -EINPROGRESS)
		return false;
	if (!err)
		return true;
	if (w->started && blk_queue_take_fault(&w->queue, need))
		return true;
	virtq_broken(&w->queue.vq, err, "a part of the ring is not mapped");
	give_up(w);
	return false;
}

static int serve(struct worker *w, struct virtio_need *need)
{
	int err;

	if (w->started)
		return blk_queue_serve(&w->queue, need);
	err = blk_queue_start(&w->queue, &w->now.config, &w->now.at,
			      w->now.start, w->now.write_through, need);
	if (err)
		return err;
	w->started = true;
	/* a call of before may have been lost */
	if (w->now.start == BLK_START_RESUME)
		on_call(w);
	return 1;
}

/* Serves for a while; returns whether to go on without waiting. */
static bool work(struct worker *w)
{
	struct virtio_need need;
	uint64_t before = counter_read(&w->queue.vq.stats.elements);
	int result = serve(w, &need);

	riotlb_quiescent(w->queue.flight.engine);
	if (counter_read(&w->queue.vq.stats.elements) != before)
		w->fruitless = 0;
	if (result == -EAGAIN)
		return resolve(w, &need);
	if (result < 0)
		give_up(w);
	return result > 0;
}

static void *run(void *arg)
{
	struct worker *w = arg;
	enum worker_state state;
	bool more = true;

	riotlb_thread_register(w->queue.flight.engine);
	for (;;) {
		if (!more)
			wait_for_more(w);
		state = obey(w);
		if (state == WORKER_QUIT)
			break;
		more = state == WORKER_RUNNING && !w->broken && work(w);
	}
	riotlb_thread_unregister(w->queue.flight.engine);
	return NULL;
}

/* ---- orders ---------------------------------------------------- */

static void order(struct worker *w, enum worker_state want,
		  const struct worker_start *start)
{
	pthread_mutex_lock(&w->lock);
	w->ordered++;
	w->want = want;
	if (start)
		w->start = *start;
	pthread_mutex_unlock(&w->lock);
	worker_wake(w);
}

void worker_start(struct worker *w, const struct worker_start *start)
{
	order(w, WORKER_RUNNING, start);
}

void worker_stop(struct worker *w)
{
	order(w, WORKER_STOPPED, NULL);
}

void worker_wake(struct worker *w)
{
	(void)eventfd_write(w->wake_fd, 1); /* full is awake, too */
}

int worker_wait(struct worker *w, const struct timespec *deadline)
{
	int err = 0;

	pthread_mutex_lock(&w->lock);
	while (w->done != w->ordered && !err)
		err = pthread_cond_timedwait(&w->obeyed, &w->lock, deadline);
	if (w->done == w->ordered)
		err = 0;
	pthread_mutex_unlock(&w->lock);
	return -err;
}

bool worker_is_running(struct worker *w)
{
	bool running;

	pthread_mutex_lock(&w->lock);
	running = w->state == WORKER_RUNNING && !w->broken;
	pthread_mutex_unlock(&w->lock);
	return running;
}

/* ---- life ------------------------------------------------------ */

static int init_condition(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	int err = pthread_condattr_init(&attr);

	if (err)
		return -err;
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	err = pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
	return -err;
}

static int open_fds(struct worker *w)
{
	w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->wake_fd < 0)
		return -errno;
	w->own_kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->own_kick_fd < 0) {
		int err = -errno;

		close(w->wake_fd);
		return err;
	}
	return 0;
}

static void close_fds(struct worker *w)
{
	close(w->wake_fd);
	close(w->own_kick_fd);
}

int worker_init(struct worker *w, const struct blk *blk, unsigned index,
		const struct virtio_mem *mem, const flight_epoch *epoch,
		const struct worker_ops *ops, void *ctx)
{
	int err;

	memset(w, 0, sizeof(*w));
	w->ops = ops;
	w->ctx = ctx;
	w->start.kick_fd = -1;
	err = blk_queue_init(&w->queue, blk, index, mem, epoch);
	if (err)
		return err;
	w->queue.call = on_call;
	w->queue.call_ctx = w;
	err = open_fds(w);
	if (err)
		goto no_fds;
	pthread_mutex_init(&w->lock, NULL);
	err = init_condition(&w->obeyed);
	if (err)
		goto no_condition;
	err = -pthread_create(&w->thread, NULL, run, w);
	if (!err)
		return 0;
	pthread_cond_destroy(&w->obeyed);
no_condition:
	pthread_mutex_destroy(&w->lock);
	close_fds(w);
no_fds:
	blk_queue_fini(&w->queue);
	return err;
}

void worker_fini(struct worker *w)
{
	order(w, WORKER_QUIT, NULL);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->obeyed);
	pthread_mutex_destroy(&w->lock);
	close_fds(w);
	blk_queue_fini(&w->queue);
}
