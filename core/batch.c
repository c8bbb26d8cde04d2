/* SPDX-License-Identifier: MIT */
/*
 * Updates of many entries, all or nothing: map_bulk, unmap_bulk, apply, set_map
 * and reset_map. A batch is built aside, against a copy of the table in which
 * only what is touched is copied, and published as one pointer.
 *
 * From a prebuilt state, and for set_map, no lock is needed for that. Otherwise
 * it is done under the AS's exclusive lock, from memory made ready beforehand:
 * when that runs out the batch lets go of the lock, doubles what was short, and
 * starts again.
 */
#include <errno.h>

#include "batch.h"
#include "check.h"
#include "commit.h"
#include "grow.h"
#include "ops.h"
#include "retire.h"

enum {
	/* not an errno: the AS has another table by now; start again */
	CHANGED = 1,
	NEEDS_MEMORY = 2,
};

enum input_kind {
	INPUT_MAPPINGS,
	INPUT_RANGES,
	INPUT_OPS,
};

struct input {
	enum input_kind kind;
	uint32_t flags;
	enum riotlb_unmap_policy policy;
	const void *items;
	size_t n;
};

struct batch {
	struct riotlb_space *space;
	const struct input *input;
	struct riotlb_report *report; /* never NULL */
	struct riotlb_txn txn;
	struct riotlb_aftermath after;
};

static void input_get(const struct input *input, size_t i, struct riotlb_op *op)
{
	if (input->kind == INPUT_OPS) {
		*op = ((const struct riotlb_op *)input->items)[i];
		return;
	}
	*op = (struct riotlb_op){
		.flags = input->flags,
		.policy = input->policy,
	};
	if (input->kind == INPUT_MAPPINGS) {
		op->kind = RIOTLB_OP_MAP;
		op->mapping = ((const struct riotlb_mapping *)input->items)[i];
	} else {
		const struct riotlb_range *r =
			&((const struct riotlb_range *)input->items)[i];

		op->kind = RIOTLB_OP_UNMAP;
		op->mapping.start = r->start;
		op->mapping.last = r->last;
	}
}

static struct riotlb_space *space_of(struct riotlb *engine, uint32_t asid)
{
	return asid < engine->front.nas ? &engine->spaces[asid] : NULL;
}

/* ---- building -------------------------------------------------- */

static void context_of(struct batch *b, struct riotlb_table *table,
		       struct riotlb_ops_context *ctx)
{
	*ctx = (struct riotlb_ops_context){
		.txn = &b->txn,
		.base = table,
		.in_default = table == b->space->default_table,
	};
	if (riotlb_is_prebuilt(b->space, table))
		return;
	ctx->mappings_before = riotlb_totals_of(b->space, table).mappings;
	ctx->bytes_before = riotlb_load_relaxed(&table->table_bytes);
}

/* If the mappings are sorted, this is where they will lie. */
static void expect(struct riotlb_txn *txn, const struct riotlb_mapping *m,
		   size_t n)
{
	txn->expected = 0;
	/* a limit is for what is needed, not for what may be */
	if (n == 0 || m[n - 1].last < m[0].start ||
	    txn->space->limit_bytes != UINT64_MAX)
		return;
	txn->expected = n;
	txn->expected_start = m[0].start;
	txn->expected_last = m[n - 1].last;
}

/* A limit is asked after each mapping, so with one they come one by one. */
static void look_ahead(const struct batch *b, struct riotlb_ops_context *ctx,
		       const struct riotlb_mapping *m, size_t n)
{
	const struct riotlb_space *space = b->space;
	bool limited = space->limit_mappings != UINT64_MAX ||
		       space->limit_bytes != UINT64_MAX;

	ctx->next = m;
	ctx->n_next = limited ? 0 : n;
}

static int build(struct batch *b, struct riotlb_table *table)
{
	const struct input *input = b->input;
	const struct riotlb_mapping *m = input->items;
	struct riotlb_ops_context ctx;
	struct riotlb_op op;
	size_t i;
	int err;

	context_of(b, table, &ctx);
	b->report->index = 0;
	if (!riotlb_begin_table(&b->txn, table))
		return -ENOMEM;
	if (input->kind == INPUT_MAPPINGS)
		expect(&b->txn, m, input->n);
	for (i = 0; i < input->n; i += 1 + b->txn.taken) {
		b->txn.taken = 0;
		if (input->kind == INPUT_MAPPINGS) {
			i += riotlb_ops_map_run(&ctx, m + i, input->n - i);
			if (i == input->n)
				break;
			look_ahead(b, &ctx, m + i + 1, input->n - i - 1);
		}
		input_get(input, i, &op);
		err = riotlb_op_run(&ctx, &op);
		if (err != 0) {
			b->report->index = i;
			return err;
		}
	}
	return 0;
}

