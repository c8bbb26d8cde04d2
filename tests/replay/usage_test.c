/* SPDX-License-Identifier: MIT */
/* The command line: what is refused, what is said, and which status wins. */
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <riotlb/version.h>

static const char good[] =
	"virtio_iommu_attach domain=1 endpoint=24\n"
	"virtio_iommu_map domain=1 virt_start=0x1000 virt_end=0x1fff "
	"phys_start=0x5000 flags=3\n"
	"virtio_iommu_translate mr=m rid=24 addr=0x1004 flag=1\n"
	"virtio_iommu_translate_out 0x1004 -> 0x5004 for sid=24\n";

/* its one answer is wrong */
static const char wrong[] =
	"virtio_iommu_attach domain=1 endpoint=24\n"
	"virtio_iommu_map domain=1 virt_start=0x1000 virt_end=0x1fff "
	"phys_start=0x5000 flags=3\n"
	"virtio_iommu_translate mr=m rid=24 addr=0x1004 flag=1\n"
	"virtio_iommu_translate_out 0x1004 -> 0x5008 for sid=24\n";

static int write_traces(void **state)
{
	(void)state;
	file_text("good", good);
	file_text("wrong", wrong);
	file_text("broken", "virtio_iommu_map domain=\n");
	unlink("out.json");
	return 0;
}

/* ---- help -------------------------------------------------------------- */

static void help_is_shown(void **state)
{
	const struct run *run;

	(void)state;
	run = run_cli("--help", NULL);
	assert_status(run, 0);
	assert_holds(run->out, "Usage: riotlb COMMAND");
	assert_string_equal(run->err, "");
	run = run_cli("replay", "--help", NULL);
	assert_status(run, 0);
	assert_holds(run->out, "Usage: riotlb replay");
	run = run_cli("dump", "--help", NULL);
	assert_status(run, 0);
	assert_holds(run->out, "Usage: riotlb dump");
}

static void version_is_shown(void **state)
{
	const struct run *run = run_cli("--version", NULL);

	(void)state;
	assert_status(run, 0);
	assert_string_equal(run->out, "riotlb " RIOTLB_VERSION "\n");
}

/* ---- usage errors ------------------------------------------------------ */

#define MAX_ARGS 6

static const struct {
	const char *args[MAX_ARGS];
	const char *err;
} refused[] = {
	{ { NULL }, "riotlb: no command; see 'riotlb --help'\n" },
	{ { "play" }, "riotlb: no command 'play'; see 'riotlb --help'\n" },
	{ { "replay" },
	  "riotlb: replay: no TRACE; see 'riotlb replay --help'\n" },
	{ { "replay", "--format", "vtd", "good" },
	  "riotlb: --format is auto, virtio-iommu or ftrace, not 'vtd'\n" },
	{ { "replay", "--repeat", "0", "good" },
	  "riotlb: --repeat needs a number from 1 to 1000, not '0'\n" },
	{ { "replay", "--repeat", "1001", "good" },
	  "riotlb: --repeat needs a number from 1 to 1000, not '1001'\n" },
	{ { "replay", "--repeat", "-1", "good" },
	  "riotlb: --repeat needs a number from 1 to 1000, not '-1'\n" },
	{ { "replay", "--copies", "2x", "good" },
	  "riotlb: --copies needs a number from 1 to 18446744073709551615, "
	  "not '2x'\n" },
	{ { "replay", "--copies", "", "good" },
	  "riotlb: --copies needs a number from 1 to 18446744073709551615, "
	  "not ''\n" },
	{ { "replay", "--limit", "18446744073709551616", "good" },
	  "riotlb: --limit needs a number from 1 to 18446744073709551615, "
	  "not '18446744073709551616'\n" },
	{ { "replay", "--limit", " 1", "good" },
	  "riotlb: --limit needs a number from 1 to 18446744073709551615, "
	  "not ' 1'\n" },
	{ { "replay", "good", "--limit" },
	  "riotlb: replay: option '--limit' needs an argument\n" },
	{ { "replay", "good", "--json" },
	  "riotlb: replay: option '--json' needs an argument\n" },
	{ { "replay", "--verify=yes", "good" },
	  "riotlb: replay: option '--verify=yes' takes no argument\n" },
	{ { "replay", "--shape", "good" },
	  "riotlb: replay: unknown option '--shape'\n" },
	{ { "replay", "-v", "good" }, "riotlb: replay: unknown option '-v'\n" },
	{ { "dump" },
	  "riotlb: dump: one TRACE, not 0; see 'riotlb dump --help'\n" },
	{ { "dump", "good", "good" },
	  "riotlb: dump: one TRACE, not 2; see 'riotlb dump --help'\n" },
	{ { "dump", "--copies", "2", "good" },
	  "riotlb: dump: unknown option '--copies'\n" },
	{ { "dump", "--limit", "x", "good" },
	  "riotlb: --limit needs a number from 1 to 18446744073709551615, "
	  "not 'x'\n" },
};

