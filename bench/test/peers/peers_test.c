/* SPDX-License-Identifier: MIT */
/*
 * With a subject's name: is it right? Without: does the check find a subject
 * wrong that is, in each way in which one can be; and is the list of peers what
 * peers.h says?
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <riotlb/rcu.h>

#include "check.h"
#include "peers.h"

#define SKIPPED 77

/* ---- subjects that are wrong ------------------------------------------- */

static const struct subject_ops *const right = &flat_subject;

static bool off_by_one(void *self, uint64_t iova, uint64_t *addr)
{
	bool found = right->translate(self, iova, addr);

	if (found && iova % 4096 == 4095)
		(*addr)++;
	return found;
}

static bool no_gaps(void *self, uint64_t iova, uint64_t *addr)
{
	if (!right->translate(self, iova, addr))
		*addr = iova;
	return true;
}

static bool only_gaps(void *self, uint64_t iova, uint64_t *addr)
{
	(void)self;
	(void)iova;
	(void)addr;
	return false;
}

static uint64_t without_last(void *self, const uint64_t *keys, size_t n)
{
	return right->lookup(self, keys, n ? n - 1 : 0);
}

static int map_none(void *self, const struct riotlb_mapping *m,
		    const uint32_t *order, size_t n)
{
	(void)self;
	(void)m;
	(void)order;
	(void)n;
	return 0;
}

static int map_refused(void *self, const struct riotlb_mapping *m,
		       const uint32_t *order, size_t n)
{
	(void)right->map_each(self, m, order, n);
	return -12;
}

static int unmap_all_but_one(void *self, const struct riotlb_mapping *m,
			     const uint32_t *order, size_t n)
{
	return n ? right->unmap_each(self, m, order, n - 1) : 0;
}

static int remap_to_old(void *self, const struct riotlb_mapping *m,
			const struct remap *updates, size_t n)
{
	(void)self;
	(void)m;
	(void)updates;
	(void)n;
	return 0;
}

static int protect_none(void *self, const struct riotlb_mapping *m,
			const uint32_t *order, size_t n, uint32_t perm)
{
	(void)perm;
	return map_none(self, m, order, n);
}

static int load_all_but_one(void *self, const struct riotlb_mapping *m,
			    size_t n)
{
	return right->load(self, m, n > 1 ? n - 1 : n);
}

static int replace_added(void *self, const struct riotlb_mapping *m, size_t n)
{
	return right->load(self, m, n);
}

static void reset_none(void *self, const struct riotlb_mapping *m, size_t n)
{
	(void)self;
	(void)m;
	(void)n;
}

static void clear_but_hold(void *self)
{
	right->reset(self, NULL, 0);
}

static bool expresses_nothing(const struct riotlb_mapping *m)
{
	(void)m;
	return false;
}

static void *open_nothing(void)
{
	return NULL;
}

/* ---- tests ------------------------------------------------------------- */

static void finds_wrong(struct subject_ops ops)
{
	const char *why = NULL;

	assert_false(subject_check(&ops, &why));
	assert_non_null(why);
	assert_true(strlen(why) > 0);
}

#define FINDS_WRONG(field, value)                \
	do {                                     \
		struct subject_ops ops = *right; \
		ops.field = value;               \
		finds_wrong(ops);                \
	} while (0)

static void wrong_lookups_are_found(void **state)
{
	(void)state;
	FINDS_WRONG(translate, off_by_one);
	FINDS_WRONG(translate, no_gaps);
	FINDS_WRONG(translate, only_gaps);
	FINDS_WRONG(lookup, without_last);
	FINDS_WRONG(lookup_dependent, without_last);
	FINDS_WRONG(lookup_burst, without_last);
}

static void wrong_updates_are_found(void **state)
{
	(void)state;
	FINDS_WRONG(map_each, map_none);
	FINDS_WRONG(map_each, map_refused);
	FINDS_WRONG(unmap_each, map_none);
	FINDS_WRONG(unmap_each, unmap_all_but_one);
	FINDS_WRONG(remap, remap_to_old);
	FINDS_WRONG(protect_each, protect_none);
	FINDS_WRONG(load, load_all_but_one);
	FINDS_WRONG(replace, replace_added);
}

static void wrong_ends_are_found(void **state)
{
	(void)state;
	FINDS_WRONG(reset, reset_none);
	FINDS_WRONG(clear, clear_but_hold);
	FINDS_WRONG(expresses, expresses_nothing);
	FINDS_WRONG(open, open_nothing);
}

static void the_check_leaves_settings_alone(void **state)
{
	const char *why;

	(void)state;
	subject_settings.section = 5;
	assert_true(subject_check(right, &why));
	assert_int_equal(subject_settings.section, 5);
}

static void peers_are_in_order(void **state)
{
	static const char *const names[] = {
		"vhost",   "maple",     "gtree", "dpdk-list",
		"critnib", "rculfhash", "radix", "flat",
	};

	(void)state;
	assert_int_equal(peer_subject_count, sizeof(names) / sizeof(names[0]));
	for (size_t i = 0; i < peer_subject_count; i++) {
		const struct subject_ops *ops = peer_subjects[i];

		assert_string_equal(ops->name, names[i]);
		assert_non_null(ops->what);
		/* there, or said to be missing */
		assert_true((ops->open != NULL) != (ops->missing != NULL));
	}
}

/* ---- one subject ------------------------------------------------------- */

static const struct subject_ops *find(const char *name)
{
	if (strcmp(riotlb_subject.name, name) == 0)
		return &riotlb_subject;
	for (size_t i = 0; i < peer_subject_count; i++) {
		if (strcmp(peer_subjects[i]->name, name) == 0)
			return peer_subjects[i];
	}
	return NULL;
}

/* liburcu is not instrumented; riotlb alone tells what happens in there. */
static bool blind_to(const struct subject_ops *ops)
{
#ifdef RIOTLB_TSAN
	return ops->thread_enter && ops != &riotlb_subject;
#else
	(void)ops;
	return false;
#endif
}

static int check_one(const char *name)
{
	const struct subject_ops *ops = find(name);
	const char *why;

	if (!ops) {
		fprintf(stderr, "no subject is called %s\n", name);
		return 1;
	}
	if (ops->missing) {
		printf("SKIPPED: %s needs the package %s\n", name,
		       ops->missing);
		return SKIPPED;
	}
	if (blind_to(ops)) {
		printf("SKIPPED: ThreadSanitizer does not see what %s does"
		       " inside liburcu\n",
		       name);
		return SKIPPED;
	}
	if (!subject_check(ops, &why)) {
		fprintf(stderr, "%s: %s\n", name, why);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_lookups_are_found),
		cmocka_unit_test(wrong_updates_are_found),
		cmocka_unit_test(wrong_ends_are_found),
		cmocka_unit_test(the_check_leaves_settings_alone),
		cmocka_unit_test(peers_are_in_order),
	};

	subject_settings.section = 32;
	subject_settings.reclaim_cpu = -1;
	if (argc == 2)
		return check_one(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