/* By the exclusive holder, unless `table` is prebuilt. */
static int publish(struct batch *b, struct riotlb_table *table)
{
	bool was_default = table == b->space->default_table;

	if (!riotlb_publish_table(b->space, &b->txn, table))
		return CHANGED;
	riotlb_touch_all(b->space);
	b->after.changed = was_default || b->input->kind != INPUT_MAPPINGS ||
			   b->txn.mappings_gone != 0;
	b->after.start = 0;
	b->after.last = UINT64_MAX;
	b->report->removed = b->txn.removed;
	b->report->cut = b->txn.cut;
	b->report->bytes = b->txn.bytes;
	return 0;
}

/*
 * In a prebuilt state the batch starts from nothing, and nothing of the table
 * is read: no lock is needed, and the swap notices if the AS has moved on.
 */
static int attempt_fresh(struct batch *b, struct riotlb_table *table)
{
	int err;

	b->txn.locked = false;
	err = build(b, table);
	return err != 0 ? err : publish(b, table);
}

static int attempt_held(struct batch *b)
{
	struct riotlb_table *table;
	struct riotlb_hold hold;
	int err = CHANGED;

	b->txn.locked = true;
	riotlb_hold_all(&hold, b->space);
	table = riotlb_hold_table(&hold);
	if (!riotlb_is_prebuilt(b->space, table))
		err = build(b, table);
	if (err == 0)
		err = publish(b, table);
	riotlb_release(&hold);
	return err;
}

static int run_attempts(struct batch *b)
{
	for (;;) {
		/* prebuilt tables stay: no lock is needed to compare */
		struct riotlb_table *table =
			riotlb_ptr_of(riotlb_load_seq(&b->space->head->table));
		int err = riotlb_is_prebuilt(b->space, table)
				  ? attempt_fresh(b, table)
				  : attempt_held(b);

		if (err == 0)
			return 0;
		if (err == -ENOMEM && b->txn.missing != 0)
			err = riotlb_txn_refill(&b->txn) == 0 ? CHANGED
							      : -ENOMEM;
		riotlb_txn_abort(&b->txn);
		if (err != CHANGED)
			return err;
	}
}

static void batch_init(struct batch *b, struct riotlb_space *space,
		       const struct input *input, struct riotlb_report *report)
{
	b->space = space;
	b->input = input;
	b->report = report;
	b->after = (struct riotlb_aftermath){ .space = space };
	riotlb_txn_init(&b->txn, space);
}

/* Leaves nothing but an error's code and index in the report. */
static int batch_fini(struct batch *b, int err)
{
	if (err == 0)
		riotlb_aftermath_of_txn(&b->after, &b->txn);
	else
		riotlb_txn_abort(&b->txn);
	riotlb_txn_fini(&b->txn);
	if (err == 0)
		riotlb_conclude(&b->after, b->report);
	return err;
}

static int check_backlog(struct riotlb *engine)
{
	return riotlb_backlog_full(engine) ? riotlb_backlog_wait(engine) : 0;
}

static int run(struct riotlb *engine, uint32_t asid, const struct input *input,
	       struct riotlb_report *report)
{
	struct riotlb_space *space = space_of(engine, asid);
	struct batch b;
	int err;

	if (space == NULL)
		return -EINVAL;
	err = check_backlog(engine);
	if (err != 0)
		return err;
	batch_init(&b, space, input, report);
	return batch_fini(&b, run_attempts(&b));
}

/* ---- map_bulk and apply ---------------------------------------- */

int riotlb_map_bulk(struct riotlb *engine, uint32_t asid,
		    const struct riotlb_mapping *mappings, size_t n,
		    uint32_t flags, struct riotlb_report *report)
{
	const struct input input = {
		.kind = INPUT_MAPPINGS,
		.flags = flags,
		.items = mappings,
		.n = n,
	};
	struct riotlb_report unused;

	report = report != NULL ? report : &unused;
	*report = (struct riotlb_report){ 0 };
	if ((flags & ~(uint32_t)RIOTLB_MAP_REPLACE) != 0)
		return -EINVAL;
	return run(engine, asid, &input, report);
}

int riotlb_apply(struct riotlb *engine, uint32_t asid,
		 const struct riotlb_op *ops, size_t n,
		 struct riotlb_report *report)
{
	const struct input input = {
		.kind = INPUT_OPS,
		.items = ops,
		.n = n,
	};
	struct riotlb_report unused;

