/* SPDX-License-Identifier: MIT */
#include "regions.h"

#include <errno.h>
#include <stdlib.h>

#include <pthread.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <unistd.h>

/*
 * LIVE until it is dropped, GOING until riotlb reports it. Then it is unmapped,
 * or where fenced flights may use it GONE: revoked, waiting for a sweep.
 */
enum region_state { LIVE, GOING, GONE };

struct region {
	TAILQ_ENTRY(region) link;
	uint64_t start;
	uint64_t last;
	uint64_t unreported; /* bytes less 1, see retired() */
	void *memory;        /* as mmap gave it */
	size_t size;
	enum region_state state;
	uint64_t epoch; /* GOING: of the removal, see flight.h */
	bool revoked;
};

struct regions {
	const struct port *port;
	struct riotlb *engine;
	flight_epoch epoch;
	pthread_mutex_t lock; /* for what follows; callbacks take it */
	TAILQ_HEAD(, region) list;
	uint64_t generation; /* grows with each drop */
	bool closed;         /* what is asked for is not fetched */
	bool keep;           /* a fenced flight may use any of them */
	struct regions_stats stats;
};

/* ---- what riotlb reports --------------------------------------- */

static void release(struct regions *regions, struct region *region)
{
	TAILQ_REMOVE(&regions->list, region, link);
	munmap(region->memory, region->size);
	free(region);
}

/* The same addresses, with memory of nobody behind them. */
static int revoke_one(struct regions *regions, struct region *region)
{
	if (region->revoked)
		return 0;
	if (mmap(region->memory, region->size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
		 0) == MAP_FAILED)
		return -errno;
	region->revoked = true;
	regions->stats.revoked++;
	return 0;
}

/* Nothing that is not fenced uses it any more. */
static void end(struct regions *regions, struct region *region)
{
	if (!region->revoked && !regions->keep) {
		regions->stats.released++;
		release(regions, region);
		return;
	}
	/* rather no device than one that writes to what is not its own */
	if (revoke_one(regions, region))
		abort();
	region->state = GONE;
}

/* A region may be reported in pieces; each byte is, once. */
static void retired(void *ctx, uint32_t asid,
		    const struct riotlb_mapping *piece)
{
	struct region *region = (struct region *)(uintptr_t)piece->opaque;
	uint64_t last_byte = piece->last - piece->start;
	struct regions *regions = ctx;

	(void)asid;
	pthread_mutex_lock(&regions->lock);
	if (region->unreported > last_byte)
		region->unreported -= last_byte + 1;
	else
		end(regions, region);
	pthread_mutex_unlock(&regions->lock);
}

/* ---- fetching -------------------------------------------------- */

static int prot_of(uint32_t perm)
{
	return (perm & RIOTLB_READ ? PROT_READ : 0) |
	       (perm & RIOTLB_WRITE ? PROT_WRITE : 0);
}

/* Where in the file's mapping the region begins: mmap takes whole pages. */
static uint64_t slack_of(const struct port_region *r)
{
	return r->offset % (uint64_t)sysconf(_SC_PAGESIZE);
}

static int map_region(const struct port_region *r, struct region **out)
{
	uint64_t slack = slack_of(r), bytes = r->last - r->start;
	struct region *region;

	if (r->last < r->start || bytes > SIZE_MAX / 2 ||
	    (r->perm & RIOTLB_RW) == 0)
		return -EINVAL;
	region = calloc(1, sizeof(*region));
	if (!region)
		return -ENOMEM;
	region->start = r->start;
	region->last = r->last;
	region->unreported = bytes;
	region->size = (size_t)(bytes + 1 + slack);
	region->memory = mmap(NULL, region->size, prot_of(r->perm), MAP_SHARED,
			      r->fd, (off_t)(r->offset - slack));
	if (region->memory == MAP_FAILED) {
		int err = -errno;

		free(region);
		return err;
	}
	*out = region;
	return 0;
}

