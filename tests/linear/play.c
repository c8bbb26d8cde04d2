/* SPDX-License-Identifier: MIT */
#include "play.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <riotlb/inline.h>
#include <riotlb/rcu.h>

#include "check.h"
#include "hooks.h"
#include "retired.h"
#include "stall.h"
#include "stops.h"

enum {
	SEGMENTS = 64,
	LG_YIELDS = 6,
	LG_SPINS = 9,
	STOPS = 8, /* of one event, at most */
	LG_STOPS_APART = 6,
	STOP_TICKS = 4,   /* of the clock that a stop lasts, at most */
	STOP_YIELDS = 16, /* but nobody waits for who waits for it */
};

struct player {
	struct play *play;
	pthread_t thread;
	unsigned int index;
	struct rng rng;
	unsigned int stops;   /* left, for the event at hand */
	uint64_t stops_apart; /* accesses, on average */
	uint64_t stopped;     /* events that others got on in the middle of */
	bool progress;
};

struct play {
	struct riotlb *engine;
	struct hooks hooks;
	struct riotlb_allocator allocator;
	struct retired retired;
	struct history *h;
	struct player player[THREADS_MAX];
	pthread_t thread[THREADS_MAX];
	unsigned int threads;
	struct staller staller;
	pthread_barrier_t barrier;
	bool over;
	atomic_uint ready;
	/* see history.h for why this orders what it orders */
	atomic_uint_fast64_t clock;
};

/* The player that this thread is; NULL on other threads. */
static _Thread_local struct player *self;

/* ---- wider windows ------------------------------------------------------- */

/* Lets others run, where the library calls out in the middle of an update. */
static void give_way(void)
{
	if (!self || rng_percent(&self->rng, 70))
		return;
	for (uint64_t n = rng_log(&self->rng, LG_YIELDS - 2); n; n--)
		sched_yield();
}

static void *alloc(void *ctx, size_t size, size_t align)
{
	struct play *p = ctx;

	give_way();
	return p->hooks.allocator.alloc(p->hooks.allocator.ctx, size, align);
}

static void dealloc(void *ctx, void *ptr, size_t size)
{
	struct play *p = ctx;

	p->hooks.allocator.free(p->hooks.allocator.ctx, ptr, size);
}

static void sync_hook(void *ctx, uint32_t asid, uint64_t start, uint64_t last)
{
	(void)ctx;
	(void)asid;
	(void)start;
	(void)last;
	give_way();
}

static void spin(struct rng *rng)
{
	for (uint64_t n = rng_log(rng, LG_SPINS); n; n--)
		atomic_signal_fence(memory_order_seq_cst);
}

/* Between two accesses: until others have got on, most often not at all. */
static void stop_here(void)
{
	struct player *me = self;
	uint64_t now, until;

	if (!me || !me->stops || rng_below(&me->rng, me->stops_apart))
		return;
	me->stops--;
	now = atomic_load(&me->play->clock);
	until = now + 1 + rng_below(&me->rng, STOP_TICKS);
	for (int n = 0; n < STOP_YIELDS; n++) {
		if (atomic_load(&me->play->clock) >= until)
			break;
		sched_yield();
	}
	me->progress |= atomic_load(&me->play->clock) != now;
}

static void begin(struct play *p, struct event *e)
{
	struct player *me = self;

	me->progress = false;
	me->stops_apart = 2 + rng_log(&me->rng, LG_STOPS_APART);
	e->invoked = atomic_fetch_add(&p->clock, 1);
	me->stops = rng_percent(&me->rng, 50) ? STOPS : 0;
}

static void end(struct play *p, struct event *e)
{
	self->stops = 0;
	e->returned = atomic_fetch_add(&p->clock, 1);
	self->stopped += self->progress;
}

/* ---- lookups ------------------------------------------------------------- */

static void saw(struct history *h, struct event *e, unsigned int unit, int err,
		uint64_t addr, uint32_t perm)
{
	struct sight *s = &e->look.seen[e->look.nseen++];

	*s = (struct sight){ .err = err, .unit = (uint8_t)unit };
	if (err) {
		if (err != -EFAULT && err != -EPERM)
			e->broken = "a lookup's error";
		return;
	}
	s->id = (uint8_t)board_id(h->world.board, h->probe[unit], addr);
	s->perm = (uint8_t)perm;
	if (s->id >= ID_NONE)
		e->broken = "an address that nobody mapped";
}

