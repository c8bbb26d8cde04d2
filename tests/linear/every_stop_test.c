/* SPDX-License-Identifier: MIT */
/*
 * What lookups see in the middle of an update: at each of its atomic accesses.
 *
 * No thread is needed for that. Lookups and stamps wait for nobody, so they can
 * be made where the core stops (stops.h), by the thread that updates. Chance
 * has no part in it. At each stop, for each of some places:
 *
 * - the place is as it was before the update or as it is after it (G2);
 * - of an update that shows at one instant all places are the one or the other;
 * - of one that fails, or that changes nothing, none is seen;
 * - a stamp that was read before the place was looked up, and is still alive
 *   when the update is over, stands for what is there then (P5).
 *
 * reset_map and set_map wait for nobody either. Made at one of the stops, they
 * leave what they leave, or what the update makes of that: nothing of the table
 * that was swapped out comes back, and nothing of the new one is lost (G2b).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <riotlb/rcu.h>

#include "check.h"
#include "hooks.h"
#include "stops.h"

#define PAGE 0x1000ull
#define MAX UINT64_MAX

enum { GROUP = 0, MAX_VIEWS = 1 << 16, SWAPS = 150 };

/* Bytes, pages, parts of larger mappings, holes. */
static const uint64_t places[] = {
	0,       0x10000,  0x11000,  0x12000,    0x13000,    0x17fff,
	0x18000, 0x20000,  0x21800,  0x22fff,    0x24000,    0x28000,
	0x30001, 0x30005,  0x30006,  0x30008,    0x30010,    0x3001e,
	0x40000, 0x1fffff, 0x200000, 1ull << 40, 1ull << 44, MAX,
};

enum { PLACES = sizeof(places) / sizeof(*places) };

struct answer {
	int err;
	uint32_t perm;
	uint64_t addr;
	struct riotlb_stamp stamp; /* read before */
};

struct view {
	struct answer by_as[PLACES];
	struct answer by_group[PLACES];
};

enum shows {
	PIECEWISE,
	AT_ONCE,
	NEVER,
};

struct update {
	const char *name;
	void (*prepare)(struct riotlb *e);
	int (*run)(struct riotlb *e);
	int err;
	enum shows shows;
};

static struct riotlb *engine;
static struct view *views;
static size_t nviews;
static const struct update *current;
static size_t current_stop;
static size_t swap_at;
static int (*swap)(struct riotlb *e);

/* ---- looking ----------------------------------------------------------- */

static struct answer by_as(uint64_t iova)
{
	struct riotlb_segment seg = { 0 };
	struct answer a = { 0 };

	check_eq(riotlb_stamp(engine, 0, iova, iova, &a.stamp), 0);
	a.err = riotlb_translate(engine, 0, iova, iova, RIOTLB_READ, &seg);
	a.addr = seg.addr;
	a.perm = seg.perm;
	return a;
}

static struct answer by_group(uint64_t iova)
{
	struct riotlb_segment seg = { 0 };
	struct answer a = { 0 };

	check_eq(riotlb_group_stamp(engine, GROUP, iova, iova, &a.stamp), 0);
	a.err = riotlb_group_translate(engine, GROUP, iova, iova, RIOTLB_READ,
				       &seg);
	a.addr = seg.addr;
	a.perm = seg.perm;
	return a;
}

static void look(struct view *v)
{
	riotlb_read_enter(engine);
	for (int i = 0; i < PLACES; i++) {
		v->by_as[i] = by_as(places[i]);
		v->by_group[i] = by_group(places[i]);
	}
	riotlb_read_exit(engine);
}

static void look_at_stop(void)
{
	stops_hook = NULL;
	check(nviews < MAX_VIEWS);
	look(&views[nviews++]);
	stops_hook = look_at_stop;
}

/* ---- judging ----------------------------------------------------------- */

static bool same(const struct answer *a, const struct answer *b)
{
	return a->err == b->err && a->addr == b->addr && a->perm == b->perm;
}

static bool all_same(const struct answer *a, const struct answer *b)
{
	for (int i = 0; i < PLACES; i++)
		if (!same(&a[i], &b[i]))
			return false;
	return true;
}

static void judge_place(const struct answer *seen, const struct answer *before,
			const struct answer *after)
{
	check(same(seen, before) || same(seen, after));
	if (riotlb_stamp_equal(&seen->stamp, &after->stamp))
		check(same(seen, after));
}

