/* SPDX-License-Identifier: MIT */
/*
 * The single updates: map, unmap, protect. Each is tried in place under the
 * stripes of its range. If that needs memory, or reaches beyond the range, it
 * runs as a transaction under the exclusive lock.
 */
#include <errno.h>

#include "commit.h"
#include "ops.h"
#include "prune.h"
#include "quick.h"
#include "retire.h"

/* Not an errno: the AS has another table by now; start again. */
enum {
	TABLE_SWAPPED = 2,
};

struct update {
	struct riotlb_space *space;
	const struct riotlb_op *op;
	struct riotlb_report *report; /* never NULL */
	struct riotlb_aftermath after;
	struct riotlb_object *record; /* map, callback mode: made beforehand */
	bool token_taken;
};

static struct riotlb_space *space_of(struct riotlb *engine, uint32_t asid)
{
	return asid < engine->front.nas ? &engine->spaces[asid] : NULL;
}

static bool is_limited(const struct riotlb_space *space)
{
	return space->limit_mappings != UINT64_MAX ||
	       space->limit_bytes != UINT64_MAX;
}

static void changed(struct update *u, uint64_t start, uint64_t last)
{
	u->after.changed = true;
	u->after.start = start;
	u->after.last = last;
}

/* ---- in place -------------------------------------------------- */

/* Would one more mapping, needing no table memory, pass a limit? */
static bool at_limit(struct riotlb_space *space, struct riotlb_table *table)
{
	uint64_t mappings;

	if (!is_limited(space))
		return false;
	mappings = riotlb_totals_of(space, table).mappings + 1;
	return mappings > space->limit_mappings ||
	       riotlb_counted_bytes(space,
				    riotlb_load_relaxed(&table->table_bytes),
				    mappings) > space->limit_bytes;
}

static int map_in_place(struct update *u, const struct riotlb_hold *hold,
			struct riotlb_table *table)
{
	const struct riotlb_mapping *m = &u->op->mapping;
	struct riotlb_target target;
	uint64_t side = m->opaque;
	int err;

	if (u->record != NULL)
		side = riotlb_word_of(u->record);
	target = riotlb_target_of(m, side);
	if (at_limit(u->space, table))
		return RIOTLB_NOT_IN_PLACE;
	err = riotlb_inplace_map(table, &target);
	if (err != 0)
		return err == -EEXIST && u->op->flags & RIOTLB_MAP_REPLACE
			       ? RIOTLB_NOT_IN_PLACE
			       : err;
	u->record = NULL;
	riotlb_totals_add(hold, table, 1,
			  riotlb_range_bytes(m->start, m->last));
	return 0;
}

static int unmap_in_place(struct update *u, const struct riotlb_hold *hold,
			  struct riotlb_cursor *cursor, uint64_t start,
			  uint64_t last)
{
	struct riotlb_effect effect;
	int err = riotlb_inplace_unmap(cursor, start, last,
				       u->space->engine->retire != NULL,
				       u->space->asid, &effect);

	if (err != 0)
		return err;
	riotlb_totals_sub(hold, cursor->table, effect.mappings, effect.bytes);
	u->report->removed = effect.mappings;
	u->report->bytes = effect.bytes;
	u->after.list = effect.records;
	u->after.bytes = effect.record_bytes;
	if (effect.bytes.lo != 0 || effect.bytes.hi != 0)
		changed(u, start, last);
	return 0;
}

static int protect_in_place(struct update *u, struct riotlb_table *table)
{
	uint64_t start = u->op->mapping.start, last = u->op->mapping.last;
	int err =
		riotlb_inplace_protect(table, start, last, u->op->mapping.perm);

	if (err != 0)
		return err;
	u->report->bytes = riotlb_range_bytes(start, last);
	changed(u, start, last);
	return 0;
}

static int try_in_place(struct update *u, const struct riotlb_hold *hold,
			struct riotlb_table *table)
{
	uint64_t start = u->op->mapping.start, last = u->op->mapping.last;
	struct riotlb_cursor cursor = riotlb_cursor_of(table);
	int err = -EINVAL;

