/* SPDX-License-Identifier: MIT */
/* The recorded traces: every answer in them, against the engine. */
#include "support.h"

static const struct {
	const char *file;
	long long maps;
	long long unmaps;
	long long translations;
	long long bypassed;
	long long checked;
	long long peak;
} shipped[] = {
	{ RIOTLB_TRACES "/vblk.viommu.log.xz", 54405, 54403, 246231, 3366,
	  242865, 293 },
	{ RIOTLB_TRACES "/net.viommu.log.xz", 61833, 61580, 573602, 2476,
	  571126, 304 },
	{ RIOTLB_TRACES "/nvme4k.ftrace.xz", 140335, 140335, 140335, 0, 140335,
	  64 },
};

#define NSHIPPED (sizeof(shipped) / sizeof(shipped[0]))

static void assert_key(json_t *trace, const char *key, long long value)
{
	long long got = json_integer_value(json_object_get(trace, key));

	if (got != value)
		fail_msg("%s is %lld instead of %lld", key, got, value);
}

static void all_answers_are_equal(void **state)
{
	const struct run *run = run_replay(shipped[0].file, shipped[1].file,
					   shipped[2].file, NULL);

	(void)state;
	assert_status(run, 0);
	for (size_t i = 0; i < NSHIPPED; i++) {
		json_t *trace = result_trace(i);

		assert_key(trace, "maps", shipped[i].maps);
		assert_key(trace, "unmaps", shipped[i].unmaps);
		assert_key(trace, "translations", shipped[i].translations);
		assert_key(trace, "bypassed", shipped[i].bypassed);
		assert_key(trace, "checked", shipped[i].checked);
		assert_key(trace, "mismatches", 0);
		assert_key(trace, "skipped", 0);
		assert_key(trace, "peak_mappings", shipped[i].peak);
	}
	/* 813,991 of the first two, and the third one's own */
	assert_holds(run->out, "\n954326 answers checked, 0 mismatches\n");
}

static void copies_of_them_are_equal(void **state)
{
	(void)state;
	assert_status(run_replay("--copies", "256", "--limit", "2000",
				 shipped[1].file, NULL),
		      0);
	assert_int_equal(result("mismatches"), 0);
	assert_true(result("checked") > 200000);
	assert_true(result("peak_mappings") > 50000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_answers_are_equal),
		cmocka_unit_test(copies_of_them_are_equal),
	};

	return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
