/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../tools/riotlb/events.h"
#include "suite/stretches.h"

static void update(struct trace *trace, enum event_kind kind, uint64_t start,
		   uint64_t last, uint64_t addr, uint32_t domain)
{
	struct event event = {
		.start = start,
		.last = last,
		.addr = addr,
		.kind = (uint8_t)kind,
		.perm = RIOTLB_READ,
	};

	assert_null(trace_update(trace, event, domain));
}

static void ask(struct trace *trace, uint64_t iova)
{
	struct event event = { .start = iova,
			       .perm = RIOTLB_READ,
			       .kind = EVENT_ACCESS };

	assert_null(trace_access(trace, event, 1));
}

static void answer(struct trace *trace, uint64_t iova, uint64_t addr)
{
	struct event event = { .start = iova,
			       .addr = addr,
			       .kind = EVENT_ANSWERED };

	ask(trace, iova);
	assert_null(trace_answer(trace, event, 1));
}

static void begin(struct trace *trace)
{
	struct event event = { .kind = EVENT_ATTACH };

	trace_init(trace, "test", FORMAT_VIRTIO_IOMMU);
	assert_null(trace_bind(trace, event, 1, 0));
}

static void expect(const struct stretches *s, size_t i, enum stretch_kind kind,
		   size_t n)
{
	assert_true(i < s->n);
	assert_int_equal(s->all[i].kind, kind);
	assert_int_equal(s->all[i].n, n);
}

static void test_stretches(void **state)
{
	struct stretches s;
	struct trace t;
	const char *why;

	(void)state;
	begin(&t);
	update(&t, EVENT_MAP, 0x1000, 0x1fff, 0x10000, 0);
	update(&t, EVENT_MAP, 0x2000, 0x2fff, 0x20000, 0);
	answer(&t, 0x1010, 0x10010);
	ask(&t, 0x9000);
	answer(&t, 0x2020, 0x20020);
	update(&t, EVENT_UNMAP, 0x1000, 0x2fff, 0, 0);
	update(&t, EVENT_MAP, 0x1000, 0x1fff, 0x30000, 0);
	assert_int_equal(stretches_make(&s, &t, &why), 0);

	/* the lookup without an answer is gone, and the rest unmapped */
	assert_int_equal(s.n, 5);
	expect(&s, 0, STRETCH_MAP, 2);
	expect(&s, 1, STRETCH_LOOKUP, 2);
	expect(&s, 2, STRETCH_UNMAP, 2);
	expect(&s, 3, STRETCH_MAP, 1);
	expect(&s, 4, STRETCH_UNMAP, 1);
	assert_int_equal(s.all[1].sum, 0x10010 + 0x20020);
	assert_int_equal(s.keys[s.all[1].first + 1], 0x2020);
	assert_int_equal(s.order[s.all[4].first], 2);
	assert_int_equal(s.m[2].addr, 0x30000);
	assert_int_equal(s.m[2].perm, RIOTLB_RW);
	assert_int_equal(s.operations, 8);
	assert_int_equal(s.of_kind[STRETCH_UNMAP], 3);
	assert_int_equal(s.most_live, 2);
	stretches_free(&s);
	trace_free(&t);
}

static void test_cut_is_refused(void **state)
{
	struct stretches s;
	struct trace t;
	const char *why = NULL;

	(void)state;
	begin(&t);
	update(&t, EVENT_MAP, 0x1000, 0x2fff, 0x10000, 0);
	update(&t, EVENT_UNMAP, 0x1000, 0x1fff, 0, 0);
	assert_int_equal(stretches_make(&s, &t, &why), -ENOTSUP);
	assert_non_null(strstr(why, "cuts"));
	trace_free(&t);
}

static void test_two_spaces_are_refused(void **state)
{
	struct stretches s;
	struct trace t;
	const char *why = NULL;

	(void)state;
	begin(&t);
	update(&t, EVENT_MAP, 0x1000, 0x1fff, 0x10000, 0);
	update(&t, EVENT_MAP, 0x1000, 0x1fff, 0x10000, 5);
	assert_int_equal(stretches_make(&s, &t, &why), -ENOTSUP);
	assert_non_null(strstr(why, "address spaces"));
	trace_free(&t);
}

static void test_nothing_is_refused(void **state)
{
	struct stretches s;
	struct trace t;
	const char *why = NULL;

	(void)state;
	begin(&t);
	assert_int_equal(stretches_make(&s, &t, &why), -ENOTSUP);
	assert_non_null(strstr(why, "maps nothing"));
	trace_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stretches),
		cmocka_unit_test(test_cut_is_refused),
		cmocka_unit_test(test_two_spaces_are_refused),
		cmocka_unit_test(test_nothing_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
