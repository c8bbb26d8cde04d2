/* SPDX-License-Identifier: MIT */
#include "tally.h"

#include <errno.h>
#include <inttypes.h>

#include "stops.h"

/* ---- adding up ----------------------------------------------------------- */

static enum outcome_of_call outcome_of(int err)
{
	switch (err) {
	case 0:
		return OUT_OK;
	case -EEXIST:
		return OUT_EEXIST;
	case -EFAULT:
		return OUT_EFAULT;
	case -ENOSPC:
		return OUT_ENOSPC;
	case -ENOMEM:
		return OUT_ENOMEM;
	default:
		return OUT_EINVAL;
	}
}

static void add_call(struct tally *t, const struct event *e)
{
	t->calls[e->call.kind][outcome_of(e->result.err)]++;
	t->removed += e->result.removed > 0;
	t->cut += e->result.cut > 0;
}

static void add_look(struct tally *t, const struct event *e)
{
	const struct look *l = &e->look;

	t->several += l->nseen > 1;
	t->by_group += l->by_group;
	for (unsigned int i = 0; i < l->nseen; i++) {
		const struct sight *s = &l->seen[i];

		t->holes += s->err == -EFAULT;
		t->denied += s->err == -EPERM;
		t->identities += !s->err && s->id == IDENTITY;
		t->hits += !s->err && s->id != IDENTITY;
	}
}

/* Does the call change, if it succeeds, what the lookup looks at? */
static bool call_concerns(const struct event *call, const struct look *l)
{
	if (call->kind != EVENT_CALL || call->result.err)
		return false;
	if (call->call.kind == OP_BIND)
		return l->by_group && l->which == call->call.group;
	for (unsigned int i = 0; i < l->nseen; i++) {
		/* a group may stand for any AS */
		unsigned int asid = l->by_group ? call->call.asid : l->which;

		if (call_touches(&call->call, asid, l->seen[i].unit))
			return true;
	}
	return false;
}

struct overlaps {
	bool any;
	bool straddled;
};

static struct overlaps overlaps_of(const struct history *h, unsigned int thread,
				   const struct event *e)
{
	struct overlaps o = { false, false };

	for (unsigned int t = 0; t < h->threads; t++) {
		for (unsigned int i = 0; i < h->n[t] && t != thread; i++) {
			const struct event *other = &h->event[t][i];

			if (!events_overlap(e, other))
				continue;
			o.any = true;
			if (e->kind == EVENT_LOOK)
				o.straddled |= call_concerns(other, &e->look);
		}
	}
	return o;
}

static void add_event(struct tally *t, const struct event *e)
{
	switch (e->kind) {
	case EVENT_CALL:
		add_call(t, e);
		break;
	case EVENT_LOOK:
		add_look(t, e);
		break;
	case EVENT_ITERATE:
		t->iterations += e->iterate.line != 0;
		break;
	case EVENT_STATS:
		t->totals++;
		t->defaults += e->stats.is_default;
		break;
	default:
		t->bindings++;
	}
}

void tally_add(struct tally *t, const struct history *h)
{
	bool any = false;

	t->histories++;
	for (unsigned int thread = 0; thread < h->threads; thread++) {
		for (unsigned int i = 0; i < h->n[thread]; i++) {
			const struct event *e = &h->event[thread][i];
			struct overlaps o = overlaps_of(h, thread, e);

			add_event(t, e);
			any |= o.any && e->kind == EVENT_CALL;
			t->straddled += o.straddled;
		}
	}
	t->overlapping += any;
}

/* ---- quotas -------------------------------------------------------------- */

/* `is` has to be at least `permille` of the histories, and one. */
static bool quota(FILE *out, const struct tally *t, const char *what,
		  uint64_t is, unsigned int permille)
{
	uint64_t want = t->histories * permille / 1000;

	if (is > 0 && is >= want)
		return true;
	if (out)
		fprintf(out, "not enough: %s: %" PRIu64 " of %" PRIu64 "\n",
			what, is, want);
	return false;
}

struct call_quota {
	enum op_kind kind;
	enum outcome_of_call outcome;
	const char *what;
	unsigned int permille;
};

static const struct call_quota common[] = {
	{ OP_SET_MAP, OUT_OK, "set_map", 80 },
	{ OP_SET_MAP, OUT_EEXIST, "set_map, -EEXIST", 1 },
	{ OP_SET_MAP, OUT_EINVAL, "set_map, -EINVAL", 1 },
	{ OP_SET_MAP, OUT_ENOSPC, "set_map, -ENOSPC", 1 },
	{ OP_SET_MAP, OUT_ENOMEM, "set_map, -ENOMEM", 1 },
	{ OP_RESET, OUT_OK, "reset_map", 80 },
	{ OP_BIND, OUT_OK, "set_group_asid", 50 },
};

