/* SPDX-License-Identifier: MIT */
/* Files that are cut short, garbled, or made to harm. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Memory that no small file may make the program take, sanitizers included. */
#define MEMORY_KIB (512l << 10)

#define MIB ((size_t)1 << 20)

static const char *const compressions[] = { "xz", "gz", "zst" };

static char *read_small(const char *compression, size_t *size)
{
	char name[256];

	snprintf(name, sizeof(name), "%s/small.viommu.log.%s", RIOTLB_DATA,
		 compression);
	return file_read(name, size);
}

/* ---- damage ------------------------------------------------------------- */

static void cut_files_are_refused(void **state)
{
	char name[16];
	size_t size;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char *data = read_small(compressions[i], &size);

		snprintf(name, sizeof(name), "t.%s", compressions[i]);
		for (size_t cut = 0; cut < size;
		     cut += cut < 16 || cut > size - 16 ? 1 : 9) {
			const struct run *run;

			file_write(name, data, cut);
			run = run_replay(name, NULL);
			assert_status(run, 3);
			assert_int_equal(strncmp(run->err, name, strlen(name)),
					 0);
			assert_false(file_exists("out.json"));
		}
		free(data);
	}
}

/* libarchive does not compare gzip's checksum, so there only survival counts */
static void garbled_files_are_survived(void **state)
{
	char name[16];
	size_t size;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char *data = read_small(compressions[i], &size);

		snprintf(name, sizeof(name), "t.%s", compressions[i]);
		for (size_t at = 0; at < size; at += at < 16 ? 1 : 7) {
			const struct run *run;

			data[at] = (char)~data[at];
			file_write(name, data, size);
			data[at] = (char)~data[at];
			run = run_replay(name, NULL);
			assert_true(run->peak_kib < MEMORY_KIB);
			if (strcmp(compressions[i], "gz") != 0)
				assert_status(run, 3);
			else if (run->status != 0 && run->status != 1)
				assert_status(run, 3);
		}
		free(data);
	}
}

static void names_that_lie_are_refused(void **state)
{
	static const char *const names[] = { "t.xz", "t.gz", "t.zst" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct run *run;

		file_text(names[i], "plain text\n");
		run = run_cli("replay", names[i], NULL);
		assert_status(run, 3);
		assert_holds(run->err, ": is not compressed, though its name "
				       "says so\n");
	}
}

static void compressed_files_need_no_name(void **state)
{
	size_t size;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char *data = read_small(compressions[i], &size);

		file_write("t", data, size);
		assert_status(run_replay("t", NULL), 0);
		assert_int_equal(result("checked"), 16);
		free(data);
	}
}

/* ---- bombs -------------------------------------------------------------- */

static void a_long_line_is_not_collected(void **state)
{
	char *line = malloc(64 * MIB);

	(void)state;
	assert_non_null(line);
	memset(line, 'a', 64 * MIB);
	for (size_t i = 0; i < 3; i++) {
		const struct run *run;

		file_compress("bomb", line, 64 * MIB, compressions[i], 1);
		run = run_replay("bomb", NULL);
		assert_status(run, 3);
		assert_string_equal(run->err, "bomb:1: a line of more than "
					      "4096 bytes\n");
		assert_true(run->peak_kib < MEMORY_KIB);
	}
	free(line);
}

static void many_lines_take_no_memory(void **state)
{
	char *lines = malloc(16 * MIB);
	const struct run *run;

	(void)state;
	assert_non_null(lines);
	memset(lines, '\n', 16 * MIB);
	file_compress("bomb", lines, 16 * MIB, "gz", 1);
	free(lines);
	run = run_replay("bomb", NULL);
	assert_status(run, 0);
	assert_int_equal(result("skipped"), 16 * MIB);
	assert_true(run->peak_kib < MEMORY_KIB);
}

static void layers_are_refused(void **state)
{
	static const char text[] = "virtio_iommu_attach domain=1 endpoint=1\n";

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct run *run;

		file_compress("twice", text, strlen(text), compressions[i], 2);
		run = run_replay("twice", NULL);
		assert_status(run, 3);
		assert_string_equal(run->err,
				    "twice: compressed more than once\n");
	}
	file_compress("often", text, strlen(text), "gz", 20);
	assert_status(run_replay("often", NULL), 3);
}

/* Its header claims a dictionary of 1.5 GiB, for 3 KiB of text. */
static void a_claim_is_not_believed(void **state)
{
	const struct run *run =
		run_replay(RIOTLB_DATA "/dictionary.viommu.log.xz", NULL);

	(void)state;
	assert_status(run, 0);
	assert_int_equal(result("checked"), 16);
	assert_true(run->peak_kib < MEMORY_KIB);
}

