/* SPDX-License-Identifier: MIT */
#include "queues.h"

#include <errno.h>
#include <stdlib.h>

#include <time.h>

#include "say.h"

/* ---- what the workers ask for ---------------------------------- */

static int resolve(void *ctx, unsigned queue, const struct virtio_need *need)
{
	struct queues *queues = ctx;

	(void)queue;
	return regions_resolve(queues->regions, need);
}

static int call(void *ctx, unsigned queue)
{
	const struct queues *queues = ctx;

	return queues->port->call(queues->port->ctx, queue);
}

static void broken(void *ctx, unsigned queue, const char *why)
{
	struct queues *queues = ctx;

	queues->broken++;
	say("queue %u is not served any more: %s", queue, why);
}

static const struct worker_ops worker_ops = {
	.resolve = resolve,
	.call = call,
	.broken = broken,
};

/* ---- life ------------------------------------------------------ */

int queues_create(struct queues *queues, const struct port *port,
		  struct regions *regions, const struct blk *blk,
		  blk_journal *journals)
{
	struct virtio_mem mem = { regions_engine(regions), 0 };
	unsigned n = blk->nqueues;

	*queues = (struct queues){ .port = port, .regions = regions };
	queues->workers = calloc(n, sizeof(*queues->workers));
	queues->leases = calloc(n, sizeof(*queues->leases));
	if (!queues->workers || !queues->leases) {
		queues_destroy(queues);
		return -ENOMEM;
	}
	for (; queues->n < n; queues->n++) {
		struct worker *w = &queues->workers[queues->n];
		int err = worker_init(w, blk, queues->n, &mem,
				      regions_epoch(regions), &worker_ops,
				      queues);

		if (err) {
			queues_destroy(queues);
			return err;
		}
		if (journals)
			w->queue.journal = &journals[queues->n];
	}
	return 0;
}

void queues_destroy(struct queues *queues)
{
	queues_stop(queues);
	while (queues->n > 0) {
		struct worker *w = &queues->workers[--queues->n];
		struct queues_lease *l = &queues->leases[queues->n];

		worker_fini(w);
		if (l->held)
			riotlb_lease_end(regions_engine(queues->regions),
					 l->lease);
	}
	free(queues->workers);
	free(queues->leases);
}

/* ---- starting and stopping ------------------------------------- */

static int get_vq(struct queues *queues, unsigned i,
		  const struct queues_kind *kind, struct port_vq *vq)
{
	int err = queues->port->get_vq(queues->port->ctx, i, kind->packed, vq);

	vq->config.packed = kind->packed;
	vq->config.indirect = kind->indirect;
	vq->config.event_idx = kind->event_idx;
	return err;
}

int queues_note_start(struct queues *queues, const struct queues_kind *kind)
{
	struct port_vq vq;
	int err = 0;

	for (unsigned i = 0; i < queues->n && !err; i++) {
		err = get_vq(queues, i, kind, &vq);
		if (!err)
			blk_set_place(queues->workers[i].queue.journal,
				      &(struct blk_place){
					      .used = vq.at.used,
					      .used_wrap = vq.at.used_wrap,
				      });
	}
	return err;
}

int queues_start(struct queues *queues, const struct queues_kind *kind,
		 enum blk_start start)
{
	struct port_vq vq;
	int err = 0;

	regions_open(queues->regions);
	for (unsigned i = 0; i < queues->n && !err; i++) {
		struct worker *w = &queues->workers[i];

		err = get_vq(queues, i, kind, &vq);
		if (err || !vq.ready)
			continue;
		err = queues->port->set_kick(queues->port->ctx, i,
					     worker_kick_fd(w));
		if (!err)
			worker_start(
				w, &(struct worker_start){
					   .config = vq.config,
					   .at = vq.at,
					   .start = start,
					   .write_through = kind->write_through,
					   .kick_fd = -1,
				   });
	}
	return err;
}

void queues_stop(struct queues *queues)
{
	for (unsigned i = 0; i < queues->n; i++)
		worker_stop(&queues->workers[i]);
	/* by then the orders are there: who is told to look again obeys */
	regions_close(queues->regions);
}

