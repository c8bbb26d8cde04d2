/* SPDX-License-Identifier: MIT */
/*
 * Things that one thread alone changes, from one version to the next, so that
 * everybody knows what each version holds.
 *
 * The paired places of the AS from SPACE_PUBLISHED on change together: a
 * version is either a reset or, at all of them, a new block with the version's
 * number. A reader that saw one place in a version may not see another in an
 * earlier one. What the default state has at paired places goes when anything
 * else is mapped; so in a version that is a reset they may be found empty.
 *
 * The bindings of a group are a fixed sequence of AS.
 */
#ifndef TORTURE_HISTORY_H
#define TORTURE_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

/* No version: of a block that a call brings which must fail. */
#define VERSION_NEVER UINT64_MAX

void history_reset(uint64_t seed);

/* ---- paired places ------------------------------------------------------- */

bool version_is_reset(uint32_t asid, uint64_t version);
/* Before and after the call, by the publisher. */
void version_begin(uint32_t asid, uint64_t version);
void version_done(uint32_t asid, uint64_t version);
/* The last that is over, and the last that may show. */
uint64_t version_over(uint32_t asid);
uint64_t version_begun(uint32_t asid);

/* ---- groups -------------------------------------------------------------- */

uint32_t binding_of(uint32_t group, uint64_t version);
void binding_begin(uint32_t group, uint64_t version);
void binding_done(uint32_t group, uint64_t version);
uint64_t binding_over(uint32_t group);
uint64_t binding_begun(uint32_t group);
/* The AS of these versions, as a mask. */
unsigned int bindings_of(uint32_t group, uint64_t from, uint64_t to);

#endif
