/* SPDX-License-Identifier: MIT */
#include "retire.h"

#include <errno.h>

#include <riotlb/rcu.h>

#include "check.h"
#include "trie.h"

enum {
	IDLE_MIN_US = 1000,
	IDLE_MAX_US = 16000,
	WAIT_MIN_US = 20,
	WAIT_MAX_US = 1000,
};

/* ---- handing over ---------------------------------------------- */

static void account(struct riotlb_space *space, uint64_t bytes)
{
	struct riotlb *engine = space->engine;

	riotlb_add_relaxed(&space->retired_bytes, bytes);
	if (engine->backlog_cap == 0)
		return;
	/*
	 * The engine's sum is a line that all AS share: it is touched once per
	 * grain, so it may lag by a grain per AS.
	 */
	if (riotlb_add_relaxed(&space->unflushed, bytes) + bytes >=
	    engine->backlog_grain)
		riotlb_add_relaxed(&engine->backlog,
				   riotlb_swap_seq(&space->unflushed, 0));
}

/* The same by the reclaimer, which settles right after. */
static void account_now(struct riotlb_space *space, uint64_t bytes)
{
	riotlb_add_relaxed(&space->retired_bytes, bytes);
	if (space->engine->backlog_cap != 0)
		riotlb_add_relaxed(&space->engine->backlog, bytes);
}

static void push(uint64_t *stack, struct riotlb_object *first,
		 struct riotlb_object *last)
{
	uint64_t seen = riotlb_load_relaxed(stack);

	do
		last->next = riotlb_ptr_of(seen);
	while (!riotlb_cas_seq(stack, &seen, riotlb_word_of(first)));
	/* [P10:W] */
}

void riotlb_retire_list(struct riotlb_space *space, struct riotlb_object *list,
			uint64_t bytes)
{
	struct riotlb_object *last = list;

	if (list == NULL)
		return;
	while (last->next != NULL)
		last = last->next;
	account(space, bytes);
	push(&space->retired, list, last);
}

void riotlb_retire_table(struct riotlb_space *space, struct riotlb_table *table)
{
	uint64_t bytes = riotlb_load_relaxed(&table->table_bytes);

	/* its records are retired with it */
	if (space->engine->retire != NULL && !table->retired_shell)
		bytes += riotlb_totals_of(space, table).mappings *
			 sizeof(struct riotlb_record);
	table->retired_whole = 1;
	table->retired_as = bytes;
	account(space, table->retired_as);
	push(&space->retired, &table->root.obj, &table->root.obj);
}

struct riotlb_token riotlb_token_held(const struct riotlb *engine)
{
	/* [P8:R] the lock is held, and was taken before this load */
	return (struct riotlb_token){ riotlb_load_seq(&engine->cycle_started) +
				      1 };
}

struct riotlb_token riotlb_token_now(const struct riotlb *engine)
{
	riotlb_fence_seq(); /* [P8:W] the change, then the load */
	return riotlb_token_held(engine);
}

/* ---- backlog --------------------------------------------------- */

bool riotlb_backlog_full(const struct riotlb *engine)
{
	uint64_t sum = riotlb_load_relaxed(&engine->backlog);

	/*
	 * A grain on its way into the sum may be settled before it arrives:
	 * the sum is below zero for that moment.
	 */
	return engine->backlog_cap != 0 && sum > engine->backlog_cap &&
	       sum < UINT64_C(1) << 63;
}

static void pause_for(uint64_t *us)
{
	riotlb_platform_sleep_us(*us);
	*us = *us * 2 > WAIT_MAX_US ? WAIT_MAX_US : *us * 2;
}

/* Is a wait here certain to wait for itself? */
static bool may_wait(struct riotlb *engine, bool *online)
{
	const struct rcu_flavor_struct *f = engine->front.flavor;

	*online = false;
	if (riotlb_platform_in_callback())
		return false;
	if (!f->read_ongoing())
		return true;
	/* QSBR: a registered thread is "inside" until it goes offline */
	riotlb_thread_offline(engine);
	*online = true;
	if (!f->read_ongoing())
		return true;
	*online = false;
	return false;
}

