/* SPDX-License-Identifier: MIT */
/*
 * `riotlb convert`: what was converted replays as the original does, and a file
 * that is damaged anywhere is refused.
 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const originals[] = {
	RIOTLB_DATA "/small.viommu.log",     RIOTLB_DATA "/small.ftrace",
	RIOTLB_TRACES "/vblk.viommu.log.xz", RIOTLB_TRACES "/net.viommu.log.xz",
	RIOTLB_TRACES "/nvme4k.ftrace.xz",
};

enum { NORIGINALS = sizeof(originals) / sizeof(originals[0]), NSMALL = 2 };

static void convert(const char *in, const char *out)
{
	assert_status(run_cli("convert", in, out, NULL), 0);
}

/* ---- the same ----------------------------------------------------------- */

/* What a replay says about it, but for the name and the times. */
static json_t *replay_of(const char *file, const char *limit)
{
	json_t *trace;

	assert_status(limit ? run_replay("--limit", limit, file, NULL)
			    : run_replay(file, NULL),
		      0);
	trace = json_deep_copy(result_trace(0));
	json_object_del(trace, "file");
	json_object_del(trace, "ns_per_translate");
	json_object_del(trace, "ns_per_map");
	json_object_del(trace, "ns_per_unmap");
	return trace;
}

static void assert_same_replay(const char *a, const char *b, const char *limit)
{
	json_t *one = replay_of(a, limit), *other = replay_of(b, limit);

	if (limit) {
		/* it is not known where they were */
		json_object_del(one, "skipped");
		json_object_del(other, "skipped");
	}
	if (!json_equal(one, other))
		fail_msg("%s and %s: %s\n%s", a, b,
			 json_dumps(one, JSON_SORT_KEYS),
			 json_dumps(other, JSON_SORT_KEYS));
	json_decref(one);
	json_decref(other);
}

static void assert_same_dump(const char *a, const char *b)
{
	char *out = strdup(run_cli("dump", a, NULL)->out);
	const char *other = run_cli("dump", b, NULL)->out;

	/* the first line has the name */
	assert_non_null(strchr(out, '\n'));
	assert_non_null(strchr(other, '\n'));
	assert_string_equal(strchr(out, '\n'), strchr(other, '\n'));
	free(out);
}

static void assert_same_bytes(const char *a, const char *b)
{
	size_t size, other_size;
	char *one = file_read(a, &size), *other = file_read(b, &other_size);

	assert_int_equal(size, other_size);
	assert_memory_equal(one, other, size);
	free(one);
	free(other);
}

static void replays_are_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < NORIGINALS; i++) {
		convert(originals[i], "t");
		assert_same_replay(originals[i], "t", NULL);
		assert_same_dump(originals[i], "t");
		/* and nothing is lost on a second way */
		convert("t", "t2");
		assert_same_bytes("t", "t2");
	}
}

static void parts_of_them_are_the_same(void **state)
{
	static const char *const limits[] = { "1", "2", "7", "20", "1000" };

	(void)state;
	for (size_t i = 0; i < NORIGINALS; i++) {
		convert(originals[i], "t");
		for (size_t k = 0; k < 5; k++)
			assert_same_replay(originals[i], "t", limits[k]);
	}
	assert_status(
		run_cli("convert", "--limit", "20", originals[2], "t2", NULL),
		0);
	assert_same_replay(originals[2], "t2", "20");
	assert_int_equal(
		result("maps") + result("unmaps") + result("translations"), 18);
}

