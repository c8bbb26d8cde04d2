/* SPDX-License-Identifier: MIT */
/* What --copies, --limit, --repeat and --format do to a replay. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#define ATTACH "virtio_iommu_attach domain=1 endpoint=24\n"
#define MAP(start, end, phys)                                          \
	"virtio_iommu_map domain=1 virt_start=" start " virt_end=" end \
	" phys_start=" phys " flags=3\n"
#define UNMAP(start, end) \
	"virtio_iommu_unmap domain=1 virt_start=" start " virt_end=" end "\n"
#define ASK(addr) "virtio_iommu_translate mr=m rid=24 addr=" addr " flag=1\n"
#define ANSWER(addr, to) \
	"virtio_iommu_translate_out " addr " -> " to " for sid=24\n"
#define HIT(addr, to) ASK(addr) ANSWER(addr, to)

/* ---- copies ------------------------------------------------------------- */

static const char small[] =
	ATTACH MAP("0x1000", "0x1fff", "0x5000") MAP("0x2000", "0x2fff", "0x0")
		HIT("0x1004", "0x5004") ASK("0x9000") ASK("0xfee00000")
			UNMAP("0x1000", "0x1fff") HIT("0x2000", "0x0");

static void copies_multiply(void **state)
{
	(void)state;
	file_text("t", small);
	assert_status(run_replay("--copies", "1000", "t", NULL), 0);
	assert_int_equal(result("maps"), 2000);
	assert_int_equal(result("unmaps"), 1000);
	assert_int_equal(result("translations"), 4000);
	assert_int_equal(result("bypassed"), 1000);
	assert_int_equal(result("checked"), 2000);
	assert_int_equal(result("mismatches"), 0);
	assert_int_equal(result("peak_mappings"), 2000);
}

static void each_copy_is_compared(void **state)
{
	const struct run *run;

	(void)state;
	file_text("t", ATTACH MAP("0x1000", "0x1fff", "0x5000")
			       HIT("0x1004", "0x5005"));
	run = run_replay("--copies", "3", "t", NULL);
	assert_status(run, 1);
	assert_int_equal(result("checked"), 3);
	assert_int_equal(result("mismatches"), 3);
	assert_holds(run->out,
		     "t:4: read of 0x1004 by endpoint 24 in domain 1: the "
		     "trace says 0x5005, the engine 0x5004\n");
	/* host addresses move from copy to copy as well */
	assert_holds(run->out,
		     "t:4: read of 0x5004 by endpoint 24 in domain 1, copy 2: "
		     "the trace says 0x15005, the engine 0x15004\n");
}

/* An unmap of all that the trace can name must not reach another copy. */
static void copies_do_not_touch(void **state)
{
	(void)state;
	file_text("t", ATTACH MAP("0x0", "0xffff", "0x0") UNMAP("0x0", "0xffff")
			       MAP("0xffff", "0xffff", "0x9")
				       HIT("0xffff", "0x9") ASK("0xfffe"));
	assert_status(run_replay("--copies", "64", "t", NULL), 0);
	assert_int_equal(result("checked"), 64);
	assert_int_equal(result("peak_mappings"), 64);
}

static void copies_must_fit(void **state)
{
	const struct run *run;

	(void)state;
	/* half of all iovas: two copies fit, and just so */
	file_text("t", ATTACH MAP("0x0", "0x7fffffffffffffff", "0x0")
			       HIT("0x7fffffffffffffff", "0x7fffffffffffffff"));
	assert_status(run_replay("--copies", "2", "t", NULL), 0);
	assert_int_equal(result("peak_mappings"), 2);
	run = run_replay("--copies", "3", "t", NULL);
	assert_status(run, 2);
	assert_string_equal(run->err,
			    "riotlb: t: 3 copies do not fit: the trace uses "
			    "iovas up to 0x7fffffffffffffff\n");
	file_text("t", ATTACH ASK("0x8000000000000000"));
	assert_status(run_replay("--copies", "2", "t", NULL), 2);
	assert_status(run_replay("--copies", "1", "t", NULL), 0);
}

