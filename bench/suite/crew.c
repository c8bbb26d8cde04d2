/* SPDX-License-Identifier: MIT */
#include "crew.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "../measure.h"

struct crew {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t ready;
	bool go;
	atomic_bool stop;
};

struct hand {
	struct crew *crew;
	struct worker *worker;
	pthread_t thread;
	int err;
};

static void wait_for_all(struct crew *crew)
{
	pthread_mutex_lock(&crew->lock);
	crew->ready++;
	pthread_cond_broadcast(&crew->changed);
	while (!crew->go)
		pthread_cond_wait(&crew->changed, &crew->lock);
	pthread_mutex_unlock(&crew->lock);
}

static void work(struct crew *crew, struct worker *w)
{
	uint64_t chunks = 0;
	uint64_t began = clock_posix();
	uint64_t ns;

	do {
		if (!w->chunk(w->ctx)) {
			w->failed = true;
			break;
		}
		chunks++;
	} while (!atomic_load_explicit(&crew->stop, memory_order_relaxed));
	ns = clock_posix() - began;
	w->rate = (double)chunks * w->per_chunk * 1e9 / (double)(ns ? ns : 1);
}

static void *hand_main(void *arg)
{
	struct hand *hand = arg;
	struct worker *w = hand->worker;

	hand->err = cpu_pin(w->cpu);
	if (w->ops && w->ops->thread_enter)
		w->ops->thread_enter(w->self);
	if (!hand->err && !w->chunk(w->ctx))
		w->failed = true;
	wait_for_all(hand->crew);
	if (!hand->err && !w->failed)
		work(hand->crew, w);
	if (w->ops && w->ops->thread_leave)
		w->ops->thread_leave(w->self);
	return NULL;
}

static void wait_seconds(double seconds)
{
	struct timespec left = {
		.tv_sec = (time_t)seconds,
		.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9),
	};

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

/* Lets those that were started begin, and waits if all were. */
static void supervise(struct crew *crew, size_t started, double seconds)
{
	pthread_mutex_lock(&crew->lock);
	while (crew->ready < started)
		pthread_cond_wait(&crew->changed, &crew->lock);
	crew->go = true;
	pthread_cond_broadcast(&crew->changed);
	pthread_mutex_unlock(&crew->lock);
	wait_seconds(seconds);
	atomic_store(&crew->stop, true);
}

int crew_run(struct worker *workers, size_t n, double seconds)
{
	struct crew crew = {
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
	};
	struct hand hands[CREW_MOST];
	size_t started = 0;
	int err = n > CREW_MOST ? -EINVAL : 0;

	for (; !err && started < n; started += !err) {
		workers[started].failed = false;
		workers[started].rate = 0;
		hands[started] = (struct hand){ .crew = &crew,
						.worker = &workers[started] };
		err = -pthread_create(&hands[started].thread, NULL, hand_main,
				      &hands[started]);
	}
	supervise(&crew, started, err ? 0 : seconds);
	for (size_t i = 0; i < started; i++) {
		pthread_join(hands[i].thread, NULL);
		if (!err)
			err = hands[i].err;
		if (!err && workers[i].failed)
			err = -EIO;
	}
	return err;
}