/* What the answer says about the bytes that were asked for, or some of them. */
static void saw_segment(struct history *h, struct event *e,
			const struct riotlb_segment *seg, bool exact)
{
	struct look *l = &e->look;

	if (seg->iova > seg->last)
		e->broken = "a segment that ends before it begins";
	for (unsigned int i = l->nseen; i < l->n; i++) {
		uint64_t iova = h->probe[l->unit[i]];

		if (iova < seg->iova || iova > seg->last)
			return;
		saw(h, e, l->unit[i], 0, seg->addr + (iova - seg->iova),
		    exact || i == 0 ? seg->perm : 0);
	}
}

static void translate(struct play *p, struct event *e)
{
	struct look *l = &e->look;
	uint64_t iova = p->h->probe[l->unit[0]];
	uint64_t last = p->h->probe[l->unit[l->n - 1]];
	struct riotlb_segment seg;
	int err;

	begin(p, e);
	if (l->form == FORM_INLINE)
		err = l->by_group ? riotlb_inline_group_translate(
					    p->engine, l->which, iova, last,
					    l->want, &seg)
				  : riotlb_inline_translate(p->engine, l->which,
							    iova, last, l->want,
							    &seg);
	else
		err = l->by_group ? riotlb_group_translate(p->engine, l->which,
							   iova, last, l->want,
							   &seg)
				  : riotlb_translate(p->engine, l->which, iova,
						     last, l->want, &seg);
	end(p, e);
	if (err)
		saw(p->h, e, l->unit[0], err, 0, 0);
	else
		saw_segment(p->h, e, &seg, false);
}

static void translate_vec(struct play *p, struct event *e)
{
	struct look *l = &e->look;
	uint64_t iova = p->h->probe[l->unit[0]];
	uint64_t last = p->h->probe[l->unit[l->n - 1]];
	struct riotlb_segment segs[SEGMENTS];
	uint64_t stop = 0;
	size_t n = 0;
	int err;

	begin(p, e);
	err = l->by_group
		      ? riotlb_group_translate_vec(p->engine, l->which, iova,
						   last, l->want, segs,
						   SEGMENTS, &n, &stop)
		      : riotlb_translate_vec(p->engine, l->which, iova, last,
					     l->want, segs, SEGMENTS, &n,
					     &stop);
	end(p, e);
	for (size_t i = 0; i < n; i++)
		saw_segment(p->h, e, &segs[i], true);
	if (!err && l->nseen < l->n)
		e->broken = "a vector that leaves bytes out";
	/* where it failed is worth knowing if that is a byte that counts */
	if (err && err != -ENOBUFS && l->nseen < l->n &&
	    p->h->probe[l->unit[l->nseen]] == stop)
		saw(p->h, e, l->unit[l->nseen], err, 0, 0);
}

static void translate_burst(struct play *p, struct event *e)
{
	struct look *l = &e->look;
	struct riotlb_request request[UNITS] = { 0 };
	struct riotlb_answer answer[UNITS];

	for (unsigned int i = 0; i < l->n; i++) {
		request[i].iova = request[i].last = p->h->probe[l->unit[i]];
		request[i].want = l->want;
	}
	begin(p, e);
	if (l->by_group)
		riotlb_group_translate_burst(p->engine, l->which, request, l->n,
					     answer);
	else
		riotlb_translate_burst(p->engine, l->which, request, l->n,
				       answer);
	end(p, e);
	for (unsigned int i = 0; i < l->n; i++)
		saw(p->h, e, l->unit[i], answer[i].status, answer[i].addr,
		    answer[i].perm);
}

static void translate_list(struct play *p, struct event *e)
{
	struct look *l = &e->look;
	uint64_t iova[UNITS], addr[UNITS];
	size_t done = 0;
	int err;

	for (unsigned int i = 0; i < l->n; i++)
		iova[i] = p->h->probe[l->unit[i]];
	begin(p, e);
	err = l->by_group
		      ? riotlb_group_translate_list(p->engine, l->which, iova,
						    l->n, 0, l->want, addr,
						    &done)
		      : riotlb_translate_list(p->engine, l->which, iova, l->n,
					      0, l->want, addr, &done);
	end(p, e);
	if (done > l->n || (err != 0) != (done < l->n)) {
		e->broken = "a list's count";
		return;
	}
	for (unsigned int i = 0; i < done; i++)
		saw(p->h, e, l->unit[i], 0, addr[i], 0);
	if (err)
		saw(p->h, e, l->unit[done], err, 0, 0);
}