static void an_endless_file_ends(void **state)
{
	const struct run *run = run_cli("replay", "/dev/zero", NULL);

	(void)state;
	assert_status(run, 3);
	assert_string_equal(run->err,
			    "/dev/zero:1: a line of more than 4096 bytes\n");
}

/* An ftrace that asks for 2^52 lookups; 2^30 are allowed, this line is past. */
static void absurd_sizes_are_refused(void **state)
{
	const struct run *run;

	(void)state;
	file_text("t", "map: IOMMU: iova=0x0 - 0xffffffffffffffff paddr=0x0 "
		       "size=18446744073709551615\n");
	run = run_replay("t", NULL);
	assert_status(run, 3);
	assert_string_equal(run->err, "t:1: map: too many pages to look up; "
				      "replay a part of them with --limit\n");
	/* to virtio-iommu it is a mapping like another */
	file_text("t", "virtio_iommu_map domain=1 virt_start=0x0 "
		       "virt_end=0xfffffffffffffffe phys_start=0x0 flags=3\n");
	assert_status(run_replay("t", NULL), 0);
}

/* ---- odd lines ---------------------------------------------------------- */

/* A line of `length` bytes, `n` times, each with its newline, then `tail`. */
static void write_lines(size_t length, size_t n, const char *tail)
{
	FILE *stream = fopen("t", "w");
	char *line = malloc(length);

	assert_non_null(stream);
	assert_non_null(line);
	memset(line, 'x', length);
	for (size_t i = 0; i < n; i++) {
		fwrite(line, 1, length, stream);
		fputc('\n', stream);
	}
	fputs(tail, stream);
	assert_int_equal(fclose(stream), 0);
	free(line);
}

static void lines_have_4096_bytes(void **state)
{
	static const char attach[] = "virtio_iommu_attach domain=1 endpoint=1";
	const struct run *run;
	char tail[4200];

	(void)state;
	/* enough of them to lie across the reader's chunks */
	write_lines(4096, 50, attach);
	assert_status(run_replay("t", NULL), 0);
	assert_int_equal(result("skipped"), 50);
	write_lines(4097, 1, attach);
	run = run_replay("t", NULL);
	assert_status(run, 3);
	assert_string_equal(run->err, "t:1: a line of more than 4096 bytes\n");
	/* the last one, which has no newline */
	memset(tail, 'y', sizeof(tail));
	tail[4096] = '\0';
	write_lines(4096, 50, tail);
	assert_status(run_replay("t", NULL), 0);
	assert_int_equal(result("skipped"), 51);
	tail[4096] = 'y';
	tail[4097] = '\0';
	write_lines(4096, 50, tail);
	run = run_replay("t", NULL);
	assert_status(run, 3);
	assert_string_equal(run->err, "t:51: a line of more than 4096 bytes\n");
}

static void zero_bytes_are_bytes(void **state)
{
	static const char unknown[] = "a\0b\nvirtio_iommu_attach_\0\n\0\n";
	static const char known[] =
		"virtio_iommu_attach domain=1 endpoint=1\0\n";
	const struct run *run;

	(void)state;
	file_write("t", unknown, sizeof(unknown) - 1);
	assert_status(run_replay("t", NULL), 0);
	assert_int_equal(result("skipped"), 3);
	file_write("t", known, sizeof(known) - 1);
	run = run_replay("t", NULL);
	assert_status(run, 3);
	assert_string_equal(run->err, "t:1: virtio_iommu_attach: cannot read "
				      "end of line\n");
}

static void random_bytes_are_skipped(void **state)
{
	unsigned char *data = malloc(MIB);
	uint64_t random = 88172645463325252u;
	long long lines = 1; /* the last has no newline */

	(void)state;
	assert_non_null(data);
	for (size_t i = 0; i < MIB; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		data[i] = (unsigned char)(random >> 24);
		if (i == MIB - 1)
			data[i] = 'x';
		lines += data[i] == '\n';
	}
	file_write("t", data, MIB);
	free(data);
	assert_status(run_replay("t", NULL), 0);
	assert_int_equal(result("skipped"), lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_files_are_refused),
		cmocka_unit_test(garbled_files_are_survived),
		cmocka_unit_test(names_that_lie_are_refused),
		cmocka_unit_test(compressed_files_need_no_name),
		cmocka_unit_test(a_long_line_is_not_collected),
		cmocka_unit_test(many_lines_take_no_memory),
		cmocka_unit_test(layers_are_refused),
		cmocka_unit_test(a_claim_is_not_believed),
		cmocka_unit_test(an_endless_file_ends),
		cmocka_unit_test(absurd_sizes_are_refused),
		cmocka_unit_test(lines_have_4096_bytes),
		cmocka_unit_test(zero_bytes_are_bytes),
		cmocka_unit_test(random_bytes_are_skipped),
	};

	return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
