/* SPDX-License-Identifier: MIT */
/* Life of an engine, and the binding of groups. */
#include "engine.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <riotlb/rcu.h>

#include "batch.h"
#include "commit.h"
#include "prune.h"
#include "rebuild.h"
#include "retire.h"
#include "trie.h"

enum {
	/* a full-range map must fit under any limit */
	MIN_LIMIT_BYTES = 4096,
	MAX_GRAIN = 64 * 1024,
};

/* The flavour of engines whose creator names none. */
extern const struct rcu_flavor_struct urcu_memb_flavor;

void riotlb_attr_init(struct riotlb_attr *attr)
{
	*attr = (struct riotlb_attr){
		.size = sizeof(*attr),
		.nas = 1,
		.ngroups = 1,
		.reclaim = RIOTLB_RECLAIM_THREAD,
	};
}

const char *riotlb_version(void)
{
	return RIOTLB_VERSION;
}

_Static_assert(offsetof(struct riotlb, front) == 0 &&
		       offsetof(struct riotlb_front, flavor) == 0,
	       "rcu.h and inline lookups read these without a call");

const struct rcu_flavor_struct *riotlb_flavor(const struct riotlb *engine)
{
	return engine->front.flavor;
}

/* ---- validation ------------------------------------------------ */

static bool default_valid(const struct riotlb_default *d)
{
	switch (d->kind) {
	case RIOTLB_DEFAULT_IDENTITY:
	case RIOTLB_DEFAULT_EMPTY:
		return true;
	case RIOTLB_DEFAULT_APERTURE:
		return d->start <= d->last;
	case RIOTLB_DEFAULT_LIST:
		return d->list != NULL || d->n == 0;
	}
	return false;
}

static bool limits_valid(const struct riotlb_limits *l)
{
	return l->table_bytes == 0 || l->table_bytes >= MIN_LIMIT_BYTES;
}

static bool stripes_valid(uint32_t n)
{
	return n == 0 || (n >= RIOTLB_MIN_STRIPES && n <= RIOTLB_MAX_STRIPES &&
			  (n & (n - 1)) == 0);
}

static bool attr_valid(const struct riotlb_attr *a)
{
	uint32_t i;

	if (a->size != sizeof(*a) || a->nas == 0 || a->nas > RIOTLB_MAX_AS ||
	    a->ngroups > RIOTLB_MAX_GROUPS ||
	    (unsigned int)a->reclaim > RIOTLB_RECLAIM_MANUAL ||
	    !stripes_valid(a->stripes))
		return false;
	if (a->allocator != NULL &&
	    (a->allocator->alloc == NULL || a->allocator->free == NULL))
		return false;
	for (i = 0; i < a->nas; i++) {
		if (a->defaults != NULL && !default_valid(&a->defaults[i]))
			return false;
		if (a->limits != NULL && !limits_valid(&a->limits[i]))
			return false;
	}
	return true;
}

/* ---- memory of the engine itself ------------------------------- */

static void *alloc_zeroed(const struct riotlb_allocator *a, size_t size)
{
	void *mem = a->alloc(a->ctx, size, RIOTLB_CACHE_LINE);

	if (mem != NULL)
		memset(mem, 0, size);
	return mem;
}

static void free_sized(const struct riotlb_allocator *a, void *mem, size_t size)
{
	if (mem != NULL)
		a->free(a->ctx, mem, size);
}

static size_t heads_size(const struct riotlb *e)
{
	return e->front.nas * sizeof(struct riotlb_head);
}

static size_t spaces_size(const struct riotlb *e)
{
	return e->front.nas * sizeof(struct riotlb_space);
}

static size_t stripes_size(const struct riotlb *e)
{
	return (size_t)e->front.nas * e->stripes_per_as *
	       sizeof(struct riotlb_stripe);
}

/* At least one, so that NULL always means "no memory". */
static size_t groups_size(const struct riotlb *e)
{
	size_t n = e->front.ngroups != 0 ? e->front.ngroups : 1;

	return n * sizeof(struct riotlb_binding);
}

static bool alloc_arrays(struct riotlb *e)
{
	e->front.heads = alloc_zeroed(&e->allocator, heads_size(e));
	e->front.groups = alloc_zeroed(&e->allocator, groups_size(e));
	e->spaces = alloc_zeroed(&e->allocator, spaces_size(e));
	e->stripes = alloc_zeroed(&e->allocator, stripes_size(e));
	return e->front.heads != NULL && e->front.groups != NULL &&
	       e->spaces != NULL && e->stripes != NULL;
}

