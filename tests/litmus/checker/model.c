/* SPDX-License-Identifier: MIT */
/*
 * RC11 (Lahav, Vafeiadis, Kang, Hur, Dreyer: "Repairing Sequential Consistency
 * in C/C++11", PLDI 2017), with C++20's release sequences, which are shorter
 * and so promise less; and RCU's guarantee: of a grace period and a read-side
 * section, either the section ends before the grace period does, or the grace
 * period starts before the section does.
 *
 * "Before" is meant as between sequentially consistent fences, not as "happens
 * before": it is what the barriers give that liburcu runs, or has the kernel
 * run, in each reader at the beginning and the end of a grace period. A section
 * is no fence for anything else.
 */
#include "execution.h"

struct kinds {
	events all, reads, writes, updates, fences;
	events acquire, release, seq_cst;
	events locks, unlocks;
};

static bool acquires(enum order order)
{
	return order == ACQUIRE || order == ACQ_REL || order == SEQ_CST;
}

static bool releases(enum order order)
{
	return order == RELEASE || order == ACQ_REL || order == SEQ_CST;
}

static bool is_fence(enum op op)
{
	return op == OP_FENCE || op == OP_GRACE_PERIOD;
}

static struct kinds kinds_of(const struct execution *x)
{
	struct kinds k = { 0 };
	int i;

	for (i = 0; i < x->n; i++) {
		const struct event *e = &x->events[i];
		events bit = event_bit(i);

		k.all |= bit;
		k.reads |= op_reads(e->op) ? bit : 0;
		k.writes |= op_writes(e->op) ? bit : 0;
		k.fences |= is_fence(e->op) ? bit : 0;
		k.acquire |= acquires(e->order) ? bit : 0;
		k.release |= releases(e->order) ? bit : 0;
		k.seq_cst |= e->order == SEQ_CST ? bit : 0;
		k.locks |= e->op == OP_RCU_LOCK ? bit : 0;
		k.unlocks |= e->op == OP_RCU_UNLOCK ? bit : 0;
	}
	k.updates = k.reads & k.writes;
	return k;
}

static struct relation same_location(const struct execution *x,
				     const struct kinds *k)
{
	struct relation out = rel_empty(x->n);
	events accesses = k->reads | k->writes;
	int a, b;

	for (a = 0; a < x->n; a++)
		for (b = 0; b < x->n; b++)
			if (event_in(accesses, a) && event_in(accesses, b) &&
			    x->events[a].location == x->events[b].location)
				relate(&out, a, b);
	return out;
}

/* rb = rf^-1;mo, without an update before itself */
static struct relation reads_before(const struct execution *x)
{
	struct relation inverse = rel_inverse(&x->rf);
	struct relation out = rel_then(&inverse, &x->mo);
	int i;

	for (i = 0; i < x->n; i++)
		out.row[i] &= ~event_bit(i);
	return out;
}

/*
 * sw = ([release writes] | [release fences];sb;[W]) ; (rf;[updates])* ; rf ;
 *      ([acquire reads] | [R];sb;[acquire fences])
 */
static struct relation synchronises(const struct execution *x,
				    const struct kinds *k)
{
	struct relation through = rel_between(k->writes, &x->rf, k->updates);
	struct relation out, step, ends;

	out = rel_identity(x->n, k->writes & k->release);
	step = rel_between(k->fences & k->release, &x->sb, k->writes);
	out = rel_or(&out, &step);

	through = rel_plus(&through);
	through = rel_maybe(&through);
	out = rel_then(&out, &through);
	out = rel_then(&out, &x->rf);

	ends = rel_identity(x->n, k->reads & k->acquire);
	step = rel_between(k->reads, &x->sb, k->fences & k->acquire);
	ends = rel_or(&ends, &step);
	return rel_then(&out, &ends);
}

struct derived {
	struct relation loc, rb, eco, hb;
};

static struct derived derive(const struct execution *x, const struct kinds *k)
{
	struct derived d;
	struct relation step;

