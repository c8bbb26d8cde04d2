/* SPDX-License-Identifier: MIT */
/*
 * Two engines, one for each flavour of liburcu, with the same table in every
 * address space; then all that riotlb offers is measured on them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <urcu/flavor.h>

#include "variants.h"

#define LEAST_KEYS 65536u

extern const struct rcu_flavor_struct urcu_memb_flavor;
extern const struct rcu_flavor_struct urcu_qsbr_flavor;

static const char *const shapes[] = { "16-4k-dense", "64ki-4k-dense" };

static const struct shape *shape_named(const char *name)
{
	for (size_t i = 0; i < shape_count; i++) {
		if (!strcmp(shape_list[i].name, name))
			return &shape_list[i];
	}
	return NULL;
}

/* ---- keys --------------------------------------------------------------- */

static uint64_t target_of(const struct variants *v, uint64_t iova)
{
	const struct riotlb_mapping *m =
		&v->m[(iova - v->m[0].start) / v->shape->size];

	return m->addr + (iova - m->start);
}

static uint64_t make_key(const struct variants *v, enum variant_keys kind,
			 struct rng *rng)
{
	uint64_t size = v->shape->size;
	uint64_t base = v->m[0].start;

	switch (kind) {
	case VARIANT_HOLE:
		return base + v->n * size + rng_below(rng, v->n * size);
	case VARIANT_PAGES:
		return base + rng_below(rng, v->n - VARIANT_VECTOR + 1) * size;
	default:
		return base + rng_below(rng, v->n * size);
	}
}

/* Of what is looked up from a key on. */
static uint64_t sum_of(const struct variants *v, enum variant_keys kind,
		       uint64_t key)
{
	uint64_t sum = 0;

	if (kind == VARIANT_HIT)
		return target_of(v, key);
	for (size_t i = 0; kind == VARIANT_PAGES && i < VARIANT_VECTOR; i++)
		sum += target_of(v, key + i * v->shape->size);
	return sum;
}

static void make_keys(struct variants *v, enum variant_keys kind,
		      struct rng *rng)
{
	v->keys[kind] =
		suite_calloc(v->chunks * VARIANT_KEYS, sizeof(*v->keys[kind]));
	v->sums[kind] = suite_calloc(v->chunks, sizeof(*v->sums[kind]));
	for (size_t i = 0; i < v->chunks * VARIANT_KEYS; i++) {
		uint64_t key = make_key(v, kind, rng);

		v->keys[kind][i] = key;
		v->sums[kind][i / VARIANT_KEYS] += sum_of(v, kind, key);
	}
}

static void make_table(struct variants *v)
{
	size_t keys = 4 * v->shape->n;
	struct rng rng = { v->suite->seed };

	v->n = v->shape->n;
	v->m = shape_mappings(v->shape, &rng);
	if (!v->m)
		suite_cannot(v->shape->what, -ENOMEM);
	v->chunks = (keys < LEAST_KEYS ? LEAST_KEYS : keys) / VARIANT_KEYS;
	for (int kind = 0; kind < VARIANT_KEY_SETS; kind++)
		make_keys(v, (enum variant_keys)kind, &rng);
}

/* ---- engines ------------------------------------------------------------ */

static int load(const struct variants *v, struct riotlb *e)
{
	const size_t n = v->n;
	const uint64_t base = v->m[0].start;
	const uint64_t last = v->m[n - 1].last;
	int err = 0;

	for (uint32_t as = 0; as < VARIANT_AS && !err; as++)
		err = riotlb_set_map(e, as, v->m, n, NULL);
	if (!err)
		err = riotlb_protect(e, VARIANT_DENIED, base, last, RIOTLB_READ,
				     NULL);
	return err;
}

static void open_engine(struct variants *v, enum variant_flavor flavor)
{
	static const struct rcu_flavor_struct *const flavors[] = {
		[VARIANT_MEMB] = &urcu_memb_flavor,
		[VARIANT_QSBR] = &urcu_qsbr_flavor,
	};
	const struct suite *suite = v->suite;
	struct riotlb_attr attr;
	int err;

	riotlb_attr_init(&attr);
	attr.nas = VARIANT_AS;
	attr.flavor = flavors[flavor];
	if (suite->cpu[1] < 0)
		attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	else /* a new thread inherits the CPUs of the one that starts it */
		cpu_pin(suite->cpu[1]);
	err = riotlb_create(&attr, &v->engine[flavor]);
	cpu_pin(suite->cpu[0]);
	if (!err)
		err = load(v, v->engine[flavor]);
	if (err)
		suite_cannot("an engine for the variants", err);
	riotlb_thread_register(v->engine[flavor]);
	/* else a reclaimer of this flavour would wait for us, always */
	riotlb_thread_offline(v->engine[flavor]);
}

static void close_engine(struct riotlb *engine)
{
	riotlb_thread_unregister(engine);
	riotlb_destroy(engine);
}

static void measure(struct suite *suite, const struct shape *shape)
{
	struct variants v = { .suite = suite, .shape = shape };

	make_table(&v);
	for (int flavor = 0; flavor < VARIANT_FLAVORS; flavor++)
		open_engine(&v, (enum variant_flavor)flavor);
	variant_lookups(suite, &v, shape, false);
	variant_updates(suite, &v, shape, false);
	for (int flavor = 0; flavor < VARIANT_FLAVORS; flavor++)
		close_engine(v.engine[flavor]);
	for (int kind = 0; kind < VARIANT_KEY_SETS; kind++) {
		free(v.keys[kind]);
		free(v.sums[kind]);
	}
	free(v.m);
}

void part_variants(struct suite *suite, bool plan)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		const struct shape *shape = shape_named(shapes[i]);
		double seconds = variant_lookups(suite, NULL, shape, true) +
				 variant_updates(suite, NULL, shape, true);

		if (plan)
			suite_plan(suite, seconds);
		if (plan || seconds <= 0)
			continue;
		suite_step(suite, "riotlb's own variants", seconds);
		measure(suite, shape);
	}
}