static void free_engine(struct riotlb *e)
{
	struct riotlb_allocator a = e->allocator;

	free_sized(&a, e->front.heads, heads_size(e));
	free_sized(&a, e->front.groups, groups_size(e));
	free_sized(&a, e->spaces, spaces_size(e));
	free_sized(&a, e->stripes, stripes_size(e));
	free_sized(&a, e, sizeof(*e));
}

/* ---- address spaces -------------------------------------------- */

static int build_default(struct riotlb_space *space,
			 const struct riotlb_default *d)
{
	struct riotlb_mapping whole = {
		.last = UINT64_MAX,
		.perm = RIOTLB_RW,
	};

	if (d == NULL || d->kind == RIOTLB_DEFAULT_IDENTITY)
		return riotlb_build_table(space, &whole, 1,
					  &space->default_table);
	if (d->kind == RIOTLB_DEFAULT_LIST)
		return riotlb_build_table(space, d->list, d->n,
					  &space->default_table);
	if (d->kind == RIOTLB_DEFAULT_EMPTY)
		return riotlb_build_table(space, NULL, 0,
					  &space->default_table);
	whole.start = d->start;
	whole.last = d->last;
	whole.addr = d->start;
	return riotlb_build_table(space, &whole, 1, &space->default_table);
}

static int space_init(struct riotlb *e, uint32_t asid,
		      const struct riotlb_attr *attr)
{
	struct riotlb_space *space = &e->spaces[asid];
	const struct riotlb_limits *l =
		attr->limits != NULL ? &attr->limits[asid] : NULL;
	int err;

	space->engine = e;
	space->asid = asid;
	space->head = &e->front.heads[asid];
	space->head->space = riotlb_word_of(space);
	space->stripes = &e->stripes[(size_t)asid * e->stripes_per_as];
	space->stripe_mask = (uint16_t)(e->stripes_per_as - 1);
	space->next_id = 1; /* 0 is what no table is called */
	space->limit_mappings = UINT64_MAX;
	space->limit_bytes = UINT64_MAX;
	err = riotlb_build_table(space, NULL, 0, &space->empty_table);
	if (err == 0)
		err = build_default(space, attr->defaults != NULL
						   ? &attr->defaults[asid]
						   : NULL);
	if (err != 0)
		return err;
	if (l != NULL && l->mappings != 0)
		space->limit_mappings = l->mappings;
	if (l != NULL && l->table_bytes != 0)
		space->limit_bytes = l->table_bytes;
	riotlb_store_release(&space->head->table,
			     riotlb_word_of(space->default_table)); /* [P1:W] */
	return 0;
}

static void space_fini(struct riotlb_space *space)
{
	struct riotlb *e = space->engine;

	/* not every AS got this far if creation failed */
	if (space->default_table != NULL)
		riotlb_free_table(e, space->default_table);
	if (space->empty_table != NULL)
		riotlb_free_table(e, space->empty_table);
}

static void spaces_fini(struct riotlb *e)
{
	uint32_t i;

	for (i = 0; i < e->front.nas && e->spaces != NULL; i++)
		if (e->spaces[i].engine != NULL)
			space_fini(&e->spaces[i]);
}

/* ---- create and destroy ---------------------------------------- */

static void bind_groups(struct riotlb *e)
{
	uint32_t i;

	for (i = 0; i < e->front.ngroups; i++)
		riotlb_store_release(
			&e->front.groups[i].head,
			riotlb_word_of(&e->front.heads[0])); /* [P4:W] */
}

static void engine_init(struct riotlb *e, const struct riotlb_attr *attr)
{
	uint64_t grain = attr->backlog_cap / (4 * (uint64_t)attr->nas);

	e->front.nas = attr->nas;
	e->front.ngroups = attr->ngroups;
	e->front.flavor =
		attr->flavor != NULL ? attr->flavor : &urcu_memb_flavor;
	e->sync = attr->sync;
	e->hook_ctx = attr->hook_ctx;
	e->backlog_cap = attr->backlog_cap;
	e->backlog_grain = grain > MAX_GRAIN ? MAX_GRAIN : grain;
	e->backlog_wait = attr->backlog_wait;
	e->stripes_per_as =
		attr->stripes != 0 ? attr->stripes : RIOTLB_DEFAULT_STRIPES;
}