static bool is_live_at(const struct regions *regions, uint64_t iova)
{
	const struct region *region;

	TAILQ_FOREACH(region, &regions->list, link)
	if (region->state == LIVE && region->start <= iova &&
	    iova <= region->last)
		return true;
	return false;
}

/*
 * What is live of [start, last], which riotlb has no more, is going. Returns
 * the epoch of that.
 */
static uint64_t mark_going(struct regions *regions, uint64_t start,
			   uint64_t last)
{
	uint64_t epoch = flight_next_epoch(&regions->epoch);
	struct region *region;

	TAILQ_FOREACH(region, &regions->list, link)
	{
		if (region->state != LIVE || region->start > last ||
		    region->last < start)
			continue;
		region->state = GOING;
		region->epoch = epoch;
		regions->stats.dropped++;
	}
	return epoch;
}

/*
 * Instead of whatever was in its place: the kernel says nothing of memory that
 * it takes back and gives out anew, and its word of now is the newer one.
 */
static int insert(struct regions *regions, const struct port_region *r,
		  struct region *region)
{
	struct riotlb_op ops[] = {
		{ .kind = RIOTLB_OP_UNMAP, .policy = RIOTLB_UNMAP_WHOLE },
		{ .kind = RIOTLB_OP_MAP },
	};
	int err;

	ops[0].mapping.start = r->start;
	ops[0].mapping.last = r->last;
	ops[1].mapping = (struct riotlb_mapping){
		.start = r->start,
		.last = r->last,
		.addr = (uintptr_t)region->memory + slack_of(r),
		.opaque = (uintptr_t)region,
		.perm = r->perm & RIOTLB_RW,
	};
	err = riotlb_apply(regions->engine, 0, ops, 2, NULL);
	if (err)
		return err;
	mark_going(regions, r->start, r->last);
	TAILQ_INSERT_TAIL(&regions->list, region, link);
	regions->stats.mapped++;
	return 0;
}

/* With the lock held. Returns whether the region is wanted. */
static bool is_wanted(struct regions *regions, const struct virtio_need *need,
		      uint64_t generation)
{
	if (regions->generation != generation) {
		regions->stats.stale++;
		return false;
	}
	/* another queue may have been faster */
	return !is_live_at(regions, need->iova);
}

static int fetch(struct regions *regions, const struct virtio_need *need,
		 const struct port_region *r, uint64_t generation)
{
	struct region *region = NULL;
	bool wanted;
	int err = map_region(r, &region);

	if (err)
		return err;
	pthread_mutex_lock(&regions->lock);
	wanted = is_wanted(regions, need, generation);
	if (wanted)
		err = insert(regions, r, region);
	pthread_mutex_unlock(&regions->lock);
	if (!wanted || err) {
		munmap(region->memory, region->size);
		free(region);
	}
	return err;
}

/*
 * Something was not to be had. If there was a drop since it was asked for, that
 * may be why, and it is to be asked for again.
 */
static int fail(struct regions *regions, uint64_t generation, int err,
		bool unknown)
{
	pthread_mutex_lock(&regions->lock);
	if (regions->generation != generation)
		err = 0;
	else
		regions->stats.unknown += unknown;
	pthread_mutex_unlock(&regions->lock);
	return err;
}

int regions_resolve(struct regions *regions, const struct virtio_need *need)
{
	struct port_region r;
	uint64_t generation;
	bool closed;
	int err;

	if (need->error != -EFAULT)
		return need->error; /* it is there, and allows no more */
	pthread_mutex_lock(&regions->lock);
	generation = regions->generation;
	closed = regions->closed;
	pthread_mutex_unlock(&regions->lock);
	if (closed)
		return 0;
	err = regions->port->get_region(regions->port->ctx, need->iova, &r);
	if (err)
		return fail(regions, generation, err, true);
	err = fetch(regions, need, &r, generation);
	close(r.fd);
	return err ? fail(regions, generation, err, false) : 0;
}