/* No room to move them: all copies lead to the same host address. */
static void host_addresses_may_stay(void **state)
{
	(void)state;
	file_text("t", ATTACH MAP("0x0", "0xfff", "0xfffffffffffff000")
			       HIT("0xfff", "0xffffffffffffffff"));
	assert_status(run_replay("--copies", "2", "t", NULL), 0);
	assert_int_equal(result("checked"), 2);
}

static void bindings_hold_for_all_copies(void **state)
{
	(void)state;
	file_text("t",
		  ATTACH MAP("0x0", "0xfff", "0x5000")
			  HIT("0x0", "0x5000") "virtio_iommu_detach domain=1 "
					       "endpoint=24\n" ASK("0x0"));
	assert_status(run_replay("--copies", "5", "t", NULL), 0);
	assert_int_equal(result("checked"), 5);
}

static void ftraces_are_copied(void **state)
{
	(void)state;
	file_text("t", "map: IOMMU: iova=0x1000 - 0x4000 paddr=0x9000 "
		       "size=12288\n");
	assert_status(run_replay("--copies", "7", "t", NULL), 0);
	assert_int_equal(result("maps"), 7);
	assert_int_equal(result("checked"), 21);
	assert_int_equal(result("peak_mappings"), 7);
}

/* ---- limit -------------------------------------------------------------- */

static void limited(const char *limit, int status, long long maps,
		    long long translations, long long checked)
{
	assert_status(run_replay("--limit", limit, "t", NULL), status);
	assert_int_equal(result("maps"), maps);
	assert_int_equal(result("translations"), translations);
	assert_int_equal(result("checked"), checked);
}

static void limit_counts_events(void **state)
{
	(void)state;
	file_text("t", "unknown\n" ATTACH MAP("0x0", "0xfff", "0x5000")
			       HIT("0x0", "0x5000") HIT("0x1", "0x5001")
				       MAP("0x1000", "0x1fff", "0x0"));
	limited("1", 0, 0, 0, 0);
	limited("2", 0, 1, 0, 0);
	limited("3", 0, 1, 1, 1); /* an answer belongs to its access */
	limited("4", 0, 1, 2, 2);
	limited("5", 0, 2, 2, 2);
	limited("18446744073709551615", 0, 2, 2, 2);
}

static void limit_leaves_the_rest_unread(void **state)
{
	static char line[5000];

	(void)state;
	file_text("t", ATTACH MAP("0x0", "0xfff", "0x5000")
			       ASK("0x1000") "virtio_iommu_map broken\n");
	limited("3", 0, 1, 1, 0);
	assert_status(run_replay("--limit", "4", "t", NULL), 3);
	file_text("t", ATTACH "virtio_iommu_map broken\n");
	limited("1", 0, 0, 0, 0);
	/* not even looked at, where no answer can be in it */
	memset(line, 'x', sizeof(line) - 1);
	memcpy(line, ATTACH, strlen(ATTACH));
	file_text("t", line);
	limited("1", 0, 0, 0, 0);
	assert_status(run_replay("--limit", "2", "t", NULL), 3);
}

/* It was an event more: an answer to nobody is an access by itself. */
static void limit_takes_no_other_answer(void **state)
{
	(void)state;
	file_text("t", ATTACH ASK("0x1000") ANSWER("0x1001", "0x5001"));
	limited("2", 0, 0, 1, 0);
	limited("3", 1, 0, 2, 1);
	/* of that place, to somebody else */
	file_text("t", ATTACH ASK("0x1000") "virtio_iommu_translate_out 0x1000 "
					    "-> 0x5000 for "
					    "sid=8\n");
	limited("2", 0, 0, 1, 0);
	/* what is no part of the trace need not be right either */
	file_text("t", ATTACH ASK("0x1000") "virtio_iommu_translate_out 7\n");
	limited("2", 0, 0, 1, 0);
	assert_status(run_replay("t", NULL), 3);
}