static bool is_plain(const struct riotlb *e, const struct riotlb_space *space)
{
	return e->retire == NULL && e->sync == NULL && e->backlog_cap == 0 &&
	       space->limit_mappings == UINT64_MAX &&
	       space->limit_bytes == UINT64_MAX;
}

/* Keeps a table in shape: see prune.h and rebuild.h. */
static void maintain(struct riotlb_space *space)
{
	riotlb_prune_if_due(space);
	riotlb_rebuild_if_due(space);
}

static int fill_engine(struct riotlb *e, const struct riotlb_attr *attr)
{
	uint32_t i;
	int err;

	if (!alloc_arrays(e))
		return -ENOMEM;
	for (i = 0; i < attr->nas; i++) {
		err = space_init(e, i, attr);
		if (err != 0)
			return err;
	}
	/* prebuilt tables keep no records: the callback is set after them */
	e->retire = attr->retire;
	for (i = 0; i < attr->nas; i++)
		e->spaces[i].plain = is_plain(e, &e->spaces[i]);
	bind_groups(e);
	return riotlb_reclaimer_start(e, attr->reclaim == RIOTLB_RECLAIM_THREAD,
				      maintain);
}

int riotlb_create(const struct riotlb_attr *attr, struct riotlb **out)
{
	static const struct riotlb_allocator libc = {
		.alloc = riotlb_platform_alloc,
		.free = riotlb_platform_free,
	};
	const struct riotlb_allocator *allocator;
	struct riotlb_attr standard;
	struct riotlb *e;
	int err;

	riotlb_attr_init(&standard);
	if (attr == NULL)
		attr = &standard;
	if (!attr_valid(attr))
		return -EINVAL;
	allocator = attr->allocator != NULL ? attr->allocator : &libc;
	e = alloc_zeroed(allocator, sizeof(*e));
	if (e == NULL)
		return -ENOMEM;
	e->allocator = *allocator;
	engine_init(e, attr);
	err = fill_engine(e, attr);
	if (err != 0) {
		spaces_fini(e);
		riotlb_platform_mutex_free(e->reclaim_lock);
		free_engine(e);
		return err;
	}
	*out = e;
	return 0;
}

/* Empties every AS; returns whether there was anything in one. */
static bool drop_tables(struct riotlb *e)
{
	bool any = false;
	uint32_t i;

	for (i = 0; i < e->front.nas; i++) {
		struct riotlb_space *space = &e->spaces[i];

		if (riotlb_is_prebuilt(space, riotlb_ptr_of(riotlb_load_seq(
						      &space->head->table))))
			continue;
		riotlb_swap_to_default(space, NULL);
		any = true;
	}
	return any;
}

void riotlb_destroy(struct riotlb *e)
{
	int cancel;

	if (e == NULL)
		return;
	cancel = riotlb_platform_cancel_off();
	riotlb_reclaimer_stop(e);
	/* callbacks may have mapped something while the rest went */
	while (drop_tables(e))
		riotlb_reclaimer_finish(e);
	riotlb_reclaimer_free(e);
	spaces_fini(e);
	free_engine(e);
	riotlb_platform_cancel_restore(cancel);
}

/* ---- groups ---------------------------------------------------- */

int riotlb_set_group_asid(struct riotlb *e, uint32_t group, uint32_t asid,
			  struct riotlb_report *report)
{
	struct riotlb_binding *binding;
	const struct riotlb_head *old;

	if (report != NULL)
		*report = (struct riotlb_report){ 0 };
	if (group >= e->front.ngroups || asid >= e->front.nas)
		return -EINVAL;
	binding = &e->front.groups[group];
	/* [P4:W] */
	old = riotlb_ptr_of(riotlb_swap_seq(
		&binding->head, riotlb_word_of(&e->front.heads[asid])));
	riotlb_add_seq(&binding->rebinds, 1); /* [P5:W] */
	if (e->sync != NULL)
		riotlb_call_sync(e, (uint32_t)(old - e->front.heads), 0,
				 UINT64_MAX);
	if (report != NULL)
		report->token = riotlb_token_now(e);
	return 0;
}

int riotlb_get_group_asid(const struct riotlb *e, uint32_t group,
			  uint32_t *asid)
{
	const struct riotlb_head *head;

	if (group >= e->front.ngroups)
		return -EINVAL;
	/* [P4:R] */
	head = riotlb_ptr_of(riotlb_load_acquire(&e->front.groups[group].head));
	*asid = (uint32_t)(head - e->front.heads);
	return 0;
}