/* Names, numbers and lines of what is odd are those of the original. */
static void odd_traces_are_the_same(void **state)
{
	static const char odd[] =
		"something else\n"
		"virtio_iommu_attach domain=4294967295 endpoint=7\n"
		"virtio_iommu_attach domain=3 endpoint=4294967295\n"
		"virtio_iommu_map domain=3 virt_start=0x0 "
		"virt_end=0xffffffffffffffff phys_start=0x0 flags=1\n"
		"virtio_iommu_map domain=9 virt_start=0xffffffffffffffff "
		"virt_end=0xffffffffffffffff phys_start=0xffffffffffffffff "
		"flags=6\n"
		"\n"
		"virtio_iommu_translate mr=x rid=12 addr=0x5 flag=0\n"
		"virtio_iommu_translate mr=x rid=4294967295 addr=0x5 flag=1\n"
		"virtio_iommu_translate mr=x rid=4294967295 addr=0x1 flag=1\n"
		"virtio_iommu_translate_out 0x5 -> 0x6 for sid=4294967295\n"
		"virtio_iommu_translate_out 0x1 -> 0x1 for sid=4294967295\n"
		"virtio_iommu_translate_out 0xffffffffffffffff -> 0x0 for "
		"sid=7\n"
		"virtio_iommu_unmap domain=3 virt_start=0x0 "
		"virt_end=0xffffffffffffffff\n"
		"virtio_iommu_detach domain=3 endpoint=4294967295\n";
	char *out;

	(void)state;
	file_text("t", odd);
	convert("t", "c");
	assert_status(run_replay("t", NULL), 1);
	out = strdup(run_replay("t", NULL)->out);
	/* a file of another name, in the same place */
	assert_int_equal(rename("c", "t"), 0);
	assert_status(run_replay("t", NULL), 1);
	assert_int_equal(result("mismatches"), 2);
	assert_int_equal(result("skipped"), 2);
	assert_holds(run_replay("t", NULL)->out, "t:10: ");
	assert_holds(out, "t:10: ");
	/* the differences, which come first */
	*strstr(out, "trace ") = '\0';
	assert_memory_equal(out, run_replay("t", NULL)->out, strlen(out));
	free(out);
	file_text("t", odd);
	convert("t", "c");
	assert_same_dump("t", "c");
}

static void ftraces_that_unmap_nothing(void **state)
{
	(void)state;
	file_text("t", "map: IOMMU: iova=0x1000 - 0x2000 paddr=0x0 size=4096\n"
		       "unmap: IOMMU: iova=0x0 - 0x1000 size=4096 "
		       "unmapped_size=0\n"
		       "unmap: IOMMU: iova=0x0 - 0x1000 size=4096 "
		       "unmapped_size=65536\n"
		       "unmap: IOMMU: iova=0xfffffffffffff000 - 0x0 size=4096 "
		       "unmapped_size=1\n");
	convert("t", "c");
	assert_same_replay("t", "c", NULL);
}

static void traces_without_events(void **state)
{
	(void)state;
	file_text("t", "one\ntwo\n");
	convert("t", "c");
	assert_holds(run_replay("c", NULL)->err, "holds no event");
	assert_int_equal(result("skipped"), 2);
	file_text("t", "");
	convert("t", "c");
	assert_status(run_replay("c", NULL), 0);
}

/* ---- files -------------------------------------------------------------- */

static void names_say_how_it_is_compressed(void **state)
{
	static const char *const names[] = { "c.xz", "c.gz", "c.zst", "c" };
	static const unsigned char first[] = { 0xfd, 0x1f, 0x28, 0x89 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		size_t size;
		char *data;

		convert(originals[0], names[i]);
		data = file_read(names[i], &size);
		assert_int_equal((unsigned char)data[0], first[i]);
		free(data);
		assert_same_replay(originals[0], names[i], NULL);
	}
}

static void standard_streams(void **state)
{
	(void)state;
	convert(originals[0], "c");
	run_stdin(originals[0]);
	run_stdout("c2");
	assert_status(run_cli("convert", "-", "-", NULL), 0);
	run_stdin(NULL);
	run_stdout(NULL);
	assert_same_bytes("c", "c2");
	/* in place of itself */
	convert("c", "c");
	assert_same_bytes("c", "c2");
}