static void wait_over(struct riotlb *engine, bool online)
{
	if (online)
		riotlb_thread_online(engine);
}

/*
 * Reclaiming is one thread's at a time. `online`: the thread is a QSBR reader
 * that went offline to wait; it comes back online for callbacks.
 */
static void lock_reclaimer(struct riotlb *engine, bool online)
{
	riotlb_platform_lock(engine->reclaim_lock);
	engine->reclaimer_online = online;
}

static void unlock_reclaimer(struct riotlb *engine)
{
	riotlb_platform_unlock(engine->reclaim_lock);
}

static void cycle_locked(struct riotlb *engine);

int riotlb_backlog_wait(struct riotlb *engine)
{
	uint64_t us = WAIT_MIN_US;
	bool online;
	int cancel;

	if (!engine->backlog_wait || !may_wait(engine, &online))
		return -EAGAIN;
	cancel = riotlb_platform_cancel_off();
	while (riotlb_backlog_full(engine)) {
		lock_reclaimer(engine, online);
		if (riotlb_backlog_full(engine))
			cycle_locked(engine);
		unlock_reclaimer(engine);
		if (riotlb_backlog_full(engine))
			pause_for(&us);
	}
	riotlb_platform_cancel_restore(cancel);
	wait_over(engine, online);
	return 0;
}

/* ---- releasing ------------------------------------------------- */

static void settle(struct riotlb_space *space, uint64_t bytes)
{
	riotlb_add_relaxed(&space->retired_bytes, UINT64_C(0) - bytes);
	if (space->engine->backlog_cap != 0)
		riotlb_add_relaxed(&space->engine->backlog,
				   UINT64_C(0) - bytes);
}

static void free_one(void *ctx, struct riotlb_object *obj)
{
	riotlb_object_free(ctx, obj);
}

void riotlb_free_table(struct riotlb *engine, struct riotlb_table *table)
{
	riotlb_each_object(table, free_one, engine);
}

uint64_t riotlb_collect_records(struct riotlb_table *table, uint32_t asid,
				struct riotlb_object **records)
{
	struct riotlb_cursor cursor = riotlb_cursor_of(table);
	struct riotlb_piece p;
	struct riotlb_record *record = NULL;
	uint64_t at = 0, bytes = 0;

	while (riotlb_piece_next(&cursor, at, UINT64_MAX, &p)) {
		if (p.word & RIOTLB_MARK_START) {
			record = riotlb_ptr_of(riotlb_piece_side(&p));
			record->start = p.start;
			record->addr = p.start + p.delta;
			record->perm = (uint32_t)((p.word & RIOTLB_PERM_MASK) >>
						  RIOTLB_PERM_SHIFT);
			record->asid = asid;
			record->obj.next = *records;
			*records = &record->obj;
			bytes += record->obj.bytes;
		}
		RIOTLB_ASSERT(record != NULL);
		record->last = p.last;
		if (p.last == UINT64_MAX)
			break;
		at = p.last + 1;
	}
	return bytes;
}

static struct riotlb_space *space_of(struct riotlb *engine, uint32_t asid)
{
	return &engine->spaces[asid];
}

static void release_table(struct riotlb_space *space,
			  struct riotlb_table *table,
			  struct riotlb_batch *batch)
{
	struct riotlb *engine = space->engine;
	uint64_t bytes = table->retired_as;

	if (engine->retire != NULL && !table->retired_shell)
		/* they wait on: their bytes are settled with the callback */
		account_now(space, riotlb_collect_records(table, space->asid,
							  &batch->records));
	riotlb_free_table(engine, table);
	settle(space, bytes);
}

/* After the grace period: memory goes, records wait for the leases. */
static void release(struct riotlb_space *space, struct riotlb_object *list,
		    struct riotlb_batch *batch)
{
	struct riotlb_object *next;