	switch (u->op->kind) {
	case RIOTLB_OP_MAP:
		err = map_in_place(u, hold, table);
		break;
	case RIOTLB_OP_UNMAP:
		/* everything: cheaper by a swap of the table */
		err = start == 0 && last == UINT64_MAX
			      ? RIOTLB_NOT_IN_PLACE
			      : unmap_in_place(u, hold, &cursor, start, last);
		break;
	case RIOTLB_OP_PROTECT:
		err = protect_in_place(u, table);
		break;
	}
	if (err != 0)
		return err;
	riotlb_touch(hold, start, last);
	return 0;
}

/* ---- the default state ----------------------------------------- */

/* An unmap or protect of a prebuilt table; needs no memory. */
static int update_prebuilt(struct update *u, struct riotlb_table *table)
{
	struct riotlb_space *space = u->space;
	bool is_default = table == space->default_table;
	uint64_t seen = riotlb_word_of(table);

	if (u->op->kind == RIOTLB_OP_PROTECT)
		return is_default ? -EINVAL : -EFAULT;
	if (!is_default)
		return 0;
	if (u->op->policy == RIOTLB_UNMAP_NO_BISECT)
		return -EINVAL;
	/* [P1:W] */
	if (!riotlb_cas_seq(&space->head->table, &seen,
			    riotlb_word_of(space->empty_table)))
		return TABLE_SWAPPED;
	riotlb_touch_all(space);
	changed(u, 0, UINT64_MAX);
	return 0;
}

/* ---- under the exclusive lock ---------------------------------- */

/* Everything goes: the whole table, by one swap. */
static int unmap_all(struct update *u, struct riotlb_table *table)
{
	struct riotlb_space *space = u->space;
	struct riotlb_totals totals = riotlb_totals_of(space, table);
	uint64_t seen = riotlb_word_of(table);

	/* [P1:W] [P9:W] */
	if (!riotlb_cas_seq(&space->head->table, &seen,
			    riotlb_word_of(space->empty_table)))
		return TABLE_SWAPPED;
	riotlb_touch_all(space);
	u->report->removed = totals.mappings;
	u->report->bytes = totals.bytes;
	riotlb_aftermath_of_table(&u->after, table);
	changed(u, 0, UINT64_MAX);
	return 0;
}

/* Unmaps that need no memory but more than their own range. */
static int unmap_held(struct update *u, const struct riotlb_hold *hold,
		      struct riotlb_table *table)
{
	uint64_t start = u->op->mapping.start, last = u->op->mapping.last;
	struct riotlb_cursor cursor = riotlb_cursor_of(table);
	int err;

	if (start == 0 && last == UINT64_MAX)
		return unmap_all(u, table);
	if (u->op->policy == RIOTLB_UNMAP_WHOLE)
		riotlb_widen(&cursor, &start, &last);
	err = unmap_in_place(u, hold, &cursor, start, last);
	if (err == 0)
		riotlb_touch(hold, start, last);
	return err;
}

static int try_held(struct update *u, const struct riotlb_hold *hold,
		    struct riotlb_table *table)
{
	int err;

	if (u->op->kind == RIOTLB_OP_UNMAP)
		err = unmap_held(u, hold, table);
	else
		err = try_in_place(u, hold, table);
	if (err == RIOTLB_NOT_IN_PLACE && u->op->kind == RIOTLB_OP_UNMAP &&
	    u->op->policy == RIOTLB_UNMAP_NO_BISECT)
		return -EINVAL;
	return err;
}

/* The range whose slots the transaction may change. */
static void reach(const struct riotlb_op *op, uint64_t *start, uint64_t *last)
{
	*start = op->mapping.start;
	*last = op->mapping.last;
	if (op->kind == RIOTLB_OP_MAP && !(op->flags & RIOTLB_MAP_REPLACE))
		return;
	/* the neighbours of a cut get their marks */
	*start -= *start != 0;
	*last += *last != UINT64_MAX;
}

static int edit(struct update *u, struct riotlb_txn *txn,
		struct riotlb_table *table, struct riotlb_place *place)
{
	bool prebuilt = riotlb_is_prebuilt(u->space, table);
	struct riotlb_ops_context ctx = {
		.txn = txn,
		.base = table,
		.in_default = table == u->space->default_table,
	};
	uint64_t start, last;
	int err;