static void wrong_usage_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const struct run *run = run_program(NULL, refused[i].args);

		assert_string_equal(run->err, refused[i].err);
		assert_string_equal(run->out, "");
		assert_status(run, 2);
	}
}

static void dashes_end_the_options(void **state)
{
	(void)state;
	file_text("--verify", good);
	assert_status(run_replay("--", "--verify", NULL), 0);
	assert_int_equal(result("checked"), 1);
}

/* ---- the JSON file ----------------------------------------------------- */

static void json_that_cannot_be_written_is_refused(void **state)
{
	const struct run *run;

	(void)state;
	run = run_cli("replay", "--json", "none/out.json", "good", NULL);
	assert_status(run, 2);
	assert_string_equal(run->out, ""); /* said before the work is done */
	assert_string_equal(run->err, "riotlb: --json none/out.json: No such "
				      "file or directory\n");
	run = run_cli("replay", "--json", ".", "good", NULL);
	assert_status(run, 2);
	assert_string_equal(run->err, "riotlb: --json .: Is a directory\n");
	run = run_cli("replay", "--json", "/dev/full", "good", NULL);
	assert_status(run, 2);
	assert_string_equal(
		run->err,
		"riotlb: --json /dev/full: No space left on device\n");
}

static void json_does_not_overwrite_a_trace(void **state)
{
	const struct run *run;
	size_t size;
	char *text;

	(void)state;
	assert_int_equal(link("good", "alias"), 0);
	run = run_cli("replay", "--json", "alias", "wrong", "good", NULL);
	assert_status(run, 2);
	assert_string_equal(run->err,
			    "riotlb: --json alias: is one of the traces\n");
	text = file_read("good", &size);
	assert_string_equal(text, good);
	free(text);
	run = run_cli("replay", "--json", "new", "new", NULL);
	assert_status(run, 2);
	assert_false(file_exists("new"));
}

static void json_is_written_on_0_and_1_only(void **state)
{
	size_t size;
	char *text;

	(void)state;
	assert_status(run_replay("good", NULL), 0);
	assert_int_equal(result("mismatches"), 0);
	assert_status(run_replay("wrong", NULL), 1);
	assert_int_equal(result("mismatches"), 1);
	assert_status(run_replay("good", "broken", NULL), 3);
	assert_false(file_exists("out.json"));

	/* what stood there before is replaced whole, or left whole */
	file_text("old.json", "kept");
	assert_status(run_cli("replay", "--json", "old.json", "broken", NULL),
		      3);
	text = file_read("old.json", &size);
	assert_string_equal(text, "kept");
	free(text);
	text = malloc(100000);
	assert_non_null(text);
	memset(text, 'x', 100000);
	file_write("old.json", text, 100000);
	free(text);
	assert_status(run_cli("replay", "--json", "old.json", "good", NULL), 0);
	text = file_read("old.json", &size);
	assert_true(size < 10000);
	assert_string_equal(text + size - 2, "}\n");
	free(text);
}

static void json_goes_to_a_pipe(void **state)
{
	const struct run *run;

	(void)state;
	run = run_cli("replay", "--json", "/dev/stderr", "good", NULL);
	assert_status(run, 0);
	assert_holds(run->err, "\"schema\": 1");
}

/* ---- which status wins ------------------------------------------------- */