void queues_join(struct queues *queues)
{
	struct timespec never;

	clock_gettime(CLOCK_MONOTONIC, &never);
	never.tv_sec += 1000000000;
	for (unsigned i = 0; i < queues->n; i++)
		worker_wait(&queues->workers[i], &never);
}

/* ---- waiting --------------------------------------------------- */

uint64_t queues_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool any_fenced(const struct queues *queues)
{
	for (unsigned i = 0; i < queues->n; i++)
		if (flight_is_fenced(&queues->workers[i].queue.flight))
			return true;
	return false;
}

static bool any_lease(const struct queues *queues, uint64_t epoch)
{
	for (unsigned i = 0; i < queues->n; i++)
		if (flight_holds_lease(&queues->workers[i].queue.flight, epoch))
			return true;
	return false;
}

static bool any_before(const struct queues *queues, uint64_t epoch)
{
	for (unsigned i = 0; i < queues->n; i++)
		if (flight_is_before(&queues->workers[i].queue.flight, epoch))
			return true;
	return false;
}

static bool all_stopped(struct queues *queues)
{
	struct timespec past = { 0 };

	for (unsigned i = 0; i < queues->n; i++) {
		struct worker *w = &queues->workers[i];

		if (!flight_is_fenced(&w->queue.flight) &&
		    worker_wait(w, &past))
			return false;
	}
	return true;
}

static bool any_held(const struct queues *queues)
{
	for (unsigned i = 0; i < queues->n; i++)
		if (queues->leases[i].held)
			return true;
	return false;
}

static void fence(struct queues *queues, uint64_t epoch, uint64_t waited)
{
	for (unsigned i = 0; i < queues->n; i++) {
		struct queues_lease *l = &queues->leases[i];

		if (l->held || !flight_fence(&queues->workers[i].queue.flight,
					     epoch, &l->lease))
			continue;
		l->held = true;
		regions_keep(queues->regions);
		queues->fenced++;
		say("queue %u stops: after %ju ms a request still uses memory "
		    "that the driver has taken back; it will be done again",
		    i, (uintmax_t)waited);
	}
}

/*
 * No flight of before that epoch can tell any more that it is done. If nothing
 * but fenced ones has memory of then, it is revoked; then riotlb may give it
 * back. Otherwise, or if it cannot be revoked, the leases are held on to.
 */
static void take_back(struct queues *queues, uint64_t epoch)
{
	if (any_before(queues, epoch) || regions_revoke(queues->regions, epoch))
		return;
	for (unsigned i = 0; i < queues->n; i++) {
		struct queues_lease *l = &queues->leases[i];

		if (l->held)
			riotlb_lease_end(regions_engine(queues->regions),
					 l->lease);
		l->held = false;
	}
}

bool queues_tidy(struct queues *queues)
{
	if (any_held(queues)) /* of one that was too late */
		take_back(queues, queues->epoch);
	if (any_held(queues) || any_fenced(queues))
		return true;
	regions_sweep(queues->regions);
	return false;
}

/*
 * Half of the time is over. Requests that began after the drop may be in the
 * way, too, with leases that are of the same time for riotlb: of before the
 * grace period was over.
 */
static void move_on(struct queues *queues, uint64_t *epoch)
{
	*epoch = regions_next_epoch(queues->regions);
	queues->epoch = *epoch;
}

int queues_await(struct queues *queues, struct riotlb_token token,
		 uint64_t epoch, bool stopping, uint64_t since)
{
	static const struct timespec nap = { .tv_nsec = 200000 };
	struct riotlb *engine = regions_engine(queues->regions);
	uint64_t limit = queues->port->timeout(queues->port->ctx), waited;
	uint64_t give_up = 0; /* 0: it is not late yet */

	queues->waits += any_lease(queues, epoch);
	while (!riotlb_poll(engine, token) ||
	       (stopping && !all_stopped(queues))) {
		waited = queues_now() - since;
		if (give_up && waited >= give_up)
			return -ETIMEDOUT;
		if (limit && waited >= limit / 2) {
			if (!give_up) {
				move_on(queues, &epoch);
				give_up = waited + (limit + 3) / 4;
			}
			fence(queues, epoch, waited);
			take_back(queues, epoch);
		}
		nanosleep(&nap, NULL);
	}
	return 0;
}
