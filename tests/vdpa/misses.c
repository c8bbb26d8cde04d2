/* SPDX-License-Identifier: MIT */
#include "misses.h"

#include <errno.h>
#include <stdlib.h>

static void count_kick(void *ctx)
{
	((struct misses *)ctx)->kicks++;
}

static void count_room(void *ctx)
{
	((struct misses *)ctx)->rooms++;
}

void keep(struct riotlb_miss_waiter *self, int status)
{
	struct waiter *w = (struct waiter *)self;

	w->told++;
	w->status = status;
}

void misses_create(struct misses *t)
{
	assert_int_equal(riotlb_miss_create(t->f->vdpa, &t->attr, &t->m), 0);
}

void misses_recreate(struct misses *t)
{
	riotlb_miss_destroy(t->m);
	misses_create(t);
}

int misses_setup(void **state)
{
	struct misses *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	front_setup((void **)&t->f);
	for (int i = 0; i < FRONT_AS; i++)
		t->f->defaults[i].kind = RIOTLB_DEFAULT_EMPTY;
	front_recreate(t->f);
	riotlb_miss_attr_init(&t->attr);
	t->attr.kick = count_kick;
	t->attr.room = count_room;
	t->attr.ctx = t;
	misses_create(t);
	*state = t;
	return 0;
}

int misses_teardown(void **state)
{
	struct misses *t = *state;

	riotlb_miss_destroy(t->m);
	front_teardown((void **)&t->f);
	free(t);
	return 0;
}

/* ---- calls with their defaults filled in ------------------------------- */

int add_to(struct misses *t, uint32_t asid, struct waiter *w, uint64_t iova,
	   uint64_t last, uint32_t want)
{
	int err;

	*w = (struct waiter){ .waiter = { .told = keep } };
	riotlb_read_enter(t->f->engine);
	err = riotlb_miss_add(t->m, asid, iova, last, want, &w->waiter);
	riotlb_read_exit(t->f->engine);
	return err;
}

int add(struct misses *t, struct waiter *w, uint64_t iova, uint64_t last)
{
	return add_to(t, 0, w, iova, last, RIOTLB_READ);
}

int group_add(struct misses *t, uint32_t group, struct waiter *w, uint64_t iova)
{
	int err;

	*w = (struct waiter){ .waiter = { .told = keep } };
	riotlb_read_enter(t->f->engine);
	err = riotlb_miss_group_add(t->m, group, iova, iova, RIOTLB_READ,
				    &w->waiter);
	riotlb_read_exit(t->f->engine);
	return err;
}

struct riotlb_miss_stats stats(struct misses *t)
{
	struct riotlb_miss_stats s;

	riotlb_miss_get_stats(t->m, &s);
	return s;
}

void expect_waiting(const struct waiter *w)
{
	assert_int_equal(w->told, 0);
	assert_int_equal(riotlb_miss_poll(&w->waiter), -EINPROGRESS);
}

void expect_told(const struct waiter *w, int status)
{
	assert_int_equal(w->told, 1);
	assert_int_equal(w->status, status);
	assert_int_equal(riotlb_miss_poll(&w->waiter), status);
}

uint64_t take(struct misses *t)
{
	struct riotlb_iotlb_msg msg;
	int err = riotlb_miss_take(t->m, &msg, NULL);

	if (err) {
		assert_int_equal(err, -EAGAIN);
		return NONE;
	}
	assert_int_equal(msg.type, RIOTLB_IOTLB_MISS);
	assert_int_equal(msg.size, 0);
	return msg.iova;
}

void expect_taken(struct misses *t, uint64_t iova, uint64_t last, uint32_t asid,
		  uint32_t perm)
{
	struct riotlb_iotlb_msg msg;
	struct riotlb_range range;

	assert_int_equal(riotlb_miss_take(t->m, &msg, &range), 0);
	assert_int_equal(msg.type, RIOTLB_IOTLB_MISS);
	assert_int_equal(msg.iova, iova);
	assert_int_equal(msg.asid, asid);
	assert_int_equal(msg.perm, perm);
	assert_int_equal(range.start, iova);
	assert_int_equal(range.last, last);
}

int map_with(struct misses *t, uint64_t iova, uint64_t size, uint32_t perm)
{
	return riotlb_vdpa_dma_map(t->f->vdpa, 0, iova, size, iova, perm, NULL,
				   NULL);
}
