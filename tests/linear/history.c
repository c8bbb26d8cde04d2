/* SPDX-License-Identifier: MIT */
#include "history.h"

#include <inttypes.h>

void history_start(struct history *h)
{
	h->start = state_initial();
	for (unsigned int i = 0; i < h->nsetup; i++)
		state_call(&h->world, &h->start, &h->setup[i]);
}

bool events_overlap(const struct event *a, const struct event *b)
{
	return a->invoked < b->returned && b->invoked < a->returned;
}

/* ---- printing ------------------------------------------------------------ */

static void print_line(FILE *out, uint64_t line)
{
	for (unsigned int u = 0; u < UNITS; u++) {
		unsigned int cell = line_cell(line, u);

		if (!cell)
			fprintf(out, " -");
		else
			fprintf(out, " %s%u/%u", cell & 1 ? "|" : "~",
				cell_id(cell), cell_perm(cell));
	}
}

void state_print(FILE *out, const struct world *w, const struct state *s)
{
	for (unsigned int asid = 0; asid < SPACES; asid++) {
		fprintf(out, "  as%u%s:", asid,
			s->is_default >> asid & 1 ? " (default)" : "");
		print_line(out, state_view(w, s, asid));
		fputc('\n', out);
	}
	for (unsigned int g = 0; g < GROUPS; g++)
		fprintf(out, "  group %u: as%u\n", g, s->binding >> g & 1);
}

static void print_look(FILE *out, const struct history *h, const struct look *l)
{
	static const char *const names[FORMS] = { "translate", "inline",
						  "vector", "burst", "list" };

	fprintf(out, "%s %s%u want=%u:", names[l->form],
		l->by_group ? "group=" : "as", l->which, l->want);
	for (unsigned int i = 0; i < l->n; i++)
		fprintf(out, " u%u@0x%" PRIx64, l->unit[i],
			h->probe[l->unit[i]]);
	fprintf(out, "\n    saw");
	for (unsigned int i = 0; i < l->nseen; i++) {
		const struct sight *s = &l->seen[i];

		if (s->err)
			fprintf(out, " u%u=%s", s->unit, error_name(s->err));
		else
			fprintf(out, " u%u=%u/%u", s->unit, s->id, s->perm);
	}
	fputc('\n', out);
}

static void print_call(FILE *out, const struct history *h,
		       const struct event *e)
{
	struct riotlb_op many[ENTRIES];
	struct op op = call_op(h->world.board, &e->call, many);
	const struct result *r = &e->result;

	op_print(out, &op);
	fprintf(out,
		"    = %s removed=%" PRIu64 " cut=%" PRIu64 " bytes=0x%" PRIx64
		" index=%" PRIu64 "\n",
		error_name(r->err), r->removed, r->cut, r->bytes, r->index);
}

void event_print(FILE *out, const struct history *h, const struct event *e)
{
	fprintf(out, "  [%" PRIu64 ", %" PRIu64 "] ", e->invoked, e->returned);
	switch (e->kind) {
	case EVENT_CALL:
		print_call(out, h, e);
		break;
	case EVENT_LOOK:
		print_look(out, h, &e->look);
		break;
	case EVENT_ITERATE:
		fprintf(out, "iterate as%u u%u..u%u =", e->iterate.asid,
			e->iterate.first, e->iterate.last);
		print_line(out, e->iterate.line);
		fputc('\n', out);
		break;
	case EVENT_STATS:
		fprintf(out,
			"get_stats as%u = %" PRIu64 " mappings, %" PRIu64
			":0x%" PRIx64 " bytes%s\n",
			e->stats.asid, e->stats.mappings, e->stats.bytes.hi,
			e->stats.bytes.lo,
			e->stats.is_default ? ", default" : "");
		break;
	case EVENT_BINDING:
		fprintf(out, "get_group_asid group=%u = as%u\n",
			e->binding.group, e->binding.asid);
		break;
	case EVENT_KINDS:
		break;
	}
	if (e->broken)
		fprintf(out, "    NO STATE GIVES THIS: %s\n", e->broken);
}

static void print_board(FILE *out, const struct board *b)
{
	fprintf(out, "board %s:", b->name);
	for (unsigned int u = 0; u < UNITS; u++)
		fprintf(out, " u%u=[0x%" PRIx64 ", 0x%" PRIx64 "]", u,
			board_start(b, u), board_last(b, u));
	fprintf(out, "\nbelow, id/perm is a mapping's (its host address is the "
		     "id << 44 and more; 0 is the identity), | begins one, "
		     "~ goes on\n");
}

void history_print(FILE *out, const struct history *h)
{
	print_board(out, h->world.board);
	for (unsigned int asid = 0; asid < SPACES; asid++)
		if (h->world.limit[asid])
			fprintf(out, "as%u: %u mappings at most\n", asid,
				h->world.limit[asid]);
	fprintf(out, "at the start:\n");
	state_print(out, &h->world, &h->start);
	for (unsigned int t = 0; t < h->threads; t++) {
		fprintf(out, "thread %u:\n", t);
		for (unsigned int i = 0; i < h->n[t]; i++)
			event_print(out, h, &h->event[t][i]);
	}
	if (h->has_final) {
		fprintf(out, "at the end:\n");
		state_print(out, &h->world, &h->final);
	}
}