static void judge(const struct answer *seen, const struct answer *before,
		  const struct answer *after)
{
	for (int i = 0; i < PLACES; i++)
		judge_place(&seen[i], &before[i], &after[i]);
	if (current->shows == AT_ONCE)
		check(all_same(seen, before) || all_same(seen, after));
	if (current->shows == NEVER)
		check(all_same(seen, before));
}

static void tell(void *ctx)
{
	(void)ctx;
	printf("%s, stop %zu of %zu\n", current->name, current_stop, nviews);
}

static void judge_all(const struct view *before, const struct view *after)
{
	for (size_t i = 0; i < nviews; i++) {
		current_stop = i;
		judge(views[i].by_as, before->by_as, after->by_as);
		judge(views[i].by_group, before->by_group, after->by_group);
	}
	/* it was looked at, and there was something to see */
	check(nviews > 0);
	check_eq(current->shows == NEVER,
		 all_same(before->by_as, after->by_as) &&
			 all_same(before->by_group, after->by_group));
}

/* ---- contents ---------------------------------------------------------- */

static struct riotlb_mapping mapping(uint64_t start, uint64_t last)
{
	return (struct riotlb_mapping){
		.start = start,
		.last = last,
		.addr = 0x5500000000000 + start % 0x100000000000,
		.perm = RIOTLB_RW,
	};
}

static int map_flags(struct riotlb *e, uint64_t start, uint64_t last,
		     uint64_t move, uint32_t flags)
{
	struct riotlb_mapping m = mapping(start, last);

	m.addr += move;
	return riotlb_map(e, 0, &m, flags, NULL);
}

static int map(struct riotlb *e, uint64_t start, uint64_t last)
{
	return map_flags(e, start, last, 0, 0);
}

static int replace(struct riotlb *e, uint64_t start, uint64_t last)
{
	return map_flags(e, start, last, 0x100000, RIOTLB_MAP_REPLACE);
}

static int unmap(struct riotlb *e, uint64_t start, uint64_t last)
{
	return riotlb_unmap(e, 0, start, last, RIOTLB_UNMAP_EXACT, NULL);
}

static int protect(struct riotlb *e, uint64_t start, uint64_t last)
{
	return riotlb_protect(e, 0, start, last, RIOTLB_READ, NULL);
}

static void fill(struct riotlb *e)
{
	for (uint64_t at = 0x10000; at < 0x18000; at += PAGE)
		check_eq(map(e, at, at + PAGE - 1), 0);
	check_eq(map(e, 0x20000, 0x22fff), 0);
	check_eq(map(e, 0x28000, 0x28fff), 0);
	check_eq(map(e, 0x30001, 0x30003), 0);
	check_eq(map(e, 0x30005, 0x30006), 0);
	check_eq(map(e, 0x30010, 0x3001f), 0);
	check_eq(map(e, 1ull << 40, (1ull << 40) + 7), 0);
}

/* Nothing but pages side by side: a slot of the root for each. */
static void fill_pages(struct riotlb *e)
{
	for (uint64_t at = 0x10000; at < 0x50000; at += PAGE)
		check_eq(map(e, at, at + PAGE - 1), 0);
}

/* On both sides of a border of regions, so that two are held. */
#define BORDER (2ull << 20)

static void fill_border(struct riotlb *e)
{
	for (uint64_t i = 2; i < 10; i++) {
		check_eq(map(e, BORDER + i * PAGE, BORDER + (i + 1) * PAGE - 1),
			 0);
		check_eq(map(e, BORDER - (i + 1) * PAGE, BORDER - i * PAGE - 1),
			 0);
	}
	check_eq(map(e, BORDER - 2 * PAGE, BORDER + 2 * PAGE - 1), 0);
}

static void fill_pages_but_one(struct riotlb *e)
{
	fill_pages(e);
	check_eq(unmap(e, 0x12000, 0x12fff), 0);
}

/* Slots and entries are there, and vacant. */
static void fill_and_vacate(struct riotlb *e)
{
	fill(e);
	check_eq(map(e, 0x24000, 0x26fff), 0);
	check_eq(unmap(e, 0x24000, 0x26fff), 0);
	check_eq(unmap(e, 0x12000, 0x12fff), 0);
	check_eq(unmap(e, 0x30005, 0x30006), 0);
}

static void fill_many(struct riotlb *e)
{
	fill(e);
	for (uint64_t i = 0; i < 5; i++)
		check_eq(map(e, 0x30020 + 4 * i, 0x30021 + 4 * i), 0);
}

