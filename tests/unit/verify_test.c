/* SPDX-License-Identifier: MIT */
/*
 * The verifier of tries sees what is wrong: each kind of damage, done to a
 * sound trie in a child process, ends that process.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "verify.h"

#include "stripe.h"
#include "trie.h"

#define PAGE 0x1000ull

struct damaged {
	struct riotlb_table *table;
	struct riotlb_space *space;
	struct riotlb_pack *pack; /* of at least two entries */
	uint64_t *pack_slot;
	uint64_t *page; /* the first of a mapping of several slots */
};

typedef void damage_fn(struct damaged *d);

/* Pages, some of one mapping, and bytes that need a pack. */
static void fill(struct riotlb *e)
{
	for (uint64_t i = 0; i < 12; i++)
		assert_int_equal(map(e, i * PAGE, i * PAGE + PAGE - 1,
				     (100 + 2 * i) * PAGE, RIOTLB_RW),
				 0);
	assert_int_equal(map(e, 12 * PAGE, 16 * PAGE - 1, 64 * PAGE, RIOTLB_RW),
			 0);
	assert_int_equal(map(e, 20 * PAGE + 3, 20 * PAGE + 5, 7, RIOTLB_READ),
			 0);
	assert_int_equal(map(e, 20 * PAGE + 9, 20 * PAGE + 9, 1, RIOTLB_WRITE),
			 0);
}

static void find(struct riotlb *e, struct damaged *d)
{
	uint64_t *slots;

	d->space = &e->spaces[0];
	d->table = riotlb_ptr_of(d->space->head->table);
	slots = riotlb_window_slots(&d->table->root);
	for (uint64_t i = 0; i < d->table->root.nslots; i++) {
		if (slots[i] && riotlb_is_pack(slots[i])) {
			d->pack_slot = &slots[i];
			d->pack = riotlb_word_pack(slots[i]);
		} else if (riotlb_is_page(slots[i]) &&
			   !(slots[i] & RIOTLB_MARK_LAST) && !d->page) {
			d->page = &slots[i];
		}
	}
	assert_non_null(d->page);
	assert_non_null(d->pack);
	assert_int_equal(d->pack->obj.count, 2);
}

/* ---- damage ------------------------------------------------------------ */

static void nothing(struct damaged *d)
{
	(void)d;
}

static void lose_start(struct damaged *d)
{
	*d->page &= ~RIOTLB_MARK_START;
}

static void lose_last(struct damaged *d)
{
	d->page[3] &= ~RIOTLB_MARK_LAST;
}

static void end_early(struct damaged *d)
{
	*d->page |= RIOTLB_MARK_LAST;
}

static void tear(struct damaged *d)
{
	d->page[1] = 0;
}

static void other_delta(struct damaged *d)
{
	d->page[1] += PAGE;
}

static void other_perm(struct damaged *d)
{
	d->page[1] ^= UINT64_C(2) << RIOTLB_PERM_SHIFT;
}

static void no_perm(struct damaged *d)
{
	*riotlb_pack_word_at(d->pack, 0) &= ~RIOTLB_PERM_MASK;
}

static void wrap(struct damaged *d)
{
	for (int i = 0; i < 4; i++)
		d->page[i] -= 65 * PAGE;
}

static void lose_a_mapping(struct damaged *d)
{
	*riotlb_pack_word_at(d->pack, 1) = 0;
}

static void swap_entries(struct damaged *d)
{
	riotlb_pack_starts(d->pack)[1] = riotlb_pack_starts(d->pack)[0];
}

static void leave_the_slot(struct damaged *d)
{
	*riotlb_pack_last_at(d->pack, 1) += PAGE;
}

static void too_many(struct damaged *d)
{
	d->pack->obj.count = RIOTLB_PACK_MAX + 1;
}

static void bad_low(struct damaged *d)
{
	*riotlb_pack_low_at(d->pack, 0) |= 0x1000;
}

static void reach_twice(struct damaged *d)
{
	d->pack_slot[1] = *d->pack_slot;
}

static void bad_tag(struct damaged *d)
{
	*d->pack_slot |= 8;
}

static void bad_kind(struct damaged *d)
{
	d->pack->obj.kind = RIOTLB_KIND_SIDE;
}

static void leave_the_space(struct damaged *d)
{
	d->table->root.base = 0 - PAGE;
}

static void quick_past_the_root(struct damaged *d)
{
	d->table->root.quick++;
}

static void index_too_finely(struct damaged *d)
{
	d->table->root.fine--;
}

static void reach_too_far(struct damaged *d)
{
	d->table->root.reach = 2 * d->table->root.reach + 1;
}

static void miscount(struct damaged *d)
{
	d->table->mappings++;
}

static void miscount_bytes(struct damaged *d)
{
	d->table->bytes_lo--;
}

static void miscount_memory(struct damaged *d)
{
	d->table->table_bytes += 8;
}

static void keep_a_stripe(struct damaged *d)
{
	d->space->stripes[0].seq |= 1;
}

static void unlist(struct damaged *d)
{
	d->space->stripes[0].listed ^= 1;
}

/* ---- the test ---------------------------------------------------------- */

/* Is it seen? */
static bool ends_in_failure(struct damaged *d, struct riotlb *e,
			    damage_fn *damage)
{
	pid_t pid;
	int status;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		/* what it says is expected */
		if (!freopen("/dev/null", "w", stderr))
			_exit(2);
		damage(d);
		verify_engine(e);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
	return WEXITSTATUS(status) == 1;
}

static void test_damage_is_seen(void **state)
{
	static const struct {
		const char *name;
		damage_fn *damage;
	} all[] = {
		{ "lose_start", lose_start },
		{ "lose_last", lose_last },
		{ "end_early", end_early },
		{ "tear", tear },
		{ "other_delta", other_delta },
		{ "other_perm", other_perm },
		{ "no_perm", no_perm },
		{ "wrap", wrap },
		{ "lose_a_mapping", lose_a_mapping },
		{ "swap_entries", swap_entries },
		{ "leave_the_slot", leave_the_slot },
		{ "too_many", too_many },
		{ "bad_low", bad_low },
		{ "reach_twice", reach_twice },
		{ "bad_tag", bad_tag },
		{ "bad_kind", bad_kind },
		{ "leave_the_space", leave_the_space },
		{ "quick_past_the_root", quick_past_the_root },
		{ "index_too_finely", index_too_finely },
		{ "reach_too_far", reach_too_far },
		{ "miscount", miscount },
		{ "miscount_bytes", miscount_bytes },
		{ "miscount_memory", miscount_memory },
		{ "keep_a_stripe", keep_a_stripe },
		{ "unlist", unlist },
	};
	struct fixture *f = *state;
	struct damaged d = { .table = NULL };

	fill(f->engine);
	verify_engine(f->engine);
	find(f->engine, &d);
	assert_false(ends_in_failure(&d, f->engine, nothing));
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!ends_in_failure(&d, f->engine, all[i].damage))
			fail_msg("%s was not seen", all[i].name);
}

/* What a fuzzer counts on: not a byte is in use that is not accounted for. */
static void test_memory_is_known(void **state)
{
	struct fixture *f = *state;
	size_t other =
		atomic_load(&f->hooks.live_bytes) - verify_bytes(f->engine);

	fill(f->engine);
	drain(f->engine);
	assert_int_equal(atomic_load(&f->hooks.live_bytes),
			 other + verify_bytes(f->engine));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_damage_is_seen),
		fixture_test(test_memory_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
