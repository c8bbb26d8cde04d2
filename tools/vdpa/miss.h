/* SPDX-License-Identifier: MIT */
/* What the front's operations tell the misses of the front, if it has any. */
#ifndef RIOTLB_VDPA_MISS_H
#define RIOTLB_VDPA_MISS_H

#include <pthread.h>
#include <sys/queue.h>

#include <riotlb/miss.h>

#include "front.h"

TAILQ_HEAD(question_list, question);

struct question {
	TAILQ_ENTRY(question) link;
	uint64_t start; /* the first byte that is waited for, when it was set */
	uint64_t last;
	uint32_t asid;
	uint32_t perm;
	bool asked;
	struct riotlb_miss_waiter *waiters; /* none: in the list of the idle */
};

struct riotlb_misses {
	struct riotlb_vdpa *vdpa;
	enum riotlb_vhost_layout layout;
	void (*kick)(void *ctx);
	void (*room)(void *ctx);
	void *ctx;
	uint32_t capacity;

	uint64_t waiters; /* written under the lock, read without */

	pthread_mutex_t lock; /* for all that follows */
	bool closed;
	bool refused; /* somebody since `room` was called last */
	uint64_t serial;
	struct question_list idle, queued, asked;
	struct riotlb_miss_stats stats;
	struct question questions[];
};

/* Changes of an AS that leave nothing to wait for as it was. */
void riotlb_miss_flush(struct riotlb_misses *misses, uint32_t asid,
		       uint64_t start, uint64_t last);
void riotlb_miss_flush_group(struct riotlb_misses *misses, uint32_t group);
void riotlb_miss_flush_all(struct riotlb_misses *misses);

static inline void front_mapped(const struct riotlb_vdpa *vdpa, uint32_t asid,
				const struct riotlb_mapping *m)
{
	if (vdpa->misses)
		riotlb_miss_mapped(vdpa->misses, asid, m->start, m->last,
				   m->perm);
}

static inline void front_unmapped(const struct riotlb_vdpa *vdpa, uint32_t asid,
				  uint64_t start, uint64_t last)
{
	if (vdpa->misses)
		riotlb_miss_flush(vdpa->misses, asid, start, last);
}

#endif