/* Large, and mostly dead: the reclaimer has something to take out. */
static void fill_and_forget(struct riotlb *e)
{
	fill(e);
	for (uint64_t i = 1; i < 3000; i++)
		check_eq(map(e, (i << 30) + 9, (i << 30) + 99), 0);
	for (uint64_t i = 1; i < 3000; i++)
		check_eq(unmap(e, (i << 30) + 9, (i << 30) + 99), 0);
}

static void leave_default(struct riotlb *e)
{
	(void)e;
}

/* ---- updates ----------------------------------------------------------- */

static int map_page_again(struct riotlb *e)
{
	return map(e, 0x12000, 0x12fff);
}

static int map_pages_again(struct riotlb *e)
{
	return map(e, 0x24000, 0x26fff);
}

static int map_entry_again(struct riotlb *e)
{
	return map(e, 0x30005, 0x30006);
}

static int map_far(struct riotlb *e)
{
	return map(e, 1ull << 44, (1ull << 44) + 2 * PAGE);
}

static int map_entry(struct riotlb *e)
{
	return map(e, 0x30008, 0x3000a);
}

static int map_into_mapped(struct riotlb *e)
{
	return map(e, 0x24000, 0x28fff);
}

static int unmap_page(struct riotlb *e)
{
	return unmap(e, 0x12000, 0x12fff);
}

static int unmap_pages(struct riotlb *e)
{
	return unmap(e, 0x20000, 0x22fff);
}

static int unmap_entry(struct riotlb *e)
{
	return unmap(e, 0x30005, 0x30006);
}

static int unmap_several(struct riotlb *e)
{
	return unmap(e, 0x10000, 0x22fff);
}

static int unmap_cut(struct riotlb *e)
{
	return unmap(e, 0x21000, 0x21fff);
}

static int unmap_cut_entry(struct riotlb *e)
{
	return unmap(e, 0x3001e, 0x3001e);
}

static int unmap_no_bisect(struct riotlb *e)
{
	return riotlb_unmap(e, 0, 0x10000, 0x21000, RIOTLB_UNMAP_NO_BISECT,
			    NULL);
}

static int unmap_whole(struct riotlb *e)
{
	return riotlb_unmap(e, 0, 0x17fff, 0x21800, RIOTLB_UNMAP_WHOLE, NULL);
}

static int unmap_all(struct riotlb *e)
{
	return unmap(e, 0, MAX);
}

static int protect_page(struct riotlb *e)
{
	return protect(e, 0x12000, 0x12fff);
}

static int protect_several(struct riotlb *e)
{
	return protect(e, 0x10000, 0x17fff);
}

static int protect_cut(struct riotlb *e)
{
	return protect(e, 0x21800, 0x21fff);
}

static int protect_hole(struct riotlb *e)
{
	return protect(e, 0x10000, 0x18fff);
}

static int replace_page(struct riotlb *e)
{
	return replace(e, 0x12000, 0x12fff);
}

static int replace_pages(struct riotlb *e)
{
	return replace(e, 0x20000, 0x22fff);
}

static int replace_entry(struct riotlb *e)
{
	return replace(e, 0x30005, 0x30006);
}

static int replace_border(struct riotlb *e)
{
	return replace(e, BORDER - 2 * PAGE, BORDER + 2 * PAGE - 1);
}

static int replace_several(struct riotlb *e)
{
	return replace(e, 0x11800, 0x21fff);
}

static int map_bulk(struct riotlb *e)
{
	struct riotlb_mapping m[] = {
		mapping(0x18000, 0x18fff),
		mapping(0x40000, 0x40fff),
		mapping(1ull << 44, (1ull << 44) + 5),
	};

	return riotlb_map_bulk(e, 0, m, 3, 0, NULL);
}

static int map_bulk_over(struct riotlb *e)
{
	struct riotlb_mapping m[] = {
		mapping(0x40000, 0x40fff),
		mapping(0x30000, 0x30001),
	};

	return riotlb_map_bulk(e, 0, m, 2, 0, NULL);
}

static int unmap_bulk(struct riotlb *e)
{
	struct riotlb_range r[] = {
		{ .start = 0x10000, .last = 0x12fff },
		{ .start = 0x30005, .last = 0x30006 },
	};

	return riotlb_unmap_bulk(e, 0, r, 2, RIOTLB_UNMAP_EXACT, NULL);
}

static int unmap_bulk_pages(struct riotlb *e)
{
	struct riotlb_range r[] = {
		{ .start = 0x10000, .last = 0x10fff },
		{ .start = 0x11000, .last = 0x11fff },
		{ .start = 0x12000, .last = 0x12fff },
	};

	return riotlb_unmap_bulk(e, 0, r, 3, RIOTLB_UNMAP_EXACT, NULL);
}