/* Of profiles that edit, too. */
static const struct call_quota edits[] = {
	{ OP_MAP, OUT_OK, "map", 500 },
	{ OP_MAP, OUT_EEXIST, "map, -EEXIST", 100 },
	{ OP_MAP, OUT_ENOSPC, "map, -ENOSPC", 1 },
	{ OP_MAP, OUT_ENOMEM, "map, -ENOMEM", 5 },
	{ OP_UNMAP, OUT_OK, "unmap", 300 },
	{ OP_UNMAP, OUT_EINVAL, "unmap, -EINVAL", 5 },
	{ OP_UNMAP, OUT_ENOMEM, "unmap, -ENOMEM", 1 },
	{ OP_PROTECT, OUT_OK, "protect", 50 },
	{ OP_PROTECT, OUT_EFAULT, "protect, -EFAULT", 50 },
	{ OP_PROTECT, OUT_EINVAL, "protect, -EINVAL", 10 },
	{ OP_PROTECT, OUT_ENOMEM, "protect, -ENOMEM", 1 },
	{ OP_MAP_BULK, OUT_OK, "map_bulk", 100 },
	{ OP_MAP_BULK, OUT_EEXIST, "map_bulk, -EEXIST", 30 },
	{ OP_MAP_BULK, OUT_ENOMEM, "map_bulk, -ENOMEM", 1 },
	{ OP_APPLY, OUT_OK, "apply", 30 },
	{ OP_APPLY, OUT_EEXIST, "apply, -EEXIST", 5 },
	{ OP_APPLY, OUT_EFAULT, "apply, -EFAULT", 10 },
	{ OP_APPLY, OUT_EINVAL, "apply, -EINVAL", 10 },
	{ OP_APPLY, OUT_ENOMEM, "apply, -ENOMEM", 1 },
};

static bool call_quotas(FILE *out, const struct tally *t,
			const struct call_quota *q, size_t n)
{
	bool enough = true;

	for (size_t i = 0; i < n; i++)
		enough &=
			quota(out, t, q[i].what,
			      t->calls[q[i].kind][q[i].outcome], q[i].permille);
	return enough;
}

bool tally_enough(const struct tally *t, const struct profile *p, FILE *out)
{
	bool enough =
		call_quotas(out, t, common, sizeof(common) / sizeof(*common));

	enough &= quota(out, t, "overlapping histories", t->overlapping, 250);
	enough &= quota(out, t, "entangled histories", t->entangled, 100);
	if (STOPS_AVAILABLE)
		enough &= quota(out, t, "events stopped in the middle",
				t->stopped, 500);
	enough &= quota(out, t, "straddled lookups", t->straddled, 200);
	enough &= quota(out, t, "hits", t->hits, 300);
	enough &= quota(out, t, "hits of the identity", t->identities, 100);
	enough &= quota(out, t, "holes seen", t->holes, 300);
	enough &= quota(out, t, "lookups denied", t->denied, 50);
	enough &= quota(out, t, "lookups by group", t->by_group, 300);
	enough &= quota(out, t, "iterations", t->iterations, 30);
	enough &= quota(out, t, "totals", t->totals, 30);
	enough &= quota(out, t, "totals of a default", t->defaults, 5);
	enough &= quota(out, t, "bindings read", t->bindings, 20);
	if (p->look_units > 1)
		enough &= quota(out, t, "lookups of several bytes", t->several,
				300);
	if (!p->weight[DO_MAP])
		return enough;
	enough &= quota(out, t, "mappings gone", t->removed, 200);
	enough &= quota(out, t, "mappings cut", t->cut, 100);
	enough &= call_quotas(out, t, edits, sizeof(edits) / sizeof(*edits));
	if (p->weight[DO_UNMAP_BULK])
		enough &= quota(out, t, "unmap_bulk",
				t->calls[OP_UNMAP_BULK][OUT_OK], 50);
	return enough;
}

void tally_print(FILE *out, const struct tally *t)
{
	static const char *const kinds[OP_KINDS] = {
		"map",   "unmap",   "protect",   "map_bulk",       "unmap_bulk",
		"apply", "set_map", "reset_map", "set_group_asid",
	};
	static const char *const outcomes[OUTCOMES] = {
		"ok", "-EEXIST", "-EFAULT", "-EINVAL", "-ENOSPC", "-ENOMEM",
	};

	fprintf(out,
		"%" PRIu64 " histories, %" PRIu64 " overlapping, %" PRIu64
		" entangled; %" PRIu64 " searches, %" PRIu64 " points, %" PRIu64
		" at most\n",
		t->histories, t->overlapping, t->entangled, t->searches,
		t->points, t->most_points);
	fprintf(out,
		"  looked up: %" PRIu64 " hits, %" PRIu64
		" identities, %" PRIu64 " holes, %" PRIu64
		" denied; lookups: %" PRIu64 " straddled, %" PRIu64
		" of several bytes, %" PRIu64 " by group\n",
		t->hits, t->identities, t->holes, t->denied, t->straddled,
		t->several, t->by_group);
	fprintf(out,
		"  %" PRIu64 " iterations, %" PRIu64 " totals, %" PRIu64
		" bindings; %" PRIu64 " events stopped in the middle\n",
		t->iterations, t->totals, t->bindings, t->stopped);
	for (unsigned int kind = 0; kind < OP_KINDS; kind++) {
		bool any = false;

		for (unsigned int i = 0; i < OUTCOMES; i++) {
			if (!t->calls[kind][i])
				continue;
			fprintf(out, "%s%s %" PRIu64, any ? ", " : "  ",
				any ? "" : kinds[kind], t->calls[kind][i]);
			if (i != OUT_OK)
				fprintf(out, " %s", outcomes[i]);
			any = true;
		}
		if (any)
			fputc('\n', out);
	}
}