static void do_look(struct play *p, struct event *e, struct rng *rng)
{
	riotlb_read_enter(p->engine);
	/* a section that is older than the lookup makes no difference */
	spin(rng);
	switch (e->look.form) {
	case FORM_VECTOR:
		translate_vec(p, e);
		break;
	case FORM_BURST:
		translate_burst(p, e);
		break;
	case FORM_LIST:
		translate_list(p, e);
		break;
	default:
		translate(p, e);
	}
	riotlb_read_exit(p->engine);
}

/* ---- other calls --------------------------------------------------------- */

static void do_call(struct play *p, struct event *e)
{
	struct riotlb_op many[ENTRIES];
	struct op op = call_op(p->h->world.board, &e->call, many);
	struct riotlb_report r;
	int err;

	begin(p, e);
	err = op_on_engine(p->engine, &op, &r);
	end(p, e);
	e->result = (struct result){ .err = err,
				     .removed = r.removed,
				     .cut = r.cut,
				     .bytes = r.bytes.lo,
				     .index = r.index };
	if (r.bytes.hi || (err && r.token.cycle))
		e->broken = "a report";
}

/* Returns what is wrong with the answer, or NULL. */
static const char *iterate(struct play *p, uint32_t asid, unsigned int first,
			   unsigned int last, uint64_t *line)
{
	const struct board *b = p->h->world.board;
	struct riotlb_mapping out[UNITS + 1];
	size_t n;

	if (riotlb_iterate(p->engine, asid, board_start(b, first),
			   board_last(b, last), out, UNITS + 1, &n, NULL, NULL))
		return "more mappings than units";
	return line_from(b, out, n, line) ? NULL : "a mapping nobody made";
}

static void do_stats(struct play *p, struct event *e)
{
	struct riotlb_stats stats;
	int err;

	begin(p, e);
	err = riotlb_get_stats(p->engine, e->stats.asid, &stats);
	end(p, e);
	check_eq(err, 0);
	e->stats.is_default = stats.is_default;
	e->stats.mappings = stats.mappings;
	e->stats.bytes = stats.bytes;
}

static void do_binding(struct play *p, struct event *e)
{
	uint32_t asid = SPACES;
	int err;

	begin(p, e);
	err = riotlb_get_group_asid(p->engine, e->binding.group, &asid);
	end(p, e);
	check_eq(err, 0);
	e->binding.asid = (uint8_t)asid;
}

static void do_event(struct play *p, struct event *e, struct rng *rng)
{
	switch (e->kind) {
	case EVENT_CALL:
		do_call(p, e);
		break;
	case EVENT_LOOK:
		do_look(p, e, rng);
		break;
	case EVENT_ITERATE:
		begin(p, e);
		e->broken = iterate(p, e->iterate.asid, e->iterate.first,
				    e->iterate.last, &e->iterate.line);
		end(p, e);
		break;
	case EVENT_STATS:
		do_stats(p, e);
		break;
	default:
		do_binding(p, e);
	}
}

/* ---- threads ------------------------------------------------------------- */

/* So that nobody is done before the last has been woken. */
static void await_others(struct play *p)
{
	unsigned int spins = 0;

	atomic_fetch_add(&p->ready, 1);
	while (atomic_load(&p->ready) < p->threads)
		if (++spins % 64 == 0)
			sched_yield();
}

static void *player_main(void *arg)
{
	struct player *me = arg;
	struct play *p = me->play;

	self = me;
	riotlb_thread_register(p->engine);
	for (;;) {
		struct history *h;

		riotlb_thread_offline(p->engine);
		pthread_barrier_wait(&p->barrier);
		if (p->over)
			break;
		h = p->h;
		riotlb_thread_online(p->engine);
		await_others(p);
		for (unsigned int i = 0; i < h->n[me->index]; i++) {
			spin(&me->rng);
			do_event(p, &h->event[me->index][i], &me->rng);
		}
		riotlb_thread_offline(p->engine);
		pthread_barrier_wait(&p->barrier);
	}
	riotlb_thread_online(p->engine);
	riotlb_thread_unregister(p->engine);
	return NULL;
}

