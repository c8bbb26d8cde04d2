/* SPDX-License-Identifier: MIT */
/* `riotlb dump`: the state after a replay. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char trace[] =
	"virtio_iommu_attach domain=9 endpoint=24\n"
	"virtio_iommu_attach domain=9 endpoint=32\n"
	"virtio_iommu_attach domain=5 endpoint=7\n"
	"noise\n"
	"virtio_iommu_map domain=9 virt_start=0x3000 virt_end=0x5fff "
	"phys_start=0x5000 flags=1\n"
	"virtio_iommu_map domain=9 virt_start=0x1000 virt_end=0x1fff "
	"phys_start=0x8000 flags=2\n"
	"virtio_iommu_map domain=5 virt_start=0x0 virt_end=0xffffffffffffffff "
	"phys_start=0x0 flags=3\n"
	"virtio_iommu_unmap domain=9 virt_start=0x4000 virt_end=0x4fff\n"
	"virtio_iommu_detach domain=9 endpoint=32\n";

static int setup(void **state)
{
	if (support_setup(state))
		return -1;
	file_text("t", trace);
	return 0;
}

/* What depends on the tables' structure is cut out: " table ... \n". */
static char *without_figures(const char *text)
{
	char *copy = malloc(strlen(text) + 1);
	char *to = copy;

	assert_non_null(copy);
	while (*text) {
		if (strncmp(text, ", table ", 8) == 0)
			text = strchr(text, '\n');
		*to++ = *text++;
	}
	*to = '\0';
	return copy;
}

static void text_shows_the_mappings(void **state)
{
	const struct run *run = run_cli("dump", "t", NULL);
	char *text;

	(void)state;
	assert_status(run, 0);
	assert_string_equal(run->err, "");
	text = without_figures(run->out);
	assert_string_equal(
		text,
		"t: virtio-iommu, 8 events, 1 lines skipped\n"
		"domain 9 (endpoints 24): 3 mappings of 0x3000 bytes\n"
		"  0x0000000000001000-0x0000000000001fff -> "
		"0x0000000000008000 -w\n"
		"  0x0000000000003000-0x0000000000003fff -> "
		"0x0000000000005000 r-\n"
		"  0x0000000000005000-0x0000000000005fff -> "
		"0x0000000000007000 r-\n"
		"domain 5 (endpoints 7): 1 mappings of 0x10000000000000000 "
		"bytes\n"
		"  0x0000000000000000-0xffffffffffffffff -> "
		"0x0000000000000000 rw\n");
	free(text);
}

static void limit_shows_an_earlier_state(void **state)
{
	const struct run *run = run_cli("dump", "--limit", "4", "t", NULL);

	(void)state;
	assert_status(run, 0);
	assert_holds(run->out, "domain 9 (endpoints 24, 32): 1 mappings of ");
	assert_holds(run->out, "domain 5 (endpoints 7): 0 mappings of ");
}

static void an_ftrace_has_no_domains(void **state)
{
	const struct run *run;

	(void)state;
	file_text("f", "map: IOMMU: iova=0x1000 - 0x2000 paddr=0x9000 "
		       "size=4096\n");
	run = run_cli("dump", "f", NULL);
	assert_status(run, 0);
	assert_holds(run->out, "all domains: 1 mappings of 0x1000 bytes");
	run = run_cli("dump", "--json", "f", NULL);
	assert_status(run, 0);
	assert_holds(run->out, "\"domain\": null, \"endpoints\": []");
}

static void more_mappings_than_are_copied_at_once(void **state)
{
	FILE *stream = fopen("many", "w");
	const struct run *run;
	const char *line;
	unsigned int n = 0;

	(void)state;
	for (unsigned int i = 0; i < 1000; i++)
		fprintf(stream,
			"map: IOMMU: iova=0x%x000 - 0x%x000 paddr=0x%x000 "
			"size=4096\n",
			2 * i, 2 * i + 1, i);
	fclose(stream);
	run = run_cli("dump", "many", NULL);
	assert_status(run, 0);
	for (line = strstr(run->out, "\n  0x"); line;
	     line = strstr(line + 1, "\n  0x"))
		assert_int_equal(strtoull(line + 3, NULL, 16), 0x2000ul * n++);
	assert_int_equal(n, 1000);
}

/* ---- JSON --------------------------------------------------------------- */

static json_t *dump_json(const char *option)
{
	const struct run *run = run_cli("dump", "--json", "t", option, NULL);
	json_error_t error;
	json_t *document;

	assert_status(run, 0);
	document = json_loads(run->out, JSON_REJECT_DUPLICATES, &error);
	if (!document)
		fail_msg("line %d: %s in\n%s", error.line, error.text,
			 run->out);
	return document;
}

static bool is_hex(json_t *value)
{
	const char *text = json_string_value(value);

	return text && strncmp(text, "0x", 2) == 0 && text[2] &&
	       strspn(text + 2, "0123456789abcdef") == strlen(text + 2);
}