static int unmap_bulk_cut(struct riotlb *e)
{
	struct riotlb_range r[] = {
		{ .start = 0x10000, .last = 0x12fff },
		{ .start = 0x21000, .last = 0x21fff },
	};

	return riotlb_unmap_bulk(e, 0, r, 2, RIOTLB_UNMAP_EXACT, NULL);
}

/* The last one maps `last`. */
static int apply_to(struct riotlb *e, uint64_t last)
{
	struct riotlb_op ops[] = {
		{ .kind = RIOTLB_OP_UNMAP,
		  .mapping = mapping(0x21000, 0x21fff) },
		{ .kind = RIOTLB_OP_MAP, .mapping = mapping(0x30008, 0x30009) },
		{ .kind = RIOTLB_OP_PROTECT,
		  .mapping = mapping(0x10000, 0x12fff) },
		{ .kind = RIOTLB_OP_MAP, .mapping = mapping(last, last) },
	};

	ops[2].mapping.perm = RIOTLB_READ;
	return riotlb_apply(e, 0, ops, 4, NULL);
}

static int apply(struct riotlb *e)
{
	return apply_to(e, 0x18000);
}

static int apply_over(struct riotlb *e)
{
	return apply_to(e, 0x17fff);
}

static int set_map(struct riotlb *e)
{
	struct riotlb_mapping m[] = {
		mapping(0x10000, 0x17fff),
		mapping(0x21800, 0x30007),
		mapping(MAX, MAX),
	};

	m[0].addr = 0;
	return riotlb_set_map(e, 0, m, 3, NULL);
}

static int set_map_overlapping(struct riotlb *e)
{
	struct riotlb_mapping m[] = {
		mapping(0x10000, 0x17fff),
		mapping(0x17fff, 0x30007),
	};

	return riotlb_set_map(e, 0, m, 2, NULL);
}

static int set_map_empty(struct riotlb *e)
{
	return riotlb_set_map(e, 0, NULL, 0, NULL);
}

static int reset_map(struct riotlb *e)
{
	return riotlb_reset_map(e, 0, NULL);
}

static int rebind(struct riotlb *e)
{
	return riotlb_set_group_asid(e, GROUP, 1, NULL);
}

static int reclaim(struct riotlb *e)
{
	return riotlb_reclaim(e);
}

static const struct update updates[] = {
	{ "map a page where one was", fill_and_vacate, map_page_again, 0,
	  PIECEWISE },
	{ "map pages where some were", fill_and_vacate, map_pages_again, 0,
	  PIECEWISE },
	{ "map bytes where some were", fill_and_vacate, map_entry_again, 0,
	  PIECEWISE },
	{ "map far away", fill, map_far, 0, PIECEWISE },
	{ "map beside bytes", fill, map_entry, 0, PIECEWISE },
	{ "map beside many bytes", fill_many, map_entry, 0, PIECEWISE },
	{ "map into what is mapped", fill_and_vacate, map_into_mapped, -EEXIST,
	  NEVER },
	{ "unmap a page", fill, unmap_page, 0, PIECEWISE },
	{ "unmap pages", fill, unmap_pages, 0, PIECEWISE },
	{ "unmap bytes", fill, unmap_entry, 0, PIECEWISE },
	{ "unmap several", fill, unmap_several, 0, PIECEWISE },
	{ "unmap and cut pages", fill, unmap_cut, 0, PIECEWISE },
	{ "unmap and cut bytes", fill, unmap_cut_entry, 0, PIECEWISE },
	{ "unmap without bisecting", fill, unmap_no_bisect, -EINVAL, NEVER },
	{ "unmap whole mappings", fill, unmap_whole, 0, PIECEWISE },
	{ "unmap all", fill, unmap_all, 0, AT_ONCE },
	{ "protect a page", fill, protect_page, 0, PIECEWISE },
	{ "protect several", fill, protect_several, 0, PIECEWISE },
	{ "protect and cut", fill, protect_cut, 0, PIECEWISE },
	{ "protect up to a hole", fill, protect_hole, -EFAULT, NEVER },
	{ "replace a page", fill, replace_page, 0, PIECEWISE },
	{ "replace pages", fill, replace_pages, 0, PIECEWISE },
	{ "replace bytes", fill, replace_entry, 0, PIECEWISE },
	{ "replace over a border", fill_border, replace_border, 0, PIECEWISE },
	{ "replace several", fill, replace_several, 0, PIECEWISE },
	{ "replace what is not there", fill_and_vacate, replace_page, 0,
	  PIECEWISE },
	{ "map among pages", fill_pages_but_one, map_page_again, 0, PIECEWISE },
	{ "unmap among pages", fill_pages, unmap_page, 0, PIECEWISE },
	{ "protect among pages", fill_pages, protect_page, 0, PIECEWISE },
	{ "replace among pages", fill_pages, replace_page, 0, PIECEWISE },
	{ "unmap_bulk of pages", fill_pages, unmap_bulk_pages, 0, PIECEWISE },
	{ "map_bulk", fill, map_bulk, 0, AT_ONCE },
	{ "map_bulk into what is mapped", fill, map_bulk_over, -EEXIST, NEVER },
	{ "unmap_bulk", fill, unmap_bulk, 0, PIECEWISE },
	{ "unmap_bulk that cuts", fill, unmap_bulk_cut, 0, PIECEWISE },
	{ "apply", fill, apply, 0, AT_ONCE },
	{ "apply that fails", fill, apply_over, -EEXIST, NEVER },
	{ "set_map", fill, set_map, 0, AT_ONCE },
	{ "set_map that overlaps", fill, set_map_overlapping, -EEXIST, NEVER },
	{ "set_map of nothing", fill, set_map_empty, 0, AT_ONCE },
	{ "reset_map", fill, reset_map, 0, AT_ONCE },
	{ "map in the default state", leave_default, map_far, 0, AT_ONCE },
	{ "unmap in the default state", leave_default, unmap_page, 0, AT_ONCE },
	{ "map_bulk in the default state", leave_default, map_bulk, 0,
	  AT_ONCE },
	{ "apply in the default state", leave_default, apply, -EFAULT, NEVER },
	{ "rebind a group", fill, rebind, 0, AT_ONCE },
	{ "reclaim", fill_and_forget, reclaim, 1, NEVER },
};