	if (!prebuilt) {
		ctx.mappings_before =
			riotlb_totals_of(u->space, table).mappings;
		ctx.bytes_before = riotlb_load_relaxed(&table->table_bytes);
	}
	reach(u->op, &start, &last);
	if (!riotlb_begin_at(txn, table, start, last, place))
		return -ENOMEM;
	err = riotlb_op_run(&ctx, u->op);
	if (err == 0 && !riotlb_prepare_place(txn, place))
		err = -ENOMEM;
	return err;
}

static int publish(struct update *u, const struct riotlb_hold *hold,
		   struct riotlb_txn *txn, struct riotlb_table *table,
		   const struct riotlb_place *place)
{
	uint64_t start = u->op->mapping.start, last = u->op->mapping.last;
	bool was_default = table == u->space->default_table;

	if (place->is_slot)
		riotlb_publish_slot(hold, txn, table, place);
	else if (!riotlb_publish_table(u->space, txn, table))
		return TABLE_SWAPPED;
	if (was_default) {
		start = 0;
		last = UINT64_MAX;
	}
	riotlb_touch(hold, start, last);
	if (was_default || u->op->kind != RIOTLB_OP_MAP ||
	    txn->mappings_gone != 0)
		changed(u, start, last);
	u->report->removed = txn->removed;
	u->report->cut = txn->cut;
	u->report->bytes = txn->bytes;
	return 0;
}

/* One attempt, with the lock held throughout. */
static int attempt(struct update *u, struct riotlb_txn *txn, bool *published)
{
	struct riotlb_place place;
	struct riotlb_table *table;
	struct riotlb_hold hold;
	int err = RIOTLB_NOT_IN_PLACE;

	riotlb_hold_all(&hold, u->space);
	table = riotlb_hold_table(&hold);
	if (!riotlb_is_prebuilt(u->space, table))
		err = try_held(u, &hold, table);
	else if (u->op->kind != RIOTLB_OP_MAP)
		err = update_prebuilt(u, table);
	if (err == RIOTLB_NOT_IN_PLACE) {
		err = riotlb_backlog_full(u->space->engine)
			      ? -EAGAIN
			      : edit(u, txn, table, &place);
		if (err == 0)
			err = publish(u, &hold, txn, table, &place);
		*published = err == 0;
	}
	riotlb_release(&hold);
	return err;
}

/* A limit on memory counts what is alive, not what can be used again. */
static bool prune_for_room(struct update *u, bool *pruned)
{
	if (*pruned || u->space->limit_bytes == UINT64_MAX)
		return false;
	riotlb_prune(u->space);
	*pruned = true;
	return true;
}

static int run_held(struct update *u)
{
	struct riotlb_txn txn;
	bool published = false, pruned = false;
	int err;

	riotlb_txn_init(&txn, u->space);
	txn.locked = true;
	for (;;) {
		uint32_t missing;

		err = attempt(u, &txn, &published);
		if (err == 0)
			break;
		missing = txn.missing;
		if (err == -ENOMEM && missing != 0)
			err = riotlb_txn_refill(&txn);
		riotlb_txn_abort(&txn);
		if (err == 0 || err == TABLE_SWAPPED)
			continue;
		if (err == -EAGAIN)
			err = riotlb_backlog_wait(u->space->engine);
		else if (err == -ENOSPC && prune_for_room(u, &pruned))
			err = 0;
		if (err != 0)
			break;
	}
	if (published)
		riotlb_aftermath_of_txn(&u->after, &txn);
	riotlb_txn_fini(&txn);
	return err;
}

/* ---- an update ------------------------------------------------- */

/* First try, under the stripes of the range only. */
static int run_fast(struct update *u)
{
	struct riotlb_table *table;
	struct riotlb_hold hold;
	int err = RIOTLB_NOT_IN_PLACE;

	if (is_limited(u->space) && u->op->kind == RIOTLB_OP_MAP)
		riotlb_hold_all(&hold, u->space);
	else
		riotlb_hold_range(&hold, u->space, u->op->mapping.start,
				  u->op->mapping.last);
	table = riotlb_hold_table(&hold);
	if (!riotlb_is_prebuilt(u->space, table))
		err = try_in_place(u, &hold, table);
	if (err == 0 && u->after.list == NULL &&
	    u->space->engine->sync == NULL) {
		/* nothing to do afterwards: the token costs no fence here */
		u->report->token = riotlb_token_held(u->space->engine);
		u->token_taken = true;
	}
	riotlb_release(&hold);
	return err;
}

