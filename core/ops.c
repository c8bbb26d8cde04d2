/* SPDX-License-Identifier: MIT */
#include "ops.h"

#include <errno.h>

#include "check.h"

/* ---- arguments ------------------------------------------------- */

static int validate_map(const struct riotlb_op *op)
{
	const struct riotlb_mapping *m = &op->mapping;

	if (m->last < m->start || !riotlb_want_valid(m->perm) ||
	    (op->flags & ~(uint32_t)RIOTLB_MAP_REPLACE) != 0)
		return -EINVAL;
	if (m->addr > UINT64_MAX - (m->last - m->start))
		return -EOVERFLOW;
	return 0;
}

int riotlb_op_validate(const struct riotlb_op *op)
{
	const struct riotlb_mapping *m = &op->mapping;

	switch (op->kind) {
	case RIOTLB_OP_MAP:
		return validate_map(op);
	case RIOTLB_OP_UNMAP:
		if (m->last < m->start ||
		    (unsigned int)op->policy > RIOTLB_UNMAP_NO_BISECT)
			return -EINVAL;
		return 0;
	case RIOTLB_OP_PROTECT:
		return m->last < m->start || !riotlb_want_valid(m->perm)
			       ? -EINVAL
			       : 0;
	}
	return -EINVAL;
}

/* ---- contents -------------------------------------------------- */

static struct riotlb_cursor contents(const struct riotlb_ops_context *ctx)
{
	struct riotlb_txn *txn = ctx->txn;

	return riotlb_cursor_of(txn->table != NULL ? txn->table : ctx->base);
}

static bool keeps_records(const struct riotlb_ops_context *ctx)
{
	return ctx->txn->space->engine->retire != NULL;
}

/* A new side word for a mapping with this opaque; 0 may mean no memory. */
static bool side_for(const struct riotlb_ops_context *ctx, uint64_t opaque,
		     uint64_t *side)
{
	struct riotlb_object *obj;

	*side = opaque;
	if (!keeps_records(ctx))
		return true;
	obj = riotlb_txn_new(ctx->txn, RIOTLB_KIND_RECORD,
			     sizeof(struct riotlb_record));
	if (obj == NULL)
		return false;
	riotlb_object_record(obj)->opaque = opaque;
	*side = riotlb_word_of(obj);
	return true;
}

static uint64_t opaque_of(const struct riotlb_ops_context *ctx, uint64_t side)
{
	const struct riotlb_record *record;

	if (!keeps_records(ctx))
		return side;
	record = riotlb_ptr_of(side);
	return record->opaque;
}

/* The same for what a cut makes of a mapping; reported by who reports that. */
static bool side_of_cut(const struct riotlb_ops_context *ctx, uint64_t cut,
			uint64_t *side)
{
	const struct riotlb_record *record = riotlb_ptr_of(cut);

	if (!side_for(ctx, opaque_of(ctx, cut), side))
		return false;
	if (keeps_records(ctx) && riotlb_record_is_silent(record))
		riotlb_record_silence(riotlb_ptr_of(*side));
	return true;
}

uint64_t riotlb_counted_bytes(const struct riotlb_space *space,
			      uint64_t table_bytes, uint64_t mappings)
{
	if (space->engine->retire == NULL)
		return table_bytes;
	return table_bytes + mappings * sizeof(struct riotlb_record);
}

static int check_limits(const struct riotlb_ops_context *ctx,
			uint64_t mappings_was, uint64_t bytes_was)
{
	const struct riotlb_txn *txn = ctx->txn;
	const struct riotlb_space *space = txn->space;
	uint64_t mappings =
		ctx->mappings_before + txn->mappings_added - txn->mappings_gone;
	uint64_t bytes = riotlb_counted_bytes(
		space, riotlb_txn_bytes(txn, ctx->bytes_before), mappings);

	if (mappings > mappings_was && mappings > space->limit_mappings)
		return -ENOSPC;
	if (bytes > bytes_was && bytes > space->limit_bytes)
		return -ENOSPC;
	return 0;
}

/* ---- cutting and removing -------------------------------------- */

/* Borders at which mappings are cut, and what begins there from then on. */
struct borders {
	bool left;
	bool right;
	uint64_t left_side;
	uint64_t right_side;
};