	report = report != NULL ? report : &unused;
	*report = (struct riotlb_report){ 0 };
	return run(engine, asid, &input, report);
}

/* ---- unmap_bulk ------------------------------------------------ */

/* An invalid entry fails the batch, but perhaps an earlier one does first. */
static bool all_valid(const struct input *input)
{
	struct riotlb_op op;
	size_t i;

	for (i = 0; i < input->n; i++) {
		input_get(input, i, &op);
		if (riotlb_op_validate(&op) != 0)
			return false;
	}
	return true;
}

/* Without WHOLE, a range that cuts makes the batch need memory. */
static bool any_cut(const struct input *input, struct riotlb_table *table)
{
	struct riotlb_cursor cursor = riotlb_cursor_of(table);
	const struct riotlb_range *r = input->items;
	size_t i;

	if (input->policy == RIOTLB_UNMAP_WHOLE)
		return false;
	for (i = 0; i < input->n; i++)
		if (riotlb_cuts(&cursor, r[i].start, r[i].last))
			return true;
	return false;
}

static void add_effect(struct batch *b, const struct riotlb_effect *effect)
{
	struct riotlb_object *last = effect->records;

	if (last != NULL) {
		while (last->next != NULL)
			last = last->next;
		last->next = b->after.list;
		b->after.list = effect->records;
		b->after.bytes += effect->record_bytes;
	}
	b->report->removed += effect->mappings;
	riotlb_bytes_add(&b->report->bytes, effect->bytes);
}

static void unmap_ranges(struct batch *b, const struct riotlb_hold *hold,
			 struct riotlb_table *table)
{
	struct riotlb_cursor cursor = riotlb_cursor_of(table);
	const struct riotlb_range *r = b->input->items;
	size_t i;

	for (i = 0; i < b->input->n; i++) {
		uint64_t start = r[i].start, last = r[i].last;
		struct riotlb_effect effect;
		int err;

		if (b->input->policy == RIOTLB_UNMAP_WHOLE)
			riotlb_widen(&cursor, &start, &last);
		err = riotlb_inplace_unmap(&cursor, start, last,
					   b->space->engine->retire != NULL,
					   b->space->asid, &effect);
		RIOTLB_ASSERT(err == 0);
		(void)err;
		add_effect(b, &effect);
	}
	/* the report was empty before */
	riotlb_totals_sub(hold, table, b->report->removed, b->report->bytes);
}

/* Leaving the default state; 0, -EINVAL or CHANGED. */
static int unmap_default(struct batch *b)
{
	uint64_t seen = riotlb_word_of(b->space->default_table);

	if (b->input->policy == RIOTLB_UNMAP_NO_BISECT && b->input->n != 0)
		return -EINVAL;
	/* [P1:W] */
	if (!riotlb_cas_seq(&b->space->head->table, &seen,
			    riotlb_word_of(b->space->empty_table)))
		return CHANGED;
	return 0;
}

/* What needs no memory: 0, -EINVAL, CHANGED, or NEEDS_MEMORY. */
static int unmap_bulk_in_place(struct batch *b)
{
	struct riotlb_table *table;
	struct riotlb_hold hold;
	int err = 0;

	riotlb_hold_all(&hold, b->space);
	table = riotlb_hold_table(&hold);
	if (table == b->space->default_table)
		err = unmap_default(b);
	else if (table == b->space->empty_table)
		err = 0;
	else if (any_cut(b->input, table))
		err = NEEDS_MEMORY;
	else
		unmap_ranges(b, &hold, table);
	if (err == 0)
		riotlb_touch_all(b->space);
	riotlb_release(&hold);
	return err;
}

int riotlb_unmap_bulk(struct riotlb *engine, uint32_t asid,
		      const struct riotlb_range *ranges, size_t n,
		      enum riotlb_unmap_policy policy,
		      struct riotlb_report *report)
{
	const struct input input = {
		.kind = INPUT_RANGES,
		.policy = policy,
		.items = ranges,
		.n = n,
	};
	struct riotlb_space *space = space_of(engine, asid);
	struct riotlb_report unused;
	int err = NEEDS_MEMORY;
	struct batch b;

	report = report != NULL ? report : &unused;
	*report = (struct riotlb_report){ 0 };
	if (space == NULL || (unsigned int)policy > RIOTLB_UNMAP_NO_BISECT)
		return -EINVAL;
	batch_init(&b, space, &input, report);
	if (all_valid(&input)) {
		do
			err = unmap_bulk_in_place(&b);
		while (err == CHANGED);
	}
	if (err == NEEDS_MEMORY) {
		err = check_backlog(engine);
		return batch_fini(&b, err != 0 ? err : run_attempts(&b));
	}
	riotlb_txn_fini(&b.txn);
	if (err != 0)
		return err;
	b.after.changed = true;
	b.after.last = UINT64_MAX;
	riotlb_conclude(&b.after, report);
	return 0;
}

