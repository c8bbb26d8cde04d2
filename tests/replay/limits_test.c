/* SPDX-License-Identifier: MIT */
/*
 * The program with low limits (CMakeLists.txt has them), so that a test can
 * reach what a real one needs gigabytes for; and with allocations that fail.
 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct run *run_tiny(const char *const *args)
{
	return run_program(RIOTLB_CLI_TINY, args);
}

static void write_lines(const char *format, unsigned int n)
{
	FILE *stream = fopen("t", "w");

	assert_non_null(stream);
	for (unsigned int i = 0; i < n; i++)
		fprintf(stream, format, i, i + 1);
	assert_int_equal(fclose(stream), 0);
}

static void append(const char *text)
{
	FILE *stream = fopen("t", "a");

	assert_non_null(stream);
	fputs(text, stream);
	assert_int_equal(fclose(stream), 0);
}

static const char *const replay[] = { "replay", "t", NULL };

static void events_are_limited(void **state)
{
	static const char *const limited[] = { "replay", "--limit", "64", "t",
					       NULL };
	static const char line[] = "virtio_iommu_attach domain=1 endpoint=%u\n";
	const struct run *run;

	(void)state;
	write_lines(line, 64);
	assert_status(run_tiny(replay), 0);
	write_lines(line, 65);
	run = run_tiny(replay);
	assert_status(run, 3);
	assert_string_equal(run->err, "t:65: virtio_iommu_attach: too many "
				      "events; replay a part of them with "
				      "--limit\n");
	assert_status(run_tiny(limited), 0);
}

/* An answer that comes late needs room for an event of its own. */
static void late_answers_count_as_events(void **state)
{
	const struct run *run;

	(void)state;
	write_lines("virtio_iommu_translate mr=m rid=24 addr=0x%x flag=1\n",
		    64);
	append("virtio_iommu_translate_out 0x0 -> 0x0 for sid=24\n");
	run = run_tiny(replay);
	assert_status(run, 3);
	assert_holds(run->err, "t:65: virtio_iommu_translate_out: too many "
			       "events; ");
}

static void text_is_limited(void **state)
{
	const struct run *run;

	(void)state;
	write_lines("%07u\n", 1024); /* 8 bytes each */
	assert_status(run_tiny(replay), 0);
	append("x");
	run = run_tiny(replay);
	assert_status(run, 3);
	assert_holds(run->err, "more than 8192 bytes of text\n");
}

static void pages_are_limited(void **state)
{
	static const char line[] = "map: IOMMU: iova=0x%x000 - 0x%x000 "
				   "paddr=0x9000 size=4096\n";
	const struct run *run;

	(void)state;
	write_lines(line, 16);
	assert_status(run_tiny(replay), 0);
	write_lines(line, 17);
	run = run_tiny(replay);
	assert_status(run, 3);
	assert_holds(run->err, "t:17: map: too many pages to look up; ");
	/* a single map beyond it */
	file_text("t", "map: IOMMU: iova=0x0 - 0x11000 paddr=0x0 "
		       "size=69632\n");
	run = run_tiny(replay);
	assert_status(run, 3);
	assert_holds(run->err, "t:1: map: too many pages to look up; ");
}

static void tables_are_limited(void **state)
{
	static const char *const copies[] = { "replay", "--copies", "1000000",
					      "t", NULL };
	const struct run *run;

	(void)state;
	/* steps of 4 GiB: no two copies share a part of a table */
	file_text("t", "virtio_iommu_map domain=1 virt_start=0xffffe000 "
		       "virt_end=0xffffffff phys_start=0x0 flags=3\n");
	run = run_tiny(copies);
	assert_status(run, 3);
	assert_string_equal(run->err,
			    "t:1: the tables need more than 8388608 bytes\n");
}

/* ---- no memory ---------------------------------------------------------- */

/*
 * Every allocation of a run fails in turn, until one run makes fewer. Returns
 * how many there are.
 */
static long fail_each(const char *const *args)
{
	char number[24];
	long n = 0;

	setenv("RIOTLB_FAIL_MARK", "failed", 1);
	for (;;) {
		const struct run *run;

		snprintf(number, sizeof(number), "%ld", n + 1);
		setenv("RIOTLB_FAIL_NTH", number, 1);
		unlink("failed");
		run = run_tiny(args);
		if (!file_exists("failed"))
			break;
		n++;
		assert_in_range(run->status, 2, 3);
		assert_holds(run->err, "memory");
		assert_true(n < 100000);
	}
	unsetenv("RIOTLB_FAIL_NTH");
	unsetenv("RIOTLB_FAIL_MARK");
	return n;
}

static void write_small(void)
{
	file_text("t",
		  "virtio_iommu_attach domain=1 endpoint=24\n"
		  "virtio_iommu_map domain=1 virt_start=0x1000 "
		  "virt_end=0x3fff phys_start=0x5000 flags=3\n"
		  "virtio_iommu_translate mr=m rid=24 addr=0x1004 flag=1\n"
		  "virtio_iommu_translate_out 0x1004 -> 0x5004 for sid=24\n"
		  "virtio_iommu_unmap domain=1 virt_start=0x2000 "
		  "virt_end=0x2fff\n");
}

static void replay_survives_without_memory(void **state)
{
	static const char *const args[] = { "replay",   "--verify", "--json",
					    "out.json", "t",        NULL };

	(void)state;
	write_small();
	assert_in_range(fail_each(args), 10, 10000);
}

static void dump_survives_without_memory(void **state)
{
	static const char *const mappings[] = { "dump", "--json", "t", NULL };
	static const char *const shape[] = { "dump", "--json", "--shape", "t",
					     NULL };

	(void)state;
	write_small();
	assert_in_range(fail_each(mappings), 10, 10000);
	assert_in_range(fail_each(shape), 10, 10000);
}

static void convert_survives_without_memory(void **state)
{
	static const char *const there[] = { "convert", "t", "c", NULL };
	static const char *const back[] = { "dump", "c", NULL };

	(void)state;
	write_small();
	unlink("c");
	assert_in_range(fail_each(there), 5, 10000);
	assert_true(file_exists("c"));
	assert_in_range(fail_each(back), 10, 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_limited),
		cmocka_unit_test(late_answers_count_as_events),
		cmocka_unit_test(text_is_limited),
		cmocka_unit_test(pages_are_limited),
		cmocka_unit_test(tables_are_limited),
		cmocka_unit_test(replay_survives_without_memory),
		cmocka_unit_test(dump_survives_without_memory),
		cmocka_unit_test(convert_survives_without_memory),
	};

	return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
