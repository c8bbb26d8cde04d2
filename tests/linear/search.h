/* SPDX-License-Identifier: MIT */
/*
 * Is there an order of a history's events that respects real time and gives
 * everybody the results they got?
 *
 * The search is Wing and Gong's with Lowe's memory: from a point, given by how
 * far each thread is and the state of the model, go on with any event that was
 * invoked before every other pending one returned, if its result fits; never
 * visit a point twice. A query, or an update that failed, is taken at once and
 * without alternatives if it fits: it changes nothing wherever it stands, so
 * whatever could come before it can as well come after it.
 *
 * Two steps are made of a lookup by group: which AS, and what is there. The
 * library promises each of them an instant, not both the same: a lookup under
 * way may find the AS that the group has just left already changed.
 */
#ifndef TESTS_SEARCH_H
#define TESTS_SEARCH_H

#include "history.h"

/*
 * All updates, iterations and totals are looked at in any case; of the lookups
 * those of one byte, all of those that saw one byte only, or all, where what
 * one call saw of several bytes was there at one instant.
 */
enum {
	LOOKS_AT_ONE = UNITS,
	LOOKS_AT_ALL,
	LOOKS_NONE,
};

struct search;

struct search *search_new(void);
void search_free(struct search *s);
/*
 * From now on without memory and shortcuts: every order is tried. For a test of
 * these, on histories of a few events.
 */
void search_plainly(struct search *s);

enum verdict {
	LINEARIZABLE,
	NOT_LINEARIZABLE,
	GAVE_UP, /* too many points */
};

/* `looks`: a unit, or one of the above. */
enum verdict search_run(struct search *s, const struct history *h,
			unsigned int looks);

/* Points visited by the last run. */
uint64_t search_points(const struct search *s);

enum step_kind {
	STEP_EVENT,
	STEP_RESOLVE,   /* the first of the two of a lookup by group */
	STEP_NO_MEMORY, /* an update that changes nothing because of -ENOMEM */
};

struct step {
	uint8_t thread;
	uint8_t index;
	uint8_t kind;
};

/* The order that was found, or the longest that was tried. */
unsigned int search_order(const struct search *s, const struct step **order);

/* Is the event's sight of `unit` (looks of several: of all) part of the run? */
bool search_includes(const struct event *e, unsigned int looks);

#endif