	for (; list != NULL; list = next) {
		uint32_t bytes = list->bytes;

		next = list->next;
		if (list->kind == RIOTLB_KIND_TABLE &&
		    riotlb_object_table(list)->retired_whole) {
			release_table(space, riotlb_object_table(list), batch);
		} else if (list->kind == RIOTLB_KIND_RECORD) {
			list->next = batch->records;
			batch->records = list;
		} else {
			riotlb_object_free(space->engine, list);
			settle(space, bytes);
		}
	}
}

/* ---- callbacks ------------------------------------------------- */

static void call_retire(struct riotlb *engine, struct riotlb_record *record)
{
	struct riotlb_mapping piece = {
		.start = record->start,
		.last = record->last,
		.addr = record->addr,
		.opaque = record->opaque,
		.perm = record->perm,
	};

	if (engine->muted || riotlb_record_is_silent(record))
		return;
	engine->retire(engine->hook_ctx, record->asid, &piece);
}

static void run_records(struct riotlb *engine, struct riotlb_object *list)
{
	struct riotlb_object *next;

	for (; list != NULL; list = next) {
		struct riotlb_record *record = riotlb_object_record(list);
		struct riotlb_space *space = space_of(engine, record->asid);
		uint32_t bytes = list->bytes;

		next = list->next;
		call_retire(engine, record);
		riotlb_object_free(engine, list);
		settle(space, bytes);
	}
}

static void run_deferred(struct riotlb_deferred *list)
{
	struct riotlb_deferred *next;

	for (; list != NULL; list = next) {
		next = list->next;
		list->fn(list);
	}
}

static void run_batch(struct riotlb *engine, struct riotlb_batch *batch)
{
	const struct rcu_flavor_struct *f = engine->front.flavor;
	struct riotlb_batch due = *batch;
	int section;

	*batch = (struct riotlb_batch){ 0 };
	if (due.records != NULL || due.deferred != NULL) {
		/* callbacks may look up, also under QSBR */
		wait_over(engine, engine->reclaimer_online);
		section = f->read_ongoing();
		riotlb_platform_set_in_callback(true);
		run_records(engine, due.records);
		if (!engine->muted)
			run_deferred(due.deferred);
		riotlb_platform_set_in_callback(false);
		/* one that a callback left open would never end */
		RIOTLB_ASSERT(f->read_ongoing() == section);
		(void)section;
		if (engine->reclaimer_online)
			riotlb_thread_offline(engine);
	}
	if (due.cycle != 0)
		/* [P13:W] */
		riotlb_store_release(&engine->cycle_done, due.cycle);
}

static struct riotlb_object **records_tail(struct riotlb_batch *batch)
{
	struct riotlb_object **tail = &batch->records;

	while (*tail != NULL)
		tail = &(*tail)->next;
	return tail;
}

static struct riotlb_deferred **deferred_tail(struct riotlb_batch *batch)
{
	struct riotlb_deferred **tail = &batch->deferred;

	while (*tail != NULL)
		tail = &(*tail)->next;
	return tail;
}

static bool batch_is_empty(const struct riotlb_batch *batch)
{
	return batch->cycle == 0;
}

/* Runs what no lease holds up any more. Returns whether nothing is left. */
static bool drain_leases(struct riotlb *engine)
{
	while (!batch_is_empty(&engine->draining) ||
	       !batch_is_empty(&engine->waiting)) {
		if (batch_is_empty(&engine->draining)) {
			engine->draining = engine->waiting;
			engine->waiting = (struct riotlb_batch){ 0 };
			engine->lease_drain = (struct riotlb_drain){ 0 };
		}
		if (!riotlb_phase_drained(&engine->leases,
					  &engine->lease_drain))
			return false;
		run_batch(engine, &engine->draining);
	}
	return true;
}

/* ---- a cycle --------------------------------------------------- */