static int make_record(struct update *u)
{
	struct riotlb *engine = u->space->engine;

	if (u->op->kind != RIOTLB_OP_MAP || engine->retire == NULL)
		return 0;
	u->record = riotlb_object_new(engine, RIOTLB_KIND_RECORD,
				      sizeof(struct riotlb_record));
	if (u->record == NULL)
		return -ENOMEM;
	riotlb_object_record(u->record)->opaque = u->op->mapping.opaque;
	return 0;
}

static int check_backlog(struct update *u)
{
	if (u->op->kind != RIOTLB_OP_MAP ||
	    !riotlb_backlog_full(u->space->engine))
		return 0;
	return riotlb_backlog_wait(u->space->engine);
}

static int run(struct riotlb *engine, uint32_t asid, const struct riotlb_op *op,
	       struct riotlb_report *report)
{
	struct riotlb_report unused;
	struct update u = {
		.space = space_of(engine, asid),
		.op = op,
		.report = report != NULL ? report : &unused,
	};
	int err;

	*u.report = (struct riotlb_report){ 0 };
	if (u.space == NULL)
		return -EINVAL;
	u.after.space = u.space;
	err = riotlb_op_validate(op);
	if (err == 0)
		err = check_backlog(&u);
	if (err == 0)
		err = make_record(&u);
	if (err == 0)
		err = run_fast(&u);
	if (err == RIOTLB_NOT_IN_PLACE)
		err = run_held(&u);
	if (u.record != NULL)
		riotlb_object_free(engine, u.record);
	if (err == 0 && !u.token_taken)
		riotlb_conclude(&u.after, u.report);
	return err;
}

/* Out of line: filling in an operation costs a quick update a tenth. */
static __attribute__((noinline)) int
map_any(struct riotlb *engine, uint32_t asid,
	const struct riotlb_mapping *mapping, uint32_t flags,
	struct riotlb_report *report)
{
	const struct riotlb_op op = {
		.kind = RIOTLB_OP_MAP,
		.flags = flags,
		.mapping = *mapping,
	};

	if (flags == RIOTLB_MAP_REPLACE &&
	    riotlb_quick_replace(engine, asid, &op.mapping, report))
		return 0;
	return run(engine, asid, &op, report);
}

static __attribute__((noinline)) int
unmap_any(struct riotlb *engine, uint32_t asid, uint64_t start, uint64_t last,
	  enum riotlb_unmap_policy policy, struct riotlb_report *report)
{
	const struct riotlb_op op = {
		.kind = RIOTLB_OP_UNMAP,
		.policy = policy,
		.mapping = { .start = start, .last = last },
	};

	return run(engine, asid, &op, report);
}

int riotlb_map(struct riotlb *engine, uint32_t asid,
	       const struct riotlb_mapping *mapping, uint32_t flags,
	       struct riotlb_report *report)
{
	if (riotlb_quick_map(engine, asid, mapping, flags, report))
		return 0;
	return map_any(engine, asid, mapping, flags, report);
}

int riotlb_unmap(struct riotlb *engine, uint32_t asid, uint64_t start,
		 uint64_t last, enum riotlb_unmap_policy policy,
		 struct riotlb_report *report)
{
	/* a mapping that is removed whole: the policies agree */
	if ((unsigned int)policy <= RIOTLB_UNMAP_NO_BISECT &&
	    riotlb_quick_unmap(engine, asid, start, last, report))
		return 0;
	return unmap_any(engine, asid, start, last, policy, report);
}

int riotlb_protect(struct riotlb *engine, uint32_t asid, uint64_t start,
		   uint64_t last, uint32_t perm, struct riotlb_report *report)
{
	const struct riotlb_op op = {
		.kind = RIOTLB_OP_PROTECT,
		.mapping = { .start = start, .last = last, .perm = perm },
	};

	return run(engine, asid, &op, report);
}