static void usage_beats_input_beats_difference(void **state)
{
	const struct run *run;

	(void)state;
	run = run_cli("replay", "--verify", "wrong", "broken", "good", NULL);
	assert_status(run, 3);
	assert_holds(run->out, "wrong:4: "); /* all of them are replayed */
	assert_holds(run->out, "\n2 answers checked, 1 mismatches\n");
	assert_string_equal(run->err,
			    "broken:1: virtio_iommu_map: cannot read domain\n");
	run = run_cli("replay", "--verify", "broken", "wrong", NULL);
	assert_status(run, 3);
	run = run_cli("replay", "--verify", "wrong", "good", NULL);
	assert_status(run, 1);
	run = run_cli("replay", "--json", "none/out", "missing", NULL);
	assert_status(run, 2);
	/* that many copies do not fit: known only once the trace is read */
	run = run_cli("replay", "--copies", "4503599627370497", "broken",
		      "good", NULL);
	assert_status(run, 2);
	assert_holds(run->err, "broken:1: ");
	assert_holds(run->err, "riotlb: good: 4503599627370497 copies do not "
			       "fit: the trace uses iovas up to 0x1fff\n");
	run = run_cli("replay", "--bad", "broken", NULL);
	assert_status(run, 2);
}

static void without_verify_nothing_differs(void **state)
{
	const struct run *run;

	(void)state;
	run = run_cli("replay", "--json", "out.json", "wrong", NULL);
	assert_status(run, 0);
	assert_int_equal(result("checked"), 0);
	assert_int_equal(result("mismatches"), 0);
	assert_int_equal(result("translations"), 1);
	assert_holds(run->out, "not verified");
	assert_lacks(run->out, "answers checked,");
}

static void a_full_output_is_an_error(void **state)
{
	const struct run *run;

	(void)state;
	run_stdout("/dev/full");
	run = run_cli("replay", "good", NULL);
	assert_status(run, 2);
	assert_string_equal(run->err,
			    "riotlb: cannot write to standard output\n");
	run_stdout("/dev/full");
	assert_status(run_cli("--help", NULL), 2);
}

/* ---- files that cannot be read ----------------------------------------- */

static void unreadable_files_are_named(void **state)
{
	const struct run *run;

	(void)state;
	run = run_cli("replay", "missing", NULL);
	assert_status(run, 3);
	assert_string_equal(run->err, "missing: No such file or directory\n");
	run = run_cli("replay", "good/x", NULL);
	assert_status(run, 3);
	assert_string_equal(run->err, "good/x: Not a directory\n");
	assert_int_equal(mkdir("dir", 0700), 0);
	run = run_cli("replay", "dir", NULL);
	assert_status(run, 3);
	assert_string_equal(run->err, "dir: Is a directory\n");
	run = run_cli("dump", "missing", NULL);
	assert_status(run, 3);
	assert_string_equal(run->err, "missing: No such file or directory\n");
}

static void standard_input_is_a_dash(void **state)
{
	(void)state;
	run_stdin("good");
	assert_status(run_replay("-", NULL), 0);
	assert_int_equal(result("checked"), 1);
	assert_string_equal(
		json_string_value(json_object_get(result_trace(0), "file")),
		"-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(help_is_shown),
		cmocka_unit_test(version_is_shown),
		cmocka_unit_test_setup(wrong_usage_is_refused, write_traces),
		cmocka_unit_test(dashes_end_the_options),
		cmocka_unit_test_setup(json_that_cannot_be_written_is_refused,
				       write_traces),
		cmocka_unit_test_setup(json_does_not_overwrite_a_trace,
				       write_traces),
		cmocka_unit_test_setup(json_is_written_on_0_and_1_only,
				       write_traces),
		cmocka_unit_test_setup(json_goes_to_a_pipe, write_traces),
		cmocka_unit_test_setup(usage_beats_input_beats_difference,
				       write_traces),
		cmocka_unit_test_setup(without_verify_nothing_differs,
				       write_traces),
		cmocka_unit_test_setup(a_full_output_is_an_error, write_traces),
		cmocka_unit_test_setup(unreadable_files_are_named,
				       write_traces),
		cmocka_unit_test_setup(standard_input_is_a_dash, write_traces),
	};

	return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