static bool note_borders(const struct riotlb_ops_context *ctx,
			 const struct riotlb_extent *e, uint64_t start,
			 uint64_t last, struct borders *b)
{
	if (e->start < start) {
		b->left = true;
		if (!side_of_cut(ctx, e->side, &b->left_side))
			return false;
	}
	if (e->last > last) {
		b->right = true;
		if (!side_of_cut(ctx, e->side, &b->right_side))
			return false;
	}
	return true;
}

static bool cut_at(struct riotlb_txn *txn, uint64_t start, uint64_t last,
		   const struct borders *b)
{
	if (b->left && !riotlb_edit_split(txn, start, b->left_side))
		return false;
	return !b->right || riotlb_edit_split(txn, last + 1, b->right_side);
}

static struct riotlb_extent clipped(const struct riotlb_extent *e,
				    uint64_t start, uint64_t last)
{
	struct riotlb_extent part = *e;

	if (part.start < start)
		part.start = start;
	if (part.last > last)
		part.last = last;
	return part;
}

/* Counts a mapping of which [part.start, part.last] is in the range. */
static void count_extent(struct riotlb_txn *txn, const struct riotlb_extent *e,
			 const struct riotlb_extent *part, bool removing)
{
	bool left = e->start<part->start, right = e->last> part->last;
	struct riotlb_bytes bytes = riotlb_range_bytes(part->start, part->last);

	txn->mappings_added += (uint64_t)left + right;
	if (left || right)
		txn->cut++;
	else if (removing)
		txn->removed++;
	riotlb_bytes_add(&txn->bytes, bytes);
	if (removing) {
		txn->mappings_gone++;
		riotlb_bytes_add(&txn->mapped_gone, bytes);
	}
}

/* The record that reports the part which goes: the left cut's, or its own. */
static bool retire_part(const struct riotlb_ops_context *ctx,
			const struct riotlb_extent *e,
			const struct riotlb_extent *part,
			const struct borders *b)
{
	uint64_t side = e->start < part->start ? b->left_side : e->side;

	if (!keeps_records(ctx))
		return true;
	return riotlb_txn_retire_record(ctx->txn, riotlb_ptr_of(side),
					part->start, part->last, part->delta,
					part->word);
}

/* Everything in the range goes; parts of mappings outside of it stay. */
static int remove_range(struct riotlb_ops_context *ctx, uint64_t start,
			uint64_t last)
{
	struct riotlb_cursor cursor = contents(ctx);
	struct borders borders = { .left = false };
	struct riotlb_extent e;
	uint64_t at = start;

	while (riotlb_extent_next(&cursor, at, last, &e)) {
		struct riotlb_extent part = clipped(&e, start, last);

		if (!note_borders(ctx, &e, start, last, &borders) ||
		    !retire_part(ctx, &e, &part, &borders))
			return -ENOMEM;
		count_extent(ctx->txn, &e, &part, true);
		if (e.last >= last)
			break;
		at = e.last + 1;
	}
	if (!cut_at(ctx->txn, start, last, &borders) ||
	    !riotlb_edit_erase(ctx->txn, start, last))
		return -ENOMEM;
	return 0;
}

/* ---- the operations -------------------------------------------- */

static struct riotlb_entry entry_of(const struct riotlb_mapping *m,
				    uint64_t side)
{
	struct riotlb_target t = riotlb_target_of(m, side);

	return (struct riotlb_entry){
		.start = t.start,
		.last = t.last,
		.word = t.word,
		.side = t.side,
		.low = t.low,
	};
}

static void count_map(struct riotlb_txn *txn, const struct riotlb_mapping *m)
{
	txn->mappings_added++;
	riotlb_bytes_add(&txn->mapped_added,
			 riotlb_range_bytes(m->start, m->last));
}

/* Most entries of a sorted batch go right behind the one before. */
static bool map_at_finger(struct riotlb_ops_context *ctx,
			  const struct riotlb_mapping *m)
{
	struct riotlb_entry entry;

	if (keeps_records(ctx))
		return false;
	entry = entry_of(m, m->opaque);
	if (!riotlb_edit_fill_finger(ctx->txn, &entry))
		return false;
	count_map(ctx->txn, m);
	return true;
}

/* The entry, and what follows it in the batch if that is as easy. */
static bool fill(const struct riotlb_ops_context *ctx,
		 const struct riotlb_entry *entry)
{
	struct riotlb_txn *txn = ctx->txn;
	size_t i, n = keeps_records(ctx) ? 0 : ctx->n_next;

	if (!riotlb_edit_fill_ahead(txn, entry, ctx->next, n))
		return false;
	for (i = 0; i < txn->taken; i++)
		count_map(txn, &ctx->next[i]);
	return true;
}