/* ---- set_map and reset_map ------------------------------------- */

/* Swaps the AS's table, whatever it is; by anybody, without a lock. */
static void swap_table(struct riotlb_aftermath *after,
		       struct riotlb_table *table)
{
	struct riotlb_space *space = after->space;
	uint64_t old =
		riotlb_swap_seq(&space->head->table, riotlb_word_of(table));
	/* [P1:W] [P9:W] */
	riotlb_touch_all(space);
	riotlb_aftermath_of_table(after, riotlb_ptr_of(old));
	after->changed = true;
	after->start = 0;
	after->last = UINT64_MAX;
}

/* Builds a table of its own from the entries. */
static int build_set(struct batch *b)
{
	int err = build(b, b->space->empty_table);

	if (err != 0)
		return err;
	b->txn.table->mappings = b->txn.mappings_added;
	b->txn.table->bytes_lo = b->txn.mapped_added.lo;
	b->txn.table->bytes_hi = b->txn.mapped_added.hi;
	b->txn.table->table_bytes = riotlb_txn_bytes(&b->txn, 0);
	b->txn.table->id = riotlb_add_relaxed(&b->space->next_id, 1);
	riotlb_txn_unmark(&b->txn);
	return 0;
}

int riotlb_set_map(struct riotlb *engine, uint32_t asid,
		   const struct riotlb_mapping *mappings, size_t n,
		   struct riotlb_report *report)
{
	const struct input input = {
		.kind = INPUT_MAPPINGS,
		.items = mappings,
		.n = n,
	};
	struct riotlb_space *space = space_of(engine, asid);
	struct riotlb_report unused;
	struct batch b;
	int err;

	report = report != NULL ? report : &unused;
	*report = (struct riotlb_report){ 0 };
	if (space == NULL)
		return -EINVAL;
	err = n == 0 ? 0 : check_backlog(engine);
	if (err != 0)
		return err;
	batch_init(&b, space, &input, report);
	if (n == 0) {
		swap_table(&b.after, space->empty_table);
	} else {
		err = build_set(&b);
		if (err == 0)
			swap_table(&b.after, b.txn.table);
	}
	return batch_fini(&b, err);
}

/*
 * Resets are rare, so what they touch is in no cache; and their locked
 * instructions would wait for one miss after the other. The old table may be
 * gone by the time its lines are asked for: a prefetch of anything is harmless.
 */
static void prefetch_for_swap(const struct riotlb_space *space)
{
	const struct riotlb_table *old;

	riotlb_prefetch(space->head);
	riotlb_prefetch(&space->retired);
	riotlb_prefetch(&space->engine->cycle_started);
	riotlb_prefetch(&space->engine->sync);
	old = riotlb_ptr_of(riotlb_load_relaxed(&space->head->table));
	riotlb_prefetch(old);
	riotlb_prefetch(&old->root);
}

void riotlb_swap_to_default(struct riotlb_space *space,
			    struct riotlb_report *report)
{
	struct riotlb_aftermath after = { .space = space };

	prefetch_for_swap(space);
	swap_table(&after, space->default_table);
	riotlb_add_relaxed(&space->head->resets, 1);
	riotlb_conclude(&after, report);
}

int riotlb_reset_map(struct riotlb *engine, uint32_t asid,
		     struct riotlb_report *report)
{
	struct riotlb_space *space = space_of(engine, asid);

	if (report != NULL)
		*report = (struct riotlb_report){ 0 };
	if (space == NULL)
		return -EINVAL;
	riotlb_swap_to_default(space, report);
	return 0;
}

/* ---- default tables -------------------------------------------- */

int riotlb_build_table(struct riotlb_space *space,
		       const struct riotlb_mapping *mappings, size_t n,
		       struct riotlb_table **out)
{
	const struct input input = {
		.kind = INPUT_MAPPINGS,
		.items = mappings,
		.n = n,
	};
	struct riotlb_report report;
	struct batch b;
	uint64_t unused;
	int err;

	batch_init(&b, space, &input, &report);
	err = build_set(&b);
	if (err == 0) {
		*out = b.txn.table;
		/* a table that was never published has replaced nothing */
		riotlb_txn_finish(&b.txn, &unused);
	} else {
		riotlb_txn_abort(&b.txn);
	}
	riotlb_txn_fini(&b.txn);
	return err;
}