static void json_shows_the_mappings(void **state)
{
	json_t *document = dump_json(NULL);
	json_t *expected = json_loads(
		"{\"schema\": 1, \"file\": \"t\", \"format\": "
		"\"virtio-iommu\", \"skipped\": 1, \"spaces\": ["
		"{\"domain\": 9, \"endpoints\": [24], \"count\": 3,"
		" \"bytes\": \"0x3000\", \"mappings\": ["
		"  {\"start\": \"0x1000\", \"last\": \"0x1fff\","
		"   \"addr\": \"0x8000\", \"perm\": 2},"
		"  {\"start\": \"0x3000\", \"last\": \"0x3fff\","
		"   \"addr\": \"0x5000\", \"perm\": 1},"
		"  {\"start\": \"0x5000\", \"last\": \"0x5fff\","
		"   \"addr\": \"0x7000\", \"perm\": 1}]},"
		"{\"domain\": 5, \"endpoints\": [7], \"count\": 1,"
		" \"bytes\": \"0x10000000000000000\", \"mappings\": ["
		"  {\"start\": \"0x0\", \"last\": \"0xffffffffffffffff\","
		"   \"addr\": \"0x0\", \"perm\": 3}]}]}",
		0, NULL);
	json_t *space;
	size_t i;

	(void)state;
	assert_non_null(expected);
	json_array_foreach(json_object_get(document, "spaces"), i, space)
	{
		assert_true(is_hex(json_object_get(space, "table_bytes")));
		assert_true(is_hex(json_object_get(space, "generation")));
		json_object_del(space, "table_bytes");
		json_object_del(space, "generation");
	}
	assert_true(json_equal(document, expected));
	json_decref(document);
	json_decref(expected);
}

static void json_shows_the_shape(void **state)
{
	static const char *const counts[] = {
		"root_slots", "nodes",        "windows", "node_slots", "packs",
		"entries",    "dead_entries", "pages",   "max_loads",
	};
	json_t *document = dump_json("--shape");
	json_t *space;
	size_t i;

	(void)state;
	assert_int_equal(json_array_size(json_object_get(document, "spaces")),
			 2);
	json_array_foreach(json_object_get(document, "spaces"), i, space)
	{
		json_t *shape = json_object_get(space, "shape");

		assert_null(json_object_get(space, "mappings"));
		assert_int_equal(json_object_size(shape), 10);
		for (size_t j = 0; j < 9; j++)
			assert_true(json_is_integer(
				json_object_get(shape, counts[j])));
		assert_true(is_hex(json_object_get(shape, "bytes")));
	}
	json_decref(document);
}

/* The figures are the engine's: a table with mappings has some of each. */
static void text_shows_the_shape(void **state)
{
	const struct run *run = run_cli("dump", "--shape", "t", NULL);
	unsigned long long figure;
	const char *at;

	(void)state;
	assert_status(run, 0);
	assert_lacks(run->out, " -> ");
	at = strstr(run->out, "\n  bytes ");
	assert_non_null(at);
	assert_int_equal(sscanf(at, "\n bytes %llu", &figure), 1);
	assert_true(figure > 0);
	at = strstr(run->out, "\n  max_loads ");
	assert_non_null(at);
	assert_int_equal(sscanf(at, "\n max_loads %llu", &figure), 1);
	assert_in_range(figure, 1, 64);
}

static void an_empty_trace_has_no_spaces(void **state)
{
	const struct run *run;

	(void)state;
	file_text("empty", "");
	run = run_cli("dump", "empty", NULL);
	assert_status(run, 0);
	assert_string_equal(run->out,
			    "empty: unknown, 0 events, 0 lines skipped\n");
	run = run_cli("dump", "--json", "empty", NULL);
	assert_status(run, 0);
	assert_string_equal(run->out,
			    "{\"schema\": 1, \"file\": \"empty\", \"format\": "
			    "\"unknown\", \"skipped\": 0,\n \"spaces\": []}\n");
}

static void refused_updates_are_told(void **state)
{
	const struct run *run;

	(void)state;
	file_text("twice",
		  "map: IOMMU: iova=0x1000 - 0x2000 paddr=0x9000 size=4096\n"
		  "map: IOMMU: iova=0x1000 - 0x2000 paddr=0x7000 size=4096\n");
	run = run_cli("dump", "twice", NULL);
	assert_status(run, 0);
	assert_holds(run->out, "-> 0x0000000000009000 rw\n");
	assert_string_equal(run->err, "twice: warning: 1 maps or unmaps were "
				      "refused\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_shows_the_mappings),
		cmocka_unit_test(limit_shows_an_earlier_state),
		cmocka_unit_test(an_ftrace_has_no_domains),
		cmocka_unit_test(more_mappings_than_are_copied_at_once),
		cmocka_unit_test(json_shows_the_mappings),
		cmocka_unit_test(json_shows_the_shape),
		cmocka_unit_test(text_shows_the_shape),
		cmocka_unit_test(an_empty_trace_has_no_spaces),
		cmocka_unit_test(refused_updates_are_told),
	};

	return cmocka_run_group_tests(tests, setup, support_teardown);
}
