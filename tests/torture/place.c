/* SPDX-License-Identifier: MIT */
#include "place.h"

enum {
	DENSE = 128, /* pages next to each other: where most of it happens */
};

struct place places[PLACES_MAX];
uint32_t places_n;
static uint32_t dense_first;

static void add(uint64_t start, uint64_t size)
{
	uint32_t n = places_n++;

	places[n] = (struct place){
		.start = start,
		.half = start + size / 2,
		.last = start + (size - 1),
		.perms = n % 8 == 7   ? PERMS_READ
			 : n % 8 == 6 ? PERMS_VARIED
				      : PERMS_RW,
	};
	if (n < PAIRED)
		places[n].perms = PERMS_RW;
}

/* `n` of them, `stride` apart; the places that agree are strewn among them. */
static void add_row(uint64_t start, uint64_t stride, uint64_t size, unsigned n)
{
	for (unsigned int i = 0; i < n; i++)
		add(start + i * stride, size);
}

void places_init(void)
{
	/* far apart, no node holds them all; some have neighbours, see below */
	add(0x100000, 96);
	add(0x2ff000, 0x1000);
	add(0x380000, 0x1000);
	add(0x10000000 - 0x1000, 0x1000);
	add(0x40100000, 0x10000);
	add(0x9000000000, 0x1000);
	add(0x8000000000000800, 0x1000);
	add(UINT64_MAX - 0x1fff, 0x1000);

	dense_first = places_n;
	add_row(0x300000, 0x1000, 0x1000, DENSE);
	/* parts of pages, next to each other and to the first of all */
	add_row(0x100060, 0x60, 0x60, 16);
	add_row(0x100660, 0x90, 0x90, 16);
	/* no two in a slot of any width, none aligned */
	add_row(0x10000000, 0x3000, 0x2000, 32);
	add_row(0x40000000, 0x10000, 0x10000, 8);
	/* alone */
	add_row(0x80000000, 0x4000000, 0x1000, 16);
	add_row(0x800000000000, 0x100000000000, 0x800, 8);
	/* the end of everything */
	add(UINT64_MAX - 0xfff, 0x1000);
}

uint64_t cells_start(uint32_t place, unsigned int mask)
{
	return mask & 1 ? places[place].start : places[place].half;
}

uint64_t cells_last(uint32_t place, unsigned int mask)
{
	return mask & 2 ? places[place].last : places[place].half - 1;
}

uint32_t place_any(struct rng *rng)
{
	if (rng_percent(rng, 75))
		return place_run(rng, 1);
	return (uint32_t)rng_below(rng, places_n);
}

uint32_t place_loose(struct rng *rng, uint32_t asid)
{
	if (rng_percent(rng, 75))
		return place_run(rng, 1);
	if (asid < SPACE_PUBLISHED)
		return (uint32_t)rng_below(rng, places_n);
	return PAIRED + (uint32_t)rng_below(rng, places_n - PAIRED);
}

uint32_t place_run(struct rng *rng, uint32_t n)
{
	return dense_first + (uint32_t)rng_below(rng, DENSE - n + 1);
}
