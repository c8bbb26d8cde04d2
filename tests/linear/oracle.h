/* SPDX-License-Identifier: MIT */
/*
 * An order that the search found, run on tests/support/model.c: it has to give
 * every result there, too. So that a history passes never depends on the search
 * or on state.c being right.
 */
#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include "search.h"

/* The model after a history's setup. Ends by model_fini. */
void oracle_start(struct model *m, const struct history *h);
/* What the model holds. False: nothing that the test can have made. */
bool oracle_read(const struct model *m, const struct world *w, struct state *s);
/* What the lookup has to see of this unit. */
struct sight oracle_sight(const struct model *m, const struct history *h,
			  uint32_t asid, const struct look *l,
			  unsigned int unit);
/* Checks (check.h) the order of the last run of the search on `h`. */
void oracle_check(const struct history *h, const struct search *s,
		  unsigned int looks);

#endif