static void usage(void **state)
{
	(void)state;
	unlink("c");
	assert_status(run_cli("convert", "t", NULL), 2);
	assert_status(run_cli("convert", "t", "u", "v", NULL), 2);
	assert_status(run_cli("convert", "--verify", "t", "u", NULL), 2);
	assert_holds(run_cli("convert", "--help", NULL)->out, "IN OUT");
	assert_status(run_cli("convert", "nothing", "c", NULL), 3);
	assert_false(file_exists("c"));
	file_text("t", "virtio_iommu_map domain=\n");
	assert_status(run_cli("convert", "t", "c", NULL), 3);
	assert_false(file_exists("c"));
	assert_status(run_cli("convert", originals[0], "no/such/place", NULL),
		      2);
	run_stdout("/dev/full");
	assert_status(run_cli("convert", originals[0], "-", NULL), 2);
	run_stdout(NULL);
	/* a device stays, whatever happens to what is written to it */
	assert_status(run_cli("convert", originals[0], "/dev/full", NULL), 2);
	assert_true(file_exists("/dev/full"));
	/* the format that was asked for */
	convert(originals[1], "c");
	assert_status(run_cli("dump", "--format", "ftrace", "c", NULL), 0);
	assert_status(run_cli("dump", "--format", "virtio-iommu", "c", NULL),
		      3);
	assert_holds(
		run_cli("dump", "--format", "virtio-iommu", "c", NULL)->err,
		"was made from a trace of format ftrace");
}

/* ---- damage ------------------------------------------------------------- */

static void expect_refused(const char *data, size_t size, const char *why)
{
	const struct run *run;

	file_write("d", data, size);
	run = run_cli("dump", "d", NULL);
	assert_status(run, 3);
	assert_holds(run->err, "d: ");
	if (why)
		assert_holds(run->err, why);
}

static void every_cut_is_noticed(void **state)
{
	(void)state;
	for (size_t i = 0; i < NSMALL; i++) {
		size_t size;
		char *data;

		convert(originals[i], "c");
		data = file_read("c", &size);
		assert_in_range(size, 50, 3000);
		for (size_t cut = 8; cut < size; cut++)
			expect_refused(data, cut, "cut short");
		free(data);
	}
}

static void every_changed_byte_is_noticed(void **state)
{
	(void)state;
	for (size_t i = 0; i < NSMALL; i++) {
		size_t size;
		char *data;

		convert(originals[i], "c");
		data = file_read("c", &size);
		for (size_t at = 8; at < size; at++) {
			data[at] = (char)(data[at] ^ (1 << at % 8));
			expect_refused(data, size, NULL);
			data[at] = (char)(data[at] ^ (1 << at % 8));
		}
		free(data);
	}
}

static void what_is_wrong_is_said(void **state)
{
	size_t size;
	char *data, *longer;

	(void)state;
	convert(originals[0], "c");
	data = file_read("c", &size);
	data[size - 1] ^= 1;
	expect_refused(data, size, "the checksum is another");
	data[size - 1] ^= 1;
	longer = calloc(1, size + 1);
	memcpy(longer, data, size);
	expect_refused(longer, size + 1, "goes on after its end");
	data[8] = 2;
	expect_refused(data, size, "of version 2; this program knows 1");
	data[8] = 1;
	data[9] = 3;
	expect_refused(data, size, "of an unknown format");
	data[9] = 0;
	expect_refused(data, size, "in a trace of no format");
	data[9] = 2;
	expect_refused(data, size, "that no ftrace has");
	free(longer);
	free(data);
	/* one that is compressed, and damaged, is xz's to find */
	convert(originals[0], "c.xz");
	data = file_read("c.xz", &size);
	data[size / 2] ^= 1;
	file_write("c.xz", data, size);
	assert_status(run_cli("dump", "c.xz", NULL), 3);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replays_are_the_same),
		cmocka_unit_test(parts_of_them_are_the_same),
		cmocka_unit_test(odd_traces_are_the_same),
		cmocka_unit_test(ftraces_that_unmap_nothing),
		cmocka_unit_test(traces_without_events),
		cmocka_unit_test(names_say_how_it_is_compressed),
		cmocka_unit_test(standard_streams),
		cmocka_unit_test(usage),
		cmocka_unit_test(every_cut_is_noticed),
		cmocka_unit_test(every_changed_byte_is_noticed),
		cmocka_unit_test(what_is_wrong_is_said),
	};

	return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
