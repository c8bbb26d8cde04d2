/* SPDX-License-Identifier: MIT */
/*
 * What some threads did, when, and what they got.
 *
 * Time is a counter that every thread adds to, once before a call and once
 * after it. All additions are sequentially consistent operations on one object:
 * if a call's `returned` is less than another's `invoked`, then the first
 * happened before the second, in the sense of C11, so a checker may insist on
 * that order. Nothing is claimed the other way round: the additions stand
 * outside of the calls, so intervals come out too long, never too short, and
 * the checker may miss a violation but cannot invent one.
 */
#ifndef TESTS_HISTORY_H
#define TESTS_HISTORY_H

#include "state.h"

enum {
	THREADS_MAX = 4,
	EVENTS_MAX = 8, /* of a thread */
	SETUP_MAX = 8,
};

enum event_kind {
	EVENT_CALL,    /* an update */
	EVENT_LOOK,    /* a lookup */
	EVENT_ITERATE, /* riotlb_iterate */
	EVENT_STATS,   /* riotlb_get_stats */
	EVENT_BINDING, /* riotlb_get_group_asid */
	EVENT_KINDS,
};

enum look_form {
	FORM_TRANSLATE, /* with more than one unit: as far as it reached */
	FORM_INLINE,
	FORM_VECTOR,
	FORM_BURST,
	FORM_LIST,
	FORMS,
};

/* What one byte translated to; perm 0: granted what was wanted, no more said */
struct sight {
	int err;
	uint8_t unit;
	uint8_t id;
	uint8_t perm;
};

struct look {
	uint8_t form;
	bool by_group;
	uint8_t which; /* the asid or the group */
	uint8_t want;
	uint8_t n; /* units asked for */
	uint8_t unit[UNITS];
	uint8_t nseen; /* of them, those of which something is known */
	struct sight seen[UNITS];
};

struct event {
	enum event_kind kind;
	uint64_t invoked;
	uint64_t returned;
	union {
		struct {
			struct call call;
			struct result result;
		};
		struct look look;
		struct {
			uint8_t asid, first, last;
			uint64_t line;
		} iterate;
		struct {
			uint8_t asid;
			bool is_default;
			uint64_t mappings;
			struct riotlb_bytes bytes;
		} stats;
		struct {
			uint8_t group;
			uint8_t asid;
		} binding;
	};
	const char *broken; /* the answer makes no sense in any state */
};

struct history {
	struct world world;
	uint64_t probe[UNITS]; /* of each unit the byte that is looked up */
	struct call setup[SETUP_MAX];
	unsigned int nsetup;
	struct state start; /* after the setup */
	unsigned int threads;
	unsigned int n[THREADS_MAX];
	struct event event[THREADS_MAX][EVENTS_MAX];
	bool has_final;
	struct state final; /* what was found when all were done */
};

/* Runs the setup on the model. */
void history_start(struct history *h);
/* Do they overlap in time? */
bool events_overlap(const struct event *a, const struct event *b);

void event_print(FILE *out, const struct history *h, const struct event *e);
void history_print(FILE *out, const struct history *h);
void state_print(FILE *out, const struct world *w, const struct state *s);

#endif
