/* SPDX-License-Identifier: MIT */
#include "stage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sys/eventfd.h>
#include <sys/mman.h>

#include "check.h"
#include "guard.h"
#include "rig.h"

/* ---- the transport ---------------------------------------------- */

static int resolve(void *ctx, unsigned queue, const struct virtio_need *need)
{
	size_t page = (size_t)((need->iova - ARENA_IOVA) / ARENA_PAGE);
	struct stage *s = ctx;
	struct riotlb_mapping m;
	void *at;
	int err;

	(void)queue;
	s->misses++;
	if (s->miss)
		return s->miss;
	if (need->error != -EFAULT || need->iova < ARENA_IOVA ||
	    page >= s->arena.pages)
		return -ENOENT;
	at = mmap(NULL, ARENA_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
		  s->arena.fd, (off_t)(page * ARENA_PAGE));
	check(at != MAP_FAILED);
	m = arena_mapping(&s->arena, page, RIOTLB_RW);
	m.addr = (uintptr_t)at;
	pthread_mutex_lock(&s->lock);
	err = riotlb_map(s->engine, 0, &m, 0, NULL);
	pthread_mutex_unlock(&s->lock);
	check(err == 0 || err == -EEXIST); /* another queue was faster */
	if (err)
		munmap(at, ARENA_PAGE);
	return 0;
}

static void retired(void *ctx, uint32_t asid,
		    const struct riotlb_mapping *piece)
{
	struct stage *s = ctx;

	(void)asid;
	check_eq(piece->last - piece->start, ARENA_PAGE - 1);
	munmap((void *)(uintptr_t)piece->addr, ARENA_PAGE);
	s->retired++;
}

static int call(void *ctx, unsigned queue)
{
	struct stage *s = ctx;

	if (s->call_error)
		return s->call_error;
	sem_post(&s->called[queue]);
	return 0;
}

static void broken(void *ctx, unsigned queue, const char *why)
{
	struct stage *s = ctx;

	(void)queue;
	check(*why);
	s->broken++;
}

static const struct worker_ops ops = { resolve, call, broken };

static void stall(void *ctx, unsigned queue)
{
	struct stage *s = ctx;

	(void)queue;
	sem_post(&s->stalled);
	stage_wait(&s->go_on);
}

/* ---- life --------------------------------------------------------- */

static void create_engine(struct stage *s,
			  const struct rcu_flavor_struct *flavor)
{
	struct riotlb_default none = { .kind = RIOTLB_DEFAULT_EMPTY };
	struct riotlb_attr attr;

	riotlb_attr_init(&attr);
	attr.defaults = &none;
	attr.flavor = flavor;
	attr.retire = retired;
	attr.hook_ctx = s;
	check_eq(riotlb_create(&attr, &s->engine), 0);
}

struct stage *stage_create(unsigned kind,
			   const struct rcu_flavor_struct *flavor, bool stalls)
{
	struct virtq_config config = {
		.num = 32,
		.packed = kind & RIG_PACKED,
		.indirect = kind & RIG_INDIRECT,
		.event_idx = kind & RIG_EVENT_IDX,
	};
	struct stage *s = calloc(1, sizeof(*s));
	struct virtio_mem mem;

	check(s);
	check_eq(guard_install(), 0);
	create_engine(s, flavor);
	mem = (struct virtio_mem){ s->engine, 0 };
	arena_create(&s->arena, 512);
	check_eq(disk_open_ram(&s->disk, STAGE_DISK), 0);
	s->blk = (struct blk){
		.disk = &s->disk,
		.nqueues = STAGE_QUEUES,
		.stall = stalls ? stall : NULL,
		.stall_ctx = s,
	};
	pthread_mutex_init(&s->lock, NULL);
	sem_init(&s->stalled, 0, 0);
	sem_init(&s->go_on, 0, 0);
	for (unsigned i = 0; i < STAGE_QUEUES; i++) {
		sem_init(&s->called[i], 0, 0);
		driver_init(&s->drivers[i], &s->arena, &config);
		check_eq(worker_init(&s->workers[i], &s->blk, i, &mem,
				     &s->epoch, &ops, s),
			 0);
	}
	return s;
}

void stage_destroy(struct stage *s)
{
	for (unsigned i = 0; i < STAGE_QUEUES; i++)
		worker_fini(&s->workers[i]);
	riotlb_destroy(s->engine);
	arena_destroy(&s->arena);
	disk_close(&s->disk);
	free(s);
}

/* ---- what a control thread does ------------------------------------ */

void stage_start(struct stage *s, unsigned queue, enum blk_start start)
{
	const struct virtq_config *config = &s->drivers[queue].config;

	worker_start(&s->workers[queue],
		     &(struct worker_start){
			     .config = *config,
			     .at = { .avail_wrap = config->packed,
				     .used_wrap = config->packed },
			     .start = start,
			     .kick_fd = -1,
		     });
}

static struct timespec soon(time_t seconds)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += seconds;
	return t;
}

void stage_stop(struct stage *s, unsigned queue)
{
	struct timespec deadline = soon(60);

	worker_stop(&s->workers[queue]);
	check_eq(worker_wait(&s->workers[queue], &deadline), 0);
	check(!worker_is_running(&s->workers[queue]));
}

void stage_kick(struct stage *s, unsigned queue)
{
	if (driver_kick_due(&s->drivers[queue]))
		check(!eventfd_write(worker_kick_fd(&s->workers[queue]), 1));
}

struct riotlb_token stage_unmap(struct stage *s, const void *driver,
				uint64_t *epoch)
{
	uint64_t iova = arena_iova(&s->arena, driver);
	struct riotlb_report report;

	check_eq(riotlb_unmap(s->engine, 0, iova, iova, RIOTLB_UNMAP_WHOLE,
			      &report),
		 0);
	*epoch = flight_next_epoch(&s->epoch);
	return report.token;
}

void stage_settle(void)
{
	struct timespec t = { .tv_nsec = 30000000 };

	nanosleep(&t, NULL);
}

void stage_wait(sem_t *sem)
{
	struct timespec t;
	int err;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += 120;
	do
		err = sem_timedwait(sem, &t);
	while (err && errno == EINTR);
	check(!err);
}