static int run_map(struct riotlb_ops_context *ctx, const struct riotlb_op *op)
{
	const struct riotlb_mapping *m = &op->mapping;
	struct riotlb_cursor cursor;
	struct riotlb_entry entry;
	struct riotlb_piece piece;
	uint64_t side;
	int err;

	if (map_at_finger(ctx, m))
		return 0;
	cursor = contents(ctx);
	if (riotlb_piece_next(&cursor, m->start, m->last, &piece)) {
		if (!(op->flags & RIOTLB_MAP_REPLACE))
			return -EEXIST;
		err = remove_range(ctx, m->start, m->last);
		if (err != 0)
			return err;
	}
	if (!side_for(ctx, m->opaque, &side))
		return -ENOMEM;
	entry = entry_of(m, side);
	if (!fill(ctx, &entry))
		return -ENOMEM;
	count_map(ctx->txn, m);
	return 0;
}

size_t riotlb_ops_map_run(struct riotlb_ops_context *ctx,
			  const struct riotlb_mapping *m, size_t n)
{
	struct riotlb_txn *txn = ctx->txn;
	struct riotlb_bytes bytes;
	uint64_t shift;

	if (keeps_records(ctx) || txn->space->limit_mappings != UINT64_MAX)
		return 0;
	n = riotlb_edit_fill_run(txn, m, n);
	if (n == 0)
		return 0;
	shift = txn->finger.shift;
	bytes.lo = (uint64_t)n << shift;
	bytes.hi = shift == 0 ? 0 : (uint64_t)n >> (64 - shift);
	riotlb_bytes_add(&txn->mapped_added, bytes);
	txn->mappings_added += n;
	return n;
}

static int run_unmap(struct riotlb_ops_context *ctx, const struct riotlb_op *op)
{
	struct riotlb_cursor cursor = contents(ctx);
	uint64_t start = op->mapping.start, last = op->mapping.last;

	if (op->policy == RIOTLB_UNMAP_NO_BISECT &&
	    (ctx->in_default || riotlb_cuts(&cursor, start, last)))
		return -EINVAL;
	if (op->policy == RIOTLB_UNMAP_WHOLE)
		riotlb_widen(&cursor, &start, &last);
	return remove_range(ctx, start, last);
}

static int run_protect(struct riotlb_ops_context *ctx,
		       const struct riotlb_op *op)
{
	uint64_t start = op->mapping.start, last = op->mapping.last;
	struct riotlb_cursor cursor = contents(ctx);
	struct borders borders = { .left = false };
	struct riotlb_extent e;
	uint64_t at = start;

	if (ctx->in_default)
		return -EINVAL;
	for (;;) {
		struct riotlb_extent part;

		if (!riotlb_extent_next(&cursor, at, at, &e))
			return -EFAULT;
		part = clipped(&e, start, last);
		if (!note_borders(ctx, &e, start, last, &borders))
			return -ENOMEM;
		count_extent(ctx->txn, &e, &part, false);
		if (e.last >= last)
			break;
		at = e.last + 1;
	}
	if (!cut_at(ctx->txn, start, last, &borders) ||
	    !riotlb_edit_protect(ctx->txn, start, last, op->mapping.perm))
		return -ENOMEM;
	return 0;
}

int riotlb_op_run(struct riotlb_ops_context *ctx, const struct riotlb_op *op)
{
	const struct riotlb_txn *txn = ctx->txn;
	uint64_t mappings =
		ctx->mappings_before + txn->mappings_added - txn->mappings_gone;
	uint64_t bytes = riotlb_counted_bytes(
		txn->space, riotlb_txn_bytes(txn, ctx->bytes_before), mappings);
	int err = riotlb_op_validate(op);

	if (err != 0)
		return err;
	switch (op->kind) {
	case RIOTLB_OP_MAP:
		err = run_map(ctx, op);
		break;
	case RIOTLB_OP_UNMAP:
		err = run_unmap(ctx, op);
		break;
	case RIOTLB_OP_PROTECT:
		err = run_protect(ctx, op);
		break;
	}
	if (err == 0)
		err = check_limits(ctx, mappings, bytes);
	if (err == 0)
		ctx->in_default = false;
	return err;
}