	d.loc = same_location(x, k);
	d.rb = reads_before(x);
	step = rel_or(&x->rf, &x->mo);
	step = rel_or(&step, &d.rb);
	d.eco = rel_plus(&step);
	step = synchronises(x, k);
	step = rel_or(&step, &x->sb);
	d.hb = rel_plus(&step);
	return d;
}

/*
 * Each location by itself behaves as one word of memory does. An update is one
 * event, so that eco would lead from it to itself if a write came between its
 * read and its write.
 */
static bool is_coherent(const struct derived *d)
{
	struct relation stale = rel_then(&d->hb, &d->eco);

	return rel_irreflexive(&d->hb) && rel_irreflexive(&stale) &&
	       rel_irreflexive(&d->eco);
}

/* scb = sb | (sb\loc);hb;(sb\loc) | hb&loc | mo | rb */
static struct relation sc_before(const struct execution *x,
				 const struct derived *d)
{
	struct relation other = rel_minus(&x->sb, &d->loc), out, step;

	out = rel_then(&other, &d->hb);
	out = rel_then(&out, &other);
	out = rel_or(&out, &x->sb);
	step = rel_and(&d->hb, &d->loc);
	out = rel_or(&out, &step);
	out = rel_or(&out, &x->mo);
	return rel_or(&out, &d->rb);
}

/*
 * psc: what is ordered between sequentially consistent accesses and fences. The
 * beginning of a section may stand where a fence does on the left, its end
 * where one does on the right: nothing leads to the one and from the other but
 * a grace period (see grace_periods_fit).
 */
static struct relation partial_sc(const struct execution *x,
				  const struct kinds *k,
				  const struct derived *d)
{
	events from = (k->fences & k->seq_cst) | k->locks;
	events to = (k->fences & k->seq_cst) | k->unlocks;
	struct relation hb = rel_maybe(&d->hb), scb = sc_before(x, d);
	struct relation left, right, out, step;

	left = rel_between(from, &hb, k->all);
	step = rel_identity(x->n, k->seq_cst);
	left = rel_or(&left, &step);
	right = rel_between(k->all, &hb, to);
	right = rel_or(&right, &step);
	out = rel_then(&left, &scb);
	out = rel_then(&out, &right);

	step = rel_then(&d->hb, &d->eco);
	step = rel_then(&step, &d->hb);
	step = rel_or(&step, &d->hb);
	step = rel_between(from, &step, to);
	return rel_or(&out, &step);
}

/* The end of the section that begins at `lock`, or NONE if it never ends. */
static int section_end(const struct execution *x, int lock)
{
	int i, depth = 0;

	for (i = lock;
	     i < x->n && x->events[i].thread == x->events[lock].thread; i++) {
		if (x->events[i].op == OP_RCU_LOCK)
			depth++;
		else if (x->events[i].op == OP_RCU_UNLOCK && --depth == 0)
			return i;
	}
	return NONE;
}

/*
 * Is there, for each section and each grace period from `lock` and `grace` on,
 * an answer to "which was first" with which psc has no cycle?
 */
static bool grace_periods_fit(const struct execution *x, struct relation psc,
			      int lock, int grace)
{
	struct relation other = psc;
	int end;

	for (; lock < x->n; lock++, grace = 0) {
		if (x->events[lock].op != OP_RCU_LOCK)
			continue;
		while (grace < x->n && x->events[grace].op != OP_GRACE_PERIOD)
			grace++;
		if (grace == x->n)
			continue;
		relate(&psc, grace, lock);
		if (grace_periods_fit(x, psc, lock, grace + 2))
			return true;
		end = section_end(x, lock);
		if (end == NONE)
			return false;
		relate(&other, end, grace + 1);
		return grace_periods_fit(x, other, lock, grace + 2);
	}
	return rel_acyclic(&psc);
}

bool model_allows(const struct execution *x, bool load_buffering)
{
	struct kinds k = kinds_of(x);
	struct derived d = derive(x, &k);
	struct relation order = rel_or(&x->sb, &x->rf);

	return is_coherent(&d) && (load_buffering || rel_acyclic(&order)) &&
	       grace_periods_fit(x, partial_sc(x, &k, &d), 0, 0);
}