static void create_engine(struct play *p, const struct variant *v,
			  const struct rcu_flavor_struct *flavor)
{
	struct riotlb_mapping list[SPACES][2];
	struct riotlb_default defaults[SPACES];
	struct riotlb_limits limits[SPACES] = { 0 };
	struct riotlb_attr attr;

	hooks_init(&p->hooks);
	p->allocator = (struct riotlb_allocator){ .alloc = alloc,
						  .free = dealloc,
						  .ctx = p };
	riotlb_attr_init(&attr);
	attr.nas = SPACES;
	attr.ngroups = GROUPS;
	attr.defaults = defaults;
	attr.limits = limits;
	attr.allocator = &p->allocator;
	attr.flavor = flavor;
	attr.hook_ctx = &p->retired;
	attr.retire = v->retire ? retired_add : NULL;
	attr.sync = v->sync ? sync_hook : NULL;
	for (unsigned int asid = 0; asid < SPACES; asid++) {
		defaults[asid] = world_default(&v->world, asid, list[asid]);
		limits[asid].mappings = v->world.limit[asid];
	}
	check_eq(riotlb_create(&attr, &p->engine), 0);
}

struct play *play_begin(const struct variant *v,
			const struct rcu_flavor_struct *flavor, uint64_t seed)
{
	struct play *p = calloc(1, sizeof(*p));

	check(p);
	/* before the engine's own thread reads it */
	stops_hook = stop_here;
	create_engine(p, v, flavor);
	p->threads = v->threads;
	check_eq(pthread_barrier_init(&p->barrier, NULL, v->threads + 1), 0);
	for (unsigned int t = 0; t < v->threads; t++) {
		struct player *one = &p->player[t];

		one->play = p;
		one->index = t;
		one->rng.state = seed * THREADS_MAX + t;
		check_eq(pthread_create(&p->thread[t], NULL, player_main, one),
			 0);
	}
	/* one or the other: the staller takes a CPU for itself */
	if (!STOPS_AVAILABLE)
		stall_begin(&p->staller, p->thread, p->threads, LG_YIELDS);
	return p;
}

uint64_t play_stopped(const struct play *p)
{
	uint64_t n = 0;

	for (unsigned int t = 0; t < p->threads; t++)
		n += p->player[t].stopped;
	return n;
}

void play_end(struct play *p)
{
	p->over = true;
	if (!STOPS_AVAILABLE)
		stall_end(&p->staller);
	pthread_barrier_wait(&p->barrier);
	for (unsigned int t = 0; t < p->threads; t++)
		check_eq(pthread_join(p->thread[t], NULL), 0);
	pthread_barrier_destroy(&p->barrier);
	riotlb_destroy(p->engine);
	hooks_check_empty(&p->hooks);
	free(p);
}

/* ---- histories ----------------------------------------------------------- */

/* Alone, so that engine and model agree call by call. */
static void set_up(struct play *p, const struct history *h)
{
	struct state state = state_initial();

	for (unsigned int i = 0; i < h->nsetup; i++) {
		struct result want =
			state_call(&h->world, &state, &h->setup[i]);
		struct riotlb_op many[ENTRIES];
		struct op op = call_op(h->world.board, &h->setup[i], many);
		struct riotlb_report r;
		int err = op_on_engine(p->engine, &op, &r);

		/* the first calls replace whatever was there: no counts */
		check_eq(err, want.err);
		check_eq(r.removed, want.removed);
		check_eq(r.bytes.lo, want.bytes);
	}
}

static void look_at_the_end(struct play *p, struct history *h)
{
	struct riotlb_stats stats;
	uint32_t bound;

	h->final = (struct state){ 0 };
	for (uint8_t asid = 0; asid < SPACES; asid++) {
		uint64_t line;
		const char *wrong = iterate(p, asid, 0, UNITS - 1, &line);

		if (wrong)
			check_fail("at the end, in AS %u: %s\n", asid, wrong);
		check_eq(riotlb_get_stats(p->engine, asid, &stats), 0);
		h->final.is_default |= (uint8_t)(stats.is_default << asid);
		h->final.live[asid] = stats.is_default ? 0 : line;
		check_eq(stats.mappings, line_mappings(line));
	}
	for (uint8_t g = 0; g < GROUPS; g++) {
		check_eq(riotlb_get_group_asid(p->engine, g, &bound), 0);
		h->final.binding |= (uint8_t)(bound << g);
	}
	h->has_final = true;
}

void play_history(struct play *p, struct history *h, unsigned int refuse)
{
	set_up(p, h);
	p->h = h;
	atomic_store(&p->ready, 0);
	atomic_store(&p->clock, 1);
	hooks_refuse_nth(&p->hooks, refuse);
	pthread_barrier_wait(&p->barrier);
	pthread_barrier_wait(&p->barrier);
	hooks_refuse_nth(&p->hooks, 0);
	look_at_the_end(p, h);
}