/* ---- a run ------------------------------------------------------------- */

static void no_callback(void *ctx, uint32_t asid,
			const struct riotlb_mapping *piece)
{
	(void)ctx;
	(void)asid;
	(void)piece;
}

static struct hooks hooks;

static void begin(riotlb_retire_fn *retire)
{
	struct riotlb_attr attr;

	hooks_init(&hooks);
	riotlb_attr_init(&attr);
	attr.nas = 2;
	attr.allocator = &hooks.allocator;
	attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	attr.retire = retire;
	check_eq(riotlb_create(&attr, &engine), 0);
}

static void finish(void)
{
	riotlb_destroy(engine);
	hooks_check_empty(&hooks);
}

static void try_update(const struct update *update, riotlb_retire_fn *retire)
{
	struct view before, after;

	begin(retire);
	current = update;
	nviews = 0;
	update->prepare(engine);
	look(&before);
	stops_hook = look_at_stop;
	check_eq(update->run(engine), update->err);
	stops_hook = NULL;
	look(&after);
	judge_all(&before, &after);
	finish();
}

static void swap_at_stop(void)
{
	if (current_stop++ != swap_at)
		return;
	stops_hook = NULL;
	check_eq(swap(engine), 0);
}

/* At as many stops as there are, or so many, evenly spread. */
static void try_swap(const struct update *update, riotlb_retire_fn *retire)
{
	struct view swapped, updated, seen;
	size_t stops = nviews, step = stops / SWAPS + 1;

	begin(retire);
	update->prepare(engine);
	check_eq(swap(engine), 0);
	look(&swapped);
	(void)update->run(engine);
	look(&updated);
	finish();
	for (swap_at = 0; swap_at < stops; swap_at += step) {
		begin(retire);
		update->prepare(engine);
		current_stop = 0;
		stops_hook = swap_at_stop;
		(void)update->run(engine);
		stops_hook = NULL;
		look(&seen);
		check(all_same(seen.by_as, swapped.by_as) ||
		      all_same(seen.by_as, updated.by_as));
		finish();
	}
}

static void try_all(const struct update *update, riotlb_retire_fn *retire)
{
	try_update(update, retire);
	swap = reset_map;
	try_swap(update, retire);
	swap = set_map;
	try_swap(update, retire);
}

int main(void)
{
	views = malloc(MAX_VIEWS * sizeof(*views));
	check(views != NULL);
	check_set_context(tell, NULL);
	check_eq(riotlb_create(NULL, &engine), 0);
	riotlb_thread_register(engine);
	riotlb_destroy(engine);
	for (size_t i = 0; i < sizeof(updates) / sizeof(*updates); i++) {
		try_all(&updates[i], NULL);
		try_all(&updates[i], no_callback);
	}
	free(views);
	return 0;
}