static void await_all(struct riotlb *engine)
{
	uint32_t i;

	for (i = 0; i < engine->front.nas; i++)
		riotlb_await_holders(&engine->spaces[i]);
}

static bool has_swapped_table(const struct riotlb_object *list)
{
	for (; list != NULL; list = list->next)
		if (list->kind == RIOTLB_KIND_TABLE)
			return true;
	return false;
}

static void flush(struct riotlb_space *space)
{
	if (space->engine->backlog_cap != 0)
		riotlb_add_relaxed(&space->engine->backlog,
				   riotlb_swap_seq(&space->unflushed, 0));
}

/* Takes what was retired off the stacks, into each AS's `collected`. */
static void collect(struct riotlb *engine)
{
	uint32_t i;

	for (i = 0; i < engine->front.nas; i++) {
		struct riotlb_space *space = &engine->spaces[i];

		if (riotlb_load_relaxed(&space->retired) == 0)
			continue;
		/* [P10:R] */
		space->collected =
			riotlb_ptr_of(riotlb_swap_seq(&space->retired, 0));
		flush(space);
		/* edits that began in a table before it was swapped out */
		if (has_swapped_table(space->collected))
			riotlb_await_holders(space);
	}
}

static void grace_period(struct riotlb *engine)
{
	const struct rcu_flavor_struct *f = engine->front.flavor;

	f->update_synchronize_rcu(); /* [P11:R] */
	riotlb_tsan_grace_period(f);
}

static void release_all(struct riotlb *engine, struct riotlb_batch *batch)
{
	uint32_t i;

	for (i = 0; i < engine->front.nas; i++) {
		struct riotlb_space *space = &engine->spaces[i];
		struct riotlb_object *list = space->collected;

		space->collected = NULL;
		release(space, list, batch);
	}
}

/* Puts what a cycle leaves behind what waits already. */
static void enqueue(struct riotlb *engine, struct riotlb_batch *batch)
{
	struct riotlb_batch *waiting = &engine->waiting;

	*records_tail(batch) = waiting->records;
	waiting->records = batch->records;
	*deferred_tail(batch) = waiting->deferred;
	waiting->deferred = batch->deferred;
	waiting->cycle = batch->cycle;
}

static void maintain_all(struct riotlb *engine)
{
	uint32_t i;

	if (engine->maintain == NULL)
		return;
	for (i = 0; i < engine->front.nas; i++)
		engine->maintain(&engine->spaces[i]);
}

static void cycle_locked(struct riotlb *engine)
{
	struct riotlb_batch batch = {
		.cycle = riotlb_add_seq(&engine->cycle_started, 1) + 1,
	}; /* [P8:W] */

	await_all(engine);
	collect(engine);
	/* [P10:R] */
	batch.deferred = riotlb_ptr_of(riotlb_swap_seq(&engine->deferred, 0));
	grace_period(engine);
	release_all(engine, &batch);
	enqueue(engine, &batch);
	drain_leases(engine);
	if (!engine->muted)
		maintain_all(engine);
}

static bool is_wanted(const struct riotlb *engine)
{
	uint32_t i;

	if (riotlb_load_relaxed(&engine->cycle_wanted) >
	    riotlb_load_relaxed(&engine->cycle_started))
		return true;
	if (riotlb_load_relaxed(&engine->deferred) != 0)
		return true;
	for (i = 0; i < engine->front.nas; i++)
		if (riotlb_load_relaxed(&engine->spaces[i].retired) != 0)
			return true;
	return false;
}

static bool work_left(const struct riotlb *engine)
{
	return is_wanted(engine) || !batch_is_empty(&engine->waiting) ||
	       !batch_is_empty(&engine->draining);
}

/* ---- the reclaiming thread ------------------------------------- */

static void worker_begin(void *ctx)
{
	struct riotlb *engine = ctx;

	/* callbacks may look up */
	riotlb_thread_register(engine);
	riotlb_thread_offline(engine);
}

static void worker_end(void *ctx)
{
	riotlb_thread_online(ctx);
	riotlb_thread_unregister(ctx);
}

