/* SPDX-License-Identifier: MIT */
#include "rebuild.h"

#include "commit.h"
#include "edit.h"
#include "retire.h"

enum {
	/* tables of this few mappings are shallow anyway */
	REBUILD_MIN_MAPPINGS = 64,
	/* dependent loads of a well-built table with packs; core/README.md */
	GOOD_LOADS = 6,
	/* bytes per mapping, and of a table, that hardly any needs when new */
	GOOD_BYTES = 128,
	SMALL_BYTES = 16384,
	/* that are worth more looks: a bad table must not become worse */
	FAT_BYTES = 384,
	/* of the mappings, so manyth part between looks at a fat table */
	FAT_CHANGE = 16,
	/* mappings read per hold of the lock */
	CHUNK = 64,
};

struct rebuild {
	struct riotlb_space *space;
	struct riotlb_table *table;
	uint64_t version; /* of the AS when it began */
	bool for_depth;   /* else for its bytes */
	bool is_fat;      /* they are very many */
	struct riotlb_extent chunk[CHUNK];
	unsigned int n;
	uint64_t at; /* where the next chunk begins */
	bool done;
};

/* By the exclusive holder: is everything as it was at the beginning? */
static bool is_unchanged(const struct rebuild *r,
			 const struct riotlb_hold *hold)
{
	return riotlb_version_of(r->space) == r->version &&
	       riotlb_hold_table(hold) == r->table;
}

/* Reads some mappings under the lock; false if the AS has changed. */
static bool read_chunk(struct rebuild *r)
{
	struct riotlb_cursor cursor = riotlb_cursor_of(r->table);
	struct riotlb_hold hold;
	bool unchanged;

	r->n = 0;
	riotlb_hold_all(&hold, r->space);
	unchanged = is_unchanged(r, &hold);
	while (unchanged && !r->done && r->n < CHUNK) {
		struct riotlb_extent *e = &r->chunk[r->n];

		r->done = !riotlb_extent_next(&cursor, r->at, UINT64_MAX, e);
		if (r->done)
			break;
		r->n++;
		r->done = e->last == UINT64_MAX;
		r->at = e->last + 1;
	}
	riotlb_release(&hold);
	return unchanged;
}

static bool fill_chunk(struct riotlb_txn *txn, const struct rebuild *r)
{
	unsigned int i;

	for (i = 0; i < r->n; i++) {
		const struct riotlb_extent *e = &r->chunk[i];
		struct riotlb_entry entry = {
			.start = e->start,
			.last = e->last,
			.word = e->word | RIOTLB_MARKS,
			.side = e->side,
			.low = (uint16_t)(e->delta & ~RIOTLB_DELTA_MASK),
		};

		if (!riotlb_edit_fill_finger(txn, &entry) &&
		    !riotlb_edit_fill(txn, &entry))
			return false;
	}
	return true;
}

static bool copy_mappings(struct riotlb_txn *txn, struct rebuild *r)
{
	while (!r->done)
		if (!read_chunk(r) || !fill_chunk(txn, r))
			return false;
	return true;
}

/* The copy takes the table's place if nothing has changed meanwhile. */
static bool replace(struct riotlb_txn *txn, const struct rebuild *r)
{
	struct riotlb_hold hold;
	bool replaced;

	riotlb_hold_all(&hold, r->space);
	replaced = is_unchanged(r, &hold) &&
		   riotlb_publish_rebuilt(r->space, txn, r->table);
	riotlb_release(&hold);
	return replaced;
}

/*
 * Is the copy what it was made for? A limit that the old table kept must hold
 * for the new one too.
 */
static bool is_better(const struct riotlb_txn *txn, const struct rebuild *r)
{
	uint64_t was = riotlb_load_relaxed(&r->table->table_bytes);
	uint64_t is = riotlb_txn_bytes(txn, 0);

	if (!r->for_depth && r->is_fat)
		return is + is / FAT_CHANGE <= was;
	if (!r->for_depth)
		return 2 * is <= was;
	return is <= was || r->space->limit_bytes == UINT64_MAX;
}

static void rebuild(struct rebuild *r)
{
	struct riotlb_aftermath after = { .space = r->space };
	struct riotlb_txn txn;

	riotlb_txn_init(&txn, r->space);
	/* no memory: the table stays as it is */
	if (riotlb_begin_table(&txn, r->space->empty_table) &&
	    copy_mappings(&txn, r) && is_better(&txn, r) && replace(&txn, r)) {
		riotlb_aftermath_of_txn(&after, &txn);
		/* the records live on in the copy */
		r->table->retired_shell = 1;
		riotlb_aftermath_of_table(&after, r->table);
	} else {
		riotlb_txn_abort(&txn);
	}
	riotlb_txn_fini(&txn);
	riotlb_conclude(&after, NULL);
}

/* Would the old table, waiting for readers, take much of the backlog? */
static bool strains_backlog(const struct riotlb_space *space,
			    const struct riotlb_table *table)
{
	return space->engine->backlog_cap != 0 &&
	       riotlb_load_relaxed(&table->table_bytes) >
		       space->engine->backlog_cap / 4;
}

/* How deep a lookup in the table may go. */
static uint64_t depth_of(struct riotlb_space *space)
{
	struct riotlb_shape shape;
	struct riotlb_hold hold;

	riotlb_hold_all(&hold, space);
	riotlb_shape_of(riotlb_hold_table(&hold), &shape);
	riotlb_release(&hold);
	return shape.max_loads;
}

/*
 * Does what is left of a larger table keep its containers alive? Pruning takes
 * out those that are empty, not those that are nearly so.
 */
static bool is_wasteful(const struct riotlb_table *table, uint64_t mappings)
{
	return riotlb_load_relaxed(&table->table_bytes) >
	       SMALL_BYTES + GOOD_BYTES * mappings;
}

static bool is_fat(const struct riotlb_table *table, uint64_t mappings)
{
	return riotlb_load_relaxed(&table->table_bytes) >
	       SMALL_BYTES + FAT_BYTES * mappings;
}

/*
 * Looked at once per doubling, and when most of it was new; a fat one whenever
 * a part of it was.
 */
static bool is_due(const struct riotlb_space *space,
		   const struct riotlb_table *table, uint64_t mappings)
{
	uint64_t before = space->rebuild_above / 2;
	uint64_t change =
		mappings > before ? mappings - before : before - mappings;

	return mappings >= space->rebuild_above || mappings < before / 4 ||
	       (change > before / FAT_CHANGE && is_fat(table, mappings));
}

static bool is_deep(struct riotlb_space *space, uint64_t mappings)
{
	return mappings >= REBUILD_MIN_MAPPINGS && depth_of(space) > GOOD_LOADS;
}

void riotlb_rebuild_if_due(struct riotlb_space *space)
{
	uint64_t mappings;
	struct rebuild r = {
		.space = space,
		.version = riotlb_version_of(space), /* before the table */
	};

	/* stays alive: tables are freed by the reclaimer, which runs this */
	r.table = riotlb_ptr_of(riotlb_load_seq(&space->head->table));
	if (riotlb_is_prebuilt(space, r.table))
		return;
	mappings = riotlb_totals_of(space, r.table).mappings;
	if (mappings == 0 || !is_due(space, r.table, mappings) ||
	    strains_backlog(space, r.table))
		return;
	space->rebuild_above = 2 * mappings;
	r.is_fat = is_fat(r.table, mappings);
	r.for_depth = is_deep(space, mappings);
	if (r.for_depth || is_wasteful(r.table, mappings))
		rebuild(&r);
}
