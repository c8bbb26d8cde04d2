/* SPDX-License-Identifier: MIT */
#include "ops.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE UINT64_C(4096)
#define HUGE_PAGE (UINT64_C(2) << 20)
#define BASE (UINT64_C(1) << 32)
#define TARGET (UINT64_C(1) << 40)
#define FEW 2048u
#define MANY 16384u

/* The same numbers on both sides, and in every run. */
static struct rng rng = { 1 };

static uint64_t pages_of(enum shape shape)
{
	switch (shape) {
	case SHAPE_ONE:
		return (UINT64_C(1) << 30) / PAGE;
	case SHAPE_HUGE:
		return HUGE_PAGE / PAGE;
	case SHAPE_MIXED:
		return UINT64_C(1) << rng_below(&rng, 9);
	default:
		return 1;
	}
}

static uint64_t gap_of(enum shape shape)
{
	switch (shape) {
	case SHAPE_MIXED:
		return PAGE * (1 + rng_below(&rng, 8));
	case SHAPE_SPARSE:
		return HUGE_PAGE - PAGE;
	default:
		return 0;
	}
}

/* Targets lie far apart, so that no two mappings are one to a reader. */
static void fill(struct state *s, enum shape shape)
{
	uint64_t at = BASE;

	for (size_t i = 0; i < s->n; i++) {
		uint64_t bytes = pages_of(shape) * PAGE;

		s->m[i] = (struct riotlb_mapping){
			.start = at,
			.last = at + bytes - 1,
			.addr = TARGET +
				((uint64_t)i ^ 5) * 2 * (UINT64_C(1) << 30),
			.perm = RIOTLB_READ,
		};
		s->other[i] = s->m[i];
		s->other[i].addr += UINT64_C(1) << 30;
		at += bytes + gap_of(shape);
	}
}

/* One cycle through all (Sattolo), for what follows it from place to place. */
static void cycle(struct state *s)
{
	for (uint32_t i = 0; i <= s->mask; i++)
		s->index[i] = i;
	for (uint32_t i = s->mask; i > 0; i--) {
		uint32_t j = (uint32_t)rng_below(&rng, i);
		uint32_t kept = s->index[i];

		s->index[i] = s->index[j];
		s->index[j] = kept;
	}
}

static uint32_t all(uint32_t which)
{
	return which;
}

/* Of pages, every second 2 MiB; so their number is a multiple of twice that. */
#define PAGES ((uint32_t)(HUGE_PAGE / PAGE))

static uint32_t even(uint32_t which)
{
	return which / PAGES * 2 * PAGES + which % PAGES;
}

static uint32_t odd(uint32_t which)
{
	return even(which) + PAGES;
}

/* Of the mappings that `share` leaves. */
static void draw(struct state *s, uint32_t (*share)(uint32_t which), size_t n)
{
	for (size_t i = 0; i <= s->mask; i++) {
		uint32_t which = share((uint32_t)rng_below(&rng, n));
		const struct riotlb_mapping *m = &s->m[which];

		s->index[i] = which;
		s->keys[i] = m->start + rng_below(&rng, m->last - m->start + 1);
		s->holes[i] = m->last + 1 + rng_below(&rng, PAGE);
	}
}

static void draw_anywhere(struct state *s)
{
	for (size_t i = 0; i <= s->mask; i++)
		s->keys[i] = rng_next(&rng);
}

static int allocate_draw(struct state *s)
{
	size_t n = s->mask + 1;

	s->keys = calloc(n, sizeof(*s->keys));
	s->holes = calloc(n, sizeof(*s->holes));
	s->index = calloc(n, sizeof(*s->index));
	return s->keys && s->holes && s->index ? 0 : -ENOMEM;
}

static int allocate(struct state *s, size_t mappings)
{
	s->m = calloc(mappings + 1, sizeof(*s->m));
	s->other = calloc(mappings + 1, sizeof(*s->other));
	s->histogram = histogram_create();
	s->room = calloc(2, PAGE);
	return s->m && s->other && s->histogram && s->room ? allocate_draw(s)
							   : -ENOMEM;
}

/* Two address spaces and a group; what is not mapped is not there. */
static int create(struct state *s, enum shape shape)
{
	static const struct riotlb_default empty[2] = {
		{ .kind = RIOTLB_DEFAULT_EMPTY },
		{ .kind = RIOTLB_DEFAULT_EMPTY },
	};
	struct riotlb_attr attr;
	int err;

	riotlb_attr_init(&attr);
	attr.nas = 2;
	if (shape != SHAPE_IDENTITY)
		attr.defaults = empty;
	attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	err = riotlb_create(&attr, &s->engine);
	if (err)
		return err;
	riotlb_thread_register(s->engine);
	if (!s->n)
		return 0;
	return riotlb_map_bulk(s->engine, ASID, s->m, s->n, 0, NULL);
}

int state_open(struct state *s, const struct op *op)
{
	int err;

	*s = (struct state){ .n = op->mappings,
			     .done = &s->done_here,
			     .due = UINT64_MAX };
	s->mask =
		(op->mappings > MANY || op->shape == SHAPE_NONE ? MANY : FEW) -
		1;
	err = allocate(s, s->n);
	if (err)
		return err;
	if (op->shape == SHAPE_NONE) {
		cycle(s);
		return 0;
	}
	fill(s, op->shape);
	if (op->beside)
		draw(s, even, s->n / 2);
	else if (s->n)
		draw(s, all, s->n);
	else
		draw_anywhere(s);
	return create(s, op->shape);
}

int state_open_beside(struct state *beside, const struct state *s)
{
	int err;

	*beside = *s;
	beside->at = 0;
	beside->done = &beside->done_here;
	beside->due = UINT64_MAX;
	err = allocate_draw(beside);
	if (!err)
		draw(beside, odd, s->n / 2);
	return err;
}

static void free_draw(struct state *s)
{
	free(s->keys);
	free(s->holes);
	free(s->index);
}

void state_close_beside(struct state *beside)
{
	free_draw(beside);
}

void state_close(struct state *s)
{
	if (s->engine) {
		riotlb_thread_unregister(s->engine);
		riotlb_destroy(s->engine);
	}
	free_draw(s);
	free(s->m);
	free(s->other);
	free(s->room);
	if (s->histogram)
		histogram_destroy(s->histogram);
}