static uint64_t worker_step(void *ctx)
{
	struct riotlb *engine = ctx;
	bool busy;

	lock_reclaimer(engine, true);
	busy = is_wanted(engine);
	if (busy)
		cycle_locked(engine);
	else if (!drain_leases(engine))
		busy = true;
	unlock_reclaimer(engine);
	engine->idle_us = busy ? IDLE_MIN_US : engine->idle_us * 2;
	if (engine->idle_us > IDLE_MAX_US)
		engine->idle_us = IDLE_MAX_US;
	return engine->idle_us;
}

static const struct riotlb_worker_ops worker_ops = {
	.begin = worker_begin,
	.step = worker_step,
	.end = worker_end,
};

int riotlb_reclaimer_start(struct riotlb *engine, bool thread,
			   void (*maintain)(struct riotlb_space *space))
{
	engine->maintain = maintain;
	engine->reclaim_lock = riotlb_platform_mutex_new();
	if (engine->reclaim_lock == NULL)
		return -ENOMEM;
	engine->idle_us = IDLE_MIN_US;
	if (!thread)
		return 0;
	return riotlb_platform_worker_start(&worker_ops, engine,
					    &engine->worker);
}

void riotlb_reclaimer_stop(struct riotlb *engine)
{
	if (engine->worker != NULL)
		riotlb_platform_worker_stop(engine->worker);
	engine->worker = NULL;
	/* what is about to go need not be kept in shape, which takes memory */
	engine->maintain = NULL;
	riotlb_reclaimer_finish(engine);
}

void riotlb_reclaimer_finish(struct riotlb *engine)
{
	uint64_t us = WAIT_MIN_US;
	bool online, left = true, may;

	/* inside a section or a callback this would wait for itself */
	may = may_wait(engine, &online);
	RIOTLB_ASSERT(may);
	(void)may;
	while (left) {
		lock_reclaimer(engine, online);
		cycle_locked(engine);
		left = work_left(engine);
		unlock_reclaimer(engine);
		if (left)
			pause_for(&us);
	}
	wait_over(engine, online);
}

void riotlb_reclaimer_free(struct riotlb *engine)
{
	riotlb_platform_mutex_free(engine->reclaim_lock);
}

/* ---- around fork ----------------------------------------------- */

int riotlb_reclaimer_suspend(struct riotlb *engine)
{
	bool online;

	if (!may_wait(engine, &online))
		return -EDEADLK;
	if (engine->worker != NULL)
		riotlb_platform_worker_rest(engine->worker);
	lock_reclaimer(engine, false);
	wait_over(engine, online);
	return 0;
}

void riotlb_reclaimer_resume(struct riotlb *engine)
{
	unlock_reclaimer(engine);
	if (engine->worker != NULL)
		riotlb_platform_worker_wake(engine->worker);
}

int riotlb_reclaimer_adopt(struct riotlb *engine)
{
	bool online;

	if (!may_wait(engine, &online))
		return -EDEADLK;
	wait_over(engine, online);
	if (engine->forking == 0) {
		if (engine->worker != NULL ||
		    !riotlb_platform_trylock(engine->reclaim_lock))
			return -EBUSY;
		return 0;
	}
	/* the lock was taken by this thread, which is the one that forked */
	if (engine->worker == NULL)
		return 0;
	return riotlb_platform_worker_renew(engine->worker);
}

void riotlb_reclaimer_discard(struct riotlb *engine)
{
	const struct rcu_flavor_struct *f = engine->front.flavor;
	bool online = f->read_ongoing() != 0;
	int cancel = riotlb_platform_cancel_off();
	uint32_t i;

	if (online)
		riotlb_thread_offline(engine);
	engine->reclaimer_online = false;
	engine->muted = true;
	riotlb_phase_forked(&engine->leases);
	engine->lease_drain = (struct riotlb_drain){ 0 };
	do
		cycle_locked(engine);
	while (work_left(engine));
	engine->muted = false;
	/* of what others had taken off a table, but not handed over yet */
	for (i = 0; i < engine->front.nas; i++) {
		riotlb_store_relaxed(&engine->spaces[i].retired_bytes, 0);
		riotlb_store_relaxed(&engine->spaces[i].unflushed, 0);
	}
	riotlb_store_relaxed(&engine->backlog, 0);
	wait_over(engine, online);
	riotlb_platform_cancel_restore(cancel);
}

