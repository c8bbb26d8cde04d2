/* SPDX-License-Identifier: MIT */
/*
 * A subject is a translation structure under measurement: riotlb, and what it
 * is compared with. All get the same mappings, keys and updates. The loops that
 * are timed live in the subject, so that nothing but its own calls is between
 * two lookups.
 */
#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <riotlb/riotlb.h>

#include "shape_list.h"

/* Lookups of one byte each, for RIOTLB_READ. */
struct subject_settings {
	unsigned section; /* lookups per read-side section and per burst */
	int reader_cpu;
	int reclaim_cpu; /* -1: manual reclaim */
	bool huge_pages;
};

extern struct subject_settings subject_settings;

/* The longest burst, and so the largest `section`. */
#define SUBJECT_MAX_SECTION 256

/* Unmap mappings[index], map it again to `addr`. */
struct remap {
	uint32_t index;
	uint64_t addr;
};

struct subject_ops {
	const char *name; /* short: a column's head, a part of rows' names */
	const char *what; /* a line for people: structure, lock, origin */
	/*
	 * The package that the build did not find, else NULL. If set, only the
	 * two fields above are set too.
	 */
	const char *missing;
	bool ranged;     /* byte ranges with any ends, as riotlb has them */
	size_t capacity; /* most mappings; 0: as memory allows */

	/* NULL: no memory, or riotlb_create failed (printed). */
	void *(*open)(void);
	void (*close)(void *self);
	/*
	 * Before and after a thread other than the one that opened it uses it
	 * (registration with RCU); NULL: nothing to do.
	 */
	void (*thread_enter)(void *self);
	void (*thread_leave)(void *self);

	/* Can it hold this mapping at all? */
	bool (*expresses)(const struct riotlb_mapping *mapping);
	/* Timed. Maps all in one call, into an empty table; 0 or -errno. */
	int (*load)(void *self, const struct riotlb_mapping *m, size_t n);
	/* Not timed. What is mapped becomes m; 0 or -errno. */
	int (*replace)(void *self, const struct riotlb_mapping *m, size_t n);
	/* Not timed: nothing mapped, all tables freed. */
	void (*clear)(void *self);

	/*
	 * Timed: the sum of the addresses that the keys translate to. With
	 * lookup_dependent no lookup can start before the one before it has
	 * its result; lookup_burst may be NULL.
	 */
	uint64_t (*lookup)(void *self, const uint64_t *keys, size_t n);
	uint64_t (*lookup_dependent)(void *self, const uint64_t *keys,
				     size_t n);
	uint64_t (*lookup_burst)(void *self, const uint64_t *keys, size_t n);

	/* Timed: the updates in turn; 0 or -errno. */
	int (*remap)(void *self, const struct riotlb_mapping *m,
		     const struct remap *updates, size_t n);
	/*
	 * Timed: one call per mapping, of m[order[0]] to m[order[n - 1]]; 0 or
	 * -errno. protect_each may be NULL.
	 */
	int (*map_each)(void *self, const struct riotlb_mapping *m,
			const uint32_t *order, size_t n);
	int (*unmap_each)(void *self, const struct riotlb_mapping *m,
			  const uint32_t *order, size_t n);
	int (*protect_each)(void *self, const struct riotlb_mapping *m,
			    const uint32_t *order, size_t n, uint32_t perm);
	/* Timed, one call: what its caller has to do to drop everything. */
	void (*reset)(void *self, const struct riotlb_mapping *m, size_t n);

	/* For checks: is iova mapped, and to what? */
	bool (*translate)(void *self, uint64_t iova, uint64_t *addr);
	/* Returns when nothing retired is left. */
	void (*settle)(void *self);
	/* Live bytes as exactly as can be told; NULL: no way to say. */
	uint64_t (*bytes)(void *self);
};

extern const struct subject_ops riotlb_subject;
extern const struct subject_ops radix_subject;

/*
 * Makes a key depend on the result of the lookup before it, without changing
 * it: every target in the shapes is below 2^63, which no compiler knows.
 */
static inline uint64_t key_after(uint64_t key, uint64_t previous)
{
	return key ^ (previous >> 63);
}

/* How many of the lookups that are left go into the next section. */
static inline size_t subject_section(size_t left)
{
	size_t most = subject_settings.section;

	return left < most ? left : most;
}

#endif
