/* SPDX-License-Identifier: MIT */
/* The JSON that replay writes: exactly these keys, of these types. */
#include "support.h"

#include <string.h>

static bool is_count(json_t *value)
{
	return json_is_integer(value) && json_integer_value(value) >= 0;
}

static bool is_flag(json_t *value)
{
	return json_is_boolean(value);
}

static bool is_text(json_t *value)
{
	return json_is_string(value);
}

static bool is_hex(json_t *value)
{
	const char *text = json_string_value(value);

	return text && strncmp(text, "0x", 2) == 0 && text[2] &&
	       strspn(text + 2, "0123456789abcdef") == strlen(text + 2);
}

/* null where no such operation was timed */
static bool is_ns(json_t *value)
{
	return json_is_null(value) ||
	       (json_is_real(value) && json_real_value(value) >= 0);
}

static const struct {
	const char *name;
	bool (*is)(json_t *value);
} keys[] = {
	{ "file", is_text },
	{ "format", is_text },
	{ "maps", is_count },
	{ "unmaps", is_count },
	{ "translations", is_count },
	{ "bypassed", is_count },
	{ "checked", is_count },
	{ "mismatches", is_count },
	{ "skipped", is_count },
	{ "synthetic", is_flag },
	{ "peak_mappings", is_count },
	{ "ns_per_translate", is_ns },
	{ "ns_per_map", is_ns },
	{ "ns_per_unmap", is_ns },
	{ "table_bytes_peak", is_hex },
};

#define NKEYS (sizeof(keys) / sizeof(keys[0]))

static void check_trace(json_t *trace)
{
	assert_int_equal(json_object_size(trace), NKEYS);
	for (size_t i = 0; i < NKEYS; i++) {
		if (!keys[i].is(json_object_get(trace, keys[i].name)))
			fail_msg("%s is missing or of a wrong type",
				 keys[i].name);
	}
}

static void keys_are_those_of_schema_1(void **state)
{
	json_error_t error;
	json_t *document, *traces;

	(void)state;
	assert_status(run_replay(RIOTLB_DATA "/small.viommu.log.xz",
				 RIOTLB_DATA "/small.ftrace.gz", NULL),
		      0);
	document = json_load_file("out.json", JSON_REJECT_DUPLICATES, &error);
	assert_int_equal(json_object_size(document), 2);
	assert_int_equal(
		json_integer_value(json_object_get(document, "schema")), 1);
	traces = json_object_get(document, "traces");
	assert_int_equal(json_array_size(traces), 2);
	check_trace(json_array_get(traces, 0));
	check_trace(json_array_get(traces, 1));
	json_decref(document);
}

/* The same trace in every wrapping gives the same figures. */
static void check_wrapping(const char *file, const char *as, long long maps,
			   long long unmaps, long long checked, long long peak)
{
	json_t *trace;

	print_message("    %s\n", file);
	assert_status(run_replay(file, NULL), 0);
	assert_int_equal(result("maps"), maps);
	assert_int_equal(result("unmaps"), unmaps);
	assert_int_equal(result("translations"), checked);
	assert_int_equal(result("checked"), checked);
	assert_int_equal(result("mismatches"), 0);
	assert_int_equal(result("skipped"), 0);
	assert_int_equal(result("peak_mappings"), peak);
	trace = result_trace(0);
	assert_string_equal(json_string_value(json_object_get(trace, "file")),
			    file);
	assert_string_equal(json_string_value(json_object_get(trace, "format")),
			    as);
	assert_int_equal(
		json_boolean_value(json_object_get(trace, "synthetic")),
		strcmp(as, "ftrace") == 0);
	assert_string_not_equal(
		json_string_value(json_object_get(trace, "table_bytes_peak")),
		"0x0");
}

static void every_compression_is_read(void **state)
{
	static const char *const viommu[] = {
		RIOTLB_DATA "/small.viommu.log",
		RIOTLB_DATA "/small.viommu.log.xz",
		RIOTLB_DATA "/small.viommu.log.gz",
		RIOTLB_DATA "/small.viommu.log.zst",
	};
	static const char *const ftrace[] = {
		RIOTLB_DATA "/small.ftrace",
		RIOTLB_DATA "/small.ftrace.xz",
		RIOTLB_DATA "/small.ftrace.gz",
		RIOTLB_DATA "/small.ftrace.zst",
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		check_wrapping(viommu[i], "virtio-iommu", 6, 0, 16, 6);
		check_wrapping(ftrace[i], "ftrace", 11, 9, 11, 2);
	}
}

static void times_are_null_where_nothing_was_timed(void **state)
{
	json_t *trace;

	(void)state;
	file_text("t", "virtio_iommu_map domain=1 virt_start=0x0 virt_end=0xf "
		       "phys_start=0x0 flags=1\n");
	assert_status(run_replay("t", NULL), 0);
	trace = result_trace(0);
	check_trace(trace);
	assert_true(json_is_real(json_object_get(trace, "ns_per_map")));
	assert_true(json_is_null(json_object_get(trace, "ns_per_unmap")));
	assert_true(json_is_null(json_object_get(trace, "ns_per_translate")));
	/* no lookup is made for what bypasses */
	file_text("t", "virtio_iommu_translate mr=m rid=24 addr=0xfee00000 "
		       "flag=2\n");
	assert_status(run_replay("t", NULL), 0);
	trace = result_trace(0);
	check_trace(trace);
	assert_true(json_is_null(json_object_get(trace, "ns_per_translate")));
}

static void file_names_may_be_any_bytes(void **state)
{
	static const char utf8[] = "t\xc3\xa4\"\n\\";
	static const char bytes[] = "t\xff\xc3x";

	(void)state;
	file_text(utf8, "");
	assert_status(run_replay(utf8, NULL), 0);
	assert_string_equal(
		json_string_value(json_object_get(result_trace(0), "file")),
		utf8);
	file_text(bytes, "");
	assert_status(run_replay(bytes, NULL), 0);
	assert_string_equal(
		json_string_value(json_object_get(result_trace(0), "file")),
		"t??x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_those_of_schema_1),
		cmocka_unit_test(every_compression_is_read),
		cmocka_unit_test(times_are_null_where_nothing_was_timed),
		cmocka_unit_test(file_names_may_be_any_bytes),
	};

	return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