void riotlb_reclaimer_adopted(struct riotlb *engine)
{
	unlock_reclaimer(engine);
}

/* ---- public ---------------------------------------------------- */

static void want(struct riotlb *engine, uint64_t cycle)
{
	uint64_t seen = riotlb_load_relaxed(&engine->cycle_wanted);

	while (seen < cycle &&
	       !riotlb_cas_seq(&engine->cycle_wanted, &seen, cycle))
		;
}

int riotlb_poll(struct riotlb *engine, struct riotlb_token token)
{
	/* a token that no call has given would never be done */
	RIOTLB_ASSERT(token.cycle <=
		      riotlb_load_seq(&engine->cycle_started) + 1);
	/* [P13:R] */
	if (riotlb_load_acquire(&engine->cycle_done) >= token.cycle)
		return 1;
	want(engine, token.cycle);
	return 0;
}

/*
 * A wait may be for a lease that never ends, so it can be given up: where no
 * lock is held, and the thread is online if it was when it called.
 */
static void give_up_if_cancelled(struct riotlb *engine, bool online, int cancel)
{
	wait_over(engine, online);
	riotlb_platform_cancel_point(cancel);
	if (online)
		riotlb_thread_offline(engine);
}

/* One more attempt to get a token done, on the caller's thread. */
static void help(struct riotlb *engine, struct riotlb_token token, bool online)
{
	lock_reclaimer(engine, online);
	if (riotlb_load_relaxed(&engine->cycle_started) < token.cycle)
		cycle_locked(engine);
	else
		drain_leases(engine);
	unlock_reclaimer(engine);
}

int riotlb_wait(struct riotlb *engine, struct riotlb_token token)
{
	uint64_t us = WAIT_MIN_US;
	bool online;
	int cancel;

	if (riotlb_poll(engine, token))
		return 0;
	if (!may_wait(engine, &online))
		return -EDEADLK;
	cancel = riotlb_platform_cancel_off();
	for (;;) {
		help(engine, token, online);
		if (riotlb_poll(engine, token))
			break;
		pause_for(&us);
		give_up_if_cancelled(engine, online, cancel);
	}
	wait_over(engine, online);
	riotlb_platform_cancel_restore(cancel);
	return 0;
}

int riotlb_reclaim(struct riotlb *engine)
{
	bool online, left;
	int cancel;

	if (!may_wait(engine, &online))
		return -EDEADLK;
	cancel = riotlb_platform_cancel_off();
	lock_reclaimer(engine, online);
	cycle_locked(engine);
	left = work_left(engine);
	unlock_reclaimer(engine);
	wait_over(engine, online);
	riotlb_platform_cancel_restore(cancel);
	return left;
}

void riotlb_defer(struct riotlb *engine, struct riotlb_deferred *deferred,
		  void (*fn)(struct riotlb_deferred *self))
{
	uint64_t seen = riotlb_load_relaxed(&engine->deferred);

	deferred->fn = fn;
	do
		deferred->next = riotlb_ptr_of(seen);
	while (!riotlb_cas_seq(&engine->deferred, &seen,
			       riotlb_word_of(deferred)));
	/* [P10:W] */
}

riotlb_lease riotlb_lease_begin(struct riotlb *engine)
{
	return riotlb_phase_begin(&engine->leases,
				  riotlb_platform_thread_index());
}

void riotlb_lease_end(struct riotlb *engine, riotlb_lease lease)
{
	riotlb_phase_end(&engine->leases, lease);
}