static void limit_holds_for_each_trace(void **state)
{
	const struct run *run;

	(void)state;
	file_text("t", ATTACH HIT("0x0", "0x1"));
	run = run_replay("--limit", "1", "t", "t", NULL);
	assert_status(run, 0);
	assert_int_equal(json_integer_value(json_object_get(result_trace(1),
							    "translations")),
			 0);
}

/* ---- repeat ------------------------------------------------------------- */

static void repeat_changes_no_count(void **state)
{
	json_t *trace;

	(void)state;
	file_text("t", small);
	assert_status(run_replay("--repeat", "4", "t", NULL), 0);
	assert_int_equal(result("maps"), 2);
	assert_int_equal(result("checked"), 2);
	trace = result_trace(0);
	assert_true(json_is_real(json_object_get(trace, "ns_per_map")));
}

/* ---- format ------------------------------------------------------------- */

#define MAPPED "map: IOMMU: iova=0x1000 - 0x2000 paddr=0x9000 size=4096\n"

static const char *format(void)
{
	return json_string_value(json_object_get(result_trace(0), "format"));
}

static void format_is_that_of_the_first_event(void **state)
{
	(void)state;
	file_text("t", "x\n" MAPPED ATTACH);
	assert_status(run_replay("t", NULL), 0);
	assert_string_equal(format(), "ftrace");
	assert_int_equal(result("skipped"), 2);
	file_text("t", ATTACH MAPPED);
	assert_status(run_replay("t", NULL), 0);
	assert_string_equal(format(), "virtio-iommu");
	assert_int_equal(result("skipped"), 1);
}

static void format_can_be_given(void **state)
{
	(void)state;
	file_text("t", MAPPED ATTACH);
	assert_status(run_replay("--format", "virtio-iommu", "t", NULL), 0);
	assert_string_equal(format(), "virtio-iommu");
	assert_int_equal(result("maps"), 0);
	assert_status(run_replay("--format", "ftrace", "t", NULL), 0);
	assert_int_equal(result("maps"), 1);
	assert_status(run_replay("--format", "auto", "t", NULL), 0);
	assert_string_equal(format(), "ftrace");
}

static void a_file_without_events_is_told(void **state)
{
	const struct run *run;

	(void)state;
	file_text("t", "Dear diary,\n");
	run = run_replay("t", NULL);
	assert_status(run, 0);
	assert_string_equal(run->err,
			    "t: warning: holds no event of a known format\n");
	assert_string_equal(format(), "unknown");
	assert_int_equal(result("skipped"), 1);
}

/* Formats and files of different kinds in one run. */
static void traces_are_independent(void **state)
{
	const struct run *run;

	(void)state;
	file_text("f", MAPPED);
	file_text("v", small);
	run = run_replay("f", "v", "f", "v", "f", NULL);
	assert_status(run, 0);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(json_integer_value(json_object_get(
					 result_trace(i), "checked")),
				 i % 2 ? 2 : 1);
	assert_holds(run->out, "7 answers checked, 0 mismatches");
	assert_holds(run->out, "synthetic");
	/* no line of the table is 100 columns wide */
	for (const char *line = run->out; *line; line = strchr(line, '\n') + 1)
		assert_in_range(strchr(line, '\n') - line, 0, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_multiply),
		cmocka_unit_test(each_copy_is_compared),
		cmocka_unit_test(copies_do_not_touch),
		cmocka_unit_test(copies_must_fit),
		cmocka_unit_test(host_addresses_may_stay),
		cmocka_unit_test(bindings_hold_for_all_copies),
		cmocka_unit_test(ftraces_are_copied),
		cmocka_unit_test(limit_counts_events),
		cmocka_unit_test(limit_leaves_the_rest_unread),
		cmocka_unit_test(limit_takes_no_other_answer),
		cmocka_unit_test(limit_holds_for_each_trace),
		cmocka_unit_test(repeat_changes_no_count),
		cmocka_unit_test(format_is_that_of_the_first_event),
		cmocka_unit_test(format_can_be_given),
		cmocka_unit_test(a_file_without_events_is_told),
		cmocka_unit_test(traces_are_independent),
	};

	return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
