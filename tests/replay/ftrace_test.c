/* SPDX-License-Identifier: MIT */
/* ftrace text: its lines, and the lookups that are made for it. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#define MAP(start, end, paddr, size) \
	"map: IOMMU: iova=" start " - " end " paddr=" paddr " size=" size "\n"
#define UNMAP(start, end, size, unmapped)                   \
	"unmap: IOMMU: iova=" start " - " end " size=" size \
	" unmapped_size=" unmapped "\n"
#define FRONT "  kworker/u4:1-26 [001] dNh1.     7.020454: "
#define MAP_1000 MAP("0x1000", "0x2000", "0x9000", "4096")

struct expected {
	const char *name;
	const char *text;
	int status;
	long long maps;
	long long unmaps;
	long long checked;
	long long mismatches;
	long long skipped;
	long long peak;
	const char *out;
};

static const struct expected traces[] = {
	{ "one page", FRONT MAP_1000, 0, 1, 0, 1, 0, 0, 1, NULL },
	{ "map and unmap",
	  FRONT MAP_1000 FRONT UNMAP("0x1000", "0x2000", "4096", "4096")
		  FRONT MAP_1000,
	  0, 2, 1, 2, 0, 0, 1, NULL },
	{ "one lookup per page that is begun",
	  MAP("0x1800", "0x4000", "0x9800", "10240")
		  MAP("0x4000", "0x4001", "0x9", "1"),
	  0, 2, 0, 4, 0, 0, 2, NULL },
	{ "the last page",
	  MAP("0xfffffffffffff000", "0x0", "0xfffffffffffff000", "4096")
		  UNMAP("0xfffffffffffff000", "0x0", "4096", "4096"),
	  0, 1, 1, 1, 0, 0, 1, NULL },
	{ "a map over another",
	  FRONT MAP_1000 FRONT MAP("0x1000", "0x2000", "0xa000", "4096"), 1, 2,
	  0, 2, 2, 0, 1,
	  "t:2: map of 0x1000-0x1fff: the engine refuses: File exists\n"
	  "t:2: read and write of 0x1000: the trace says 0xa000, the engine "
	  "0x9000\n" },
	{ "the kernel unmapped less than it was asked for",
	  MAP("0x1000", "0x3000", "0x9000", "8192")
		  UNMAP("0x1000", "0x3000", "8192", "4096")
			  MAP("0x1000", "0x2000", "0x5000", "4096"),
	  0, 2, 1, 3, 0, 0, 2, NULL },
	{ "the kernel unmapped nothing",
	  MAP_1000 UNMAP("0x1000", "0x2000", "4096", "0")
		  UNMAP("0x0", "0x1000", "4096", "0"),
	  0, 1, 2, 1, 0, 0, 1, NULL },
	{ "other tools' prefixes",
	  "<...>-9 [000] 1.5: iommu:" MAP_1000 "\tiommu:" UNMAP(
		  "0x1000", "0x2000", "4096", "4096") "x-1 1.5:\t" MAP_1000,
	  0, 2, 1, 2, 0, 0, 1, NULL },
	{ "other events",
	  "# tracer: nop\n#\n"
	  "x-1 [000] ..... 1.0: attach_device_to_domain: IOMMU: device=x\n"
	  "x-1 [000] ..... 1.0: re" MAP_1000 "x-1 [000] ..... 1.0: map: x\n"
	  "map_x-1 [000] ..... 1.0: m" MAP_1000 "map: IOMMU\n",
	  0, 0, 0, 0, 0, 7, 0, NULL },
};

static void traces_count_as_expected(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(traces) / sizeof(traces[0]); i++) {
		const struct expected *expected = &traces[i];
		const struct run *run;

		print_message("    %s\n", expected->name);
		file_text("t", expected->text);
		run = run_replay("--format", "ftrace", "t", NULL);
		assert_status(run, expected->status);
		assert_int_equal(result("maps"), expected->maps);
		assert_int_equal(result("unmaps"), expected->unmaps);
		assert_int_equal(result("translations"), expected->checked);
		assert_int_equal(result("bypassed"), 0);
		assert_int_equal(result("checked"), expected->checked);
		assert_int_equal(result("mismatches"), expected->mismatches);
		assert_int_equal(result("skipped"), expected->skipped);
		assert_int_equal(result("peak_mappings"), expected->peak);
		assert_true(json_is_true(
			json_object_get(result_trace(0), "synthetic")));
		if (expected->out)
			assert_holds(run->out, expected->out);
	}
}

static const struct {
	const char *line;
	const char *what;
} bad_lines[] = {
	{ "map: IOMMU:", "map: cannot read the first iova" },
	{ FRONT "map: IOMMU: iova=0x1000 - ",
	  "map: cannot read the second iova" },
	{ "map: IOMMU: iova=0x1000 - 2000 paddr=0x9000 size=4096",
	  "map: cannot read the second iova" },
	{ "map: IOMMU: iova=0x1000-0x2000 paddr=0x9000 size=4096",
	  "map: cannot read the second iova" },
	{ "map: IOMMU: iova=0x1000 - 0x2000 paddr=9000 size=4096",
	  "map: cannot read paddr" },
	{ "map: IOMMU: iova=0x1000 - 0x2000 paddr=0x9000 size=0x1000",
	  "map: cannot read end of line" },
	{ "map: IOMMU: iova=0x1000 - 0x2000 paddr=0x9000 size=4096 ",
	  "map: cannot read end of line" },
	{ "map: IOMMU: iova=0x1000 - 0x2000 paddr=0x9000 "
	  "size=18446744073709551616",
	  "map: cannot read size" },
	{ "map: IOMMU: iova=0x1000 - 0x2000 paddr=0x9000 size=4095",
	  "map: iova and size disagree" },
	{ "map: IOMMU: iova=0x1000 - 0x1000 paddr=0x9000 size=0",
	  "map: size is 0" },
	{ "map: IOMMU: iova=0xfffffffffffff000 - 0x1 paddr=0x0 size=4097",
	  "map: the range passes the last iova" },
	{ "map: IOMMU: iova=0x0 - 0x2000 paddr=0xfffffffffffff000 size=8192",
	  "map: the mapping passes the last physical address" },
	{ "map: IOMMU: iova=0x0 - 0x8000000000000000 paddr=0x0 "
	  "size=9223372036854775808",
	  "map: too many pages to look up; replay a part of them with "
	  "--limit" },
	{ "unmap: IOMMU: iova=0x1000 - 0x2000 size=4096",
	  "unmap: cannot read unmapped_size" },
	{ "unmap: IOMMU: iova=0x1000 - 0x2000 paddr=0x0 size=4096",
	  "unmap: cannot read size" },
	{ "unmap: IOMMU: iova=0x1000 - 0x3000 size=4096 unmapped_size=4096",
	  "unmap: iova and size disagree" },
	{ "unmap: IOMMU: iova=0xfffffffffffff000 - 0x0 size=4096 "
	  "unmapped_size=8192",
	  "unmap: unmapped_size passes the last iova" },
};

static void bad_lines_are_named(void **state)
{
	char text[512];
	char err[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bad_lines) / sizeof(bad_lines[0]); i++) {
		const struct run *run;

		snprintf(text, sizeof(text), "\n" MAP_1000 "%s\n",
			 bad_lines[i].line);
		snprintf(err, sizeof(err), "t:3: %s\n", bad_lines[i].what);
		file_text("t", text);
		run = run_replay("t", NULL);
		assert_string_equal(run->err, err);
		assert_status(run, 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(traces_count_as_expected),
		cmocka_unit_test(bad_lines_are_named),
	};

	return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