/* ---- dropping -------------------------------------------------- */

void regions_drop(struct regions *regions, uint64_t start, uint64_t last,
		  struct riotlb_token *token, uint64_t *epoch)
{
	struct riotlb_report report;

	pthread_mutex_lock(&regions->lock);
	regions->generation++;
	/* cannot fail: whole mappings, of a range that is one */
	(void)riotlb_unmap(regions->engine, 0, start, last, RIOTLB_UNMAP_WHOLE,
			   &report);
	*epoch = mark_going(regions, start, last);
	pthread_mutex_unlock(&regions->lock);
	*token = report.token;
}

static void set_closed(struct regions *regions, bool closed)
{
	pthread_mutex_lock(&regions->lock);
	regions->closed = closed;
	pthread_mutex_unlock(&regions->lock);
}

void regions_close(struct regions *regions)
{
	set_closed(regions, true);
}

void regions_open(struct regions *regions)
{
	set_closed(regions, false);
}

uint64_t regions_next_epoch(struct regions *regions)
{
	return flight_next_epoch(&regions->epoch);
}

int regions_revoke(struct regions *regions, uint64_t epoch)
{
	struct region *region;
	int err = 0;

	pthread_mutex_lock(&regions->lock);
	TAILQ_FOREACH(region, &regions->list, link)
	{
		if (region->state == GOING && region->epoch <= epoch)
			err = revoke_one(regions, region);
		if (err)
			break;
	}
	pthread_mutex_unlock(&regions->lock);
	return err;
}

void regions_keep(struct regions *regions)
{
	pthread_mutex_lock(&regions->lock);
	regions->keep = true;
	pthread_mutex_unlock(&regions->lock);
}

void regions_sweep(struct regions *regions)
{
	struct region *region, *next;

	pthread_mutex_lock(&regions->lock);
	regions->keep = false;
	for (region = TAILQ_FIRST(&regions->list); region; region = next) {
		next = TAILQ_NEXT(region, link);
		if (region->state == GONE)
			release(regions, region);
	}
	pthread_mutex_unlock(&regions->lock);
}

/* ---- life ------------------------------------------------------ */

int regions_create(const struct port *port,
		   const struct rcu_flavor_struct *flavor, struct regions **out)
{
	struct riotlb_default none = { .kind = RIOTLB_DEFAULT_EMPTY };
	struct regions *regions = calloc(1, sizeof(*regions));
	struct riotlb_attr attr;
	int err;

	if (!regions)
		return -ENOMEM;
	regions->port = port;
	TAILQ_INIT(&regions->list);
	pthread_mutex_init(&regions->lock, NULL);
	riotlb_attr_init(&attr);
	attr.defaults = &none;
	attr.flavor = flavor;
	attr.retire = retired;
	attr.hook_ctx = regions;
	attr.stripes = RIOTLB_MIN_STRIPES; /* one update at a time */
	err = riotlb_create(&attr, &regions->engine);
	if (err) {
		pthread_mutex_destroy(&regions->lock);
		free(regions);
		return err;
	}
	*out = regions;
	return 0;
}

void regions_destroy(struct regions *regions)
{
	riotlb_destroy(regions->engine); /* reports what is mapped */
	regions_sweep(regions);
	pthread_mutex_destroy(&regions->lock);
	free(regions);
}

struct riotlb *regions_engine(struct regions *regions)
{
	return regions->engine;
}

const flight_epoch *regions_epoch(struct regions *regions)
{
	return &regions->epoch;
}

void regions_get_stats(struct regions *regions, struct regions_stats *stats)
{
	const struct region *region;

	pthread_mutex_lock(&regions->lock);
	*stats = regions->stats;
	stats->live = 0;
	TAILQ_FOREACH(region, &regions->list, link)
	stats->live += region->state == LIVE;
	pthread_mutex_unlock(&regions->lock);
}
