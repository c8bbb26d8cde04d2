/* SPDX-License-Identifier: MIT */
/* virtio-iommu traces: what each line does, and what counts as a difference. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTACH "virtio_iommu_attach domain=1 endpoint=24\n"
#define DETACH "virtio_iommu_detach domain=1 endpoint=24\n"
#define MAP(start, end, phys, flags)                                   \
	"virtio_iommu_map domain=1 virt_start=" start " virt_end=" end \
	" phys_start=" phys " flags=" flags "\n"
#define MAP_1000 MAP("0x1000", "0x1fff", "0x5000", "3")
#define UNMAP(start, end) \
	"virtio_iommu_unmap domain=1 virt_start=" start " virt_end=" end "\n"
#define ASK(addr, flag) \
	"virtio_iommu_translate mr=m rid=24 addr=" addr " flag=" flag "\n"
#define ANSWER(addr, to) \
	"virtio_iommu_translate_out " addr " -> " to " for sid=24\n"
#define HIT(addr, flag, to) ASK(addr, flag) ANSWER(addr, to)

struct expected {
	const char *name;
	const char *text;
	int status;
	long long maps;
	long long unmaps;
	long long translations;
	long long bypassed;
	long long checked;
	long long mismatches;
	long long skipped;
	long long peak;
	const char *out; /* a part of standard output, or NULL */
};

static const struct expected traces[] = {
	{ "nothing", "", 0, .peak = 0 },
	{ "one translation", ATTACH MAP_1000 HIT("0x1004", "1", "0x5004"), 0,
	  .maps = 1, .translations = 1, .checked = 1, .peak = 1 },
	{ "the first and the last byte",
	  ATTACH MAP_1000 HIT("0x1000", "2", "0x5000")
		  HIT("0x1fff", "3", "0x5fff"),
	  0, .maps = 1, .translations = 2, .checked = 2, .peak = 1 },
	{ "a wrong address", ATTACH MAP_1000 HIT("0x1004", "1", "0x5005"), 1,
	  .maps = 1, .translations = 1, .checked = 1, .mismatches = 1,
	  .peak = 1,
	  .out = "t:4: read of 0x1004 by endpoint 24 in domain 1: the trace "
		 "says 0x5005, the engine 0x5004\n" },
	{ "an answer where nothing is mapped",
	  ATTACH MAP_1000 HIT("0x2000", "2", "0x6000"), 1, .maps = 1,
	  .translations = 1, .checked = 1, .mismatches = 1, .peak = 1,
	  .out = "t:4: write of 0x2000 by endpoint 24 in domain 1: the trace "
		 "says 0x6000, the engine finds no mapping\n" },
	{ "an answer without permission",
	  ATTACH MAP("0x1000", "0x1fff", "0x5000", "1")
		  HIT("0x1004", "2", "0x5004"),
	  1, .maps = 1, .translations = 1, .checked = 1, .mismatches = 1,
	  .peak = 1,
	  .out = "t:4: write of 0x1004 by endpoint 24 in domain 1: the trace "
		 "says 0x5004, the engine denies it\n" },
	{ "both permissions are needed",
	  ATTACH MAP("0x1000", "0x1fff", "0x5000", "2")
		  HIT("0x1004", "3", "0x5004"),
	  1, .maps = 1, .translations = 1, .checked = 1, .mismatches = 1,
	  .peak = 1, .out = "t:4: read and write of 0x1004 " },
	{ "no permission asked",
	  ATTACH MAP("0x1000", "0x1fff", "0x5000", "2")
		  HIT("0x1004", "0", "0x5004"),
	  0, .maps = 1, .translations = 1, .checked = 1, .peak = 1 },
	{ "no answer, nothing mapped", ATTACH MAP_1000 ASK("0x2000", "1"), 0,
	  .maps = 1, .translations = 1, .peak = 1 },
	{ "no answer, no permission",
	  ATTACH MAP("0x1000", "0x1fff", "0x5000", "1") ASK("0x1000", "2"), 0,
	  .maps = 1, .translations = 1, .peak = 1 },
	{ "no answer, but mapped", ATTACH MAP_1000 ASK("0x1008", "1"), 1,
	  .maps = 1, .translations = 1, .mismatches = 1, .peak = 1,
	  .out = "t:3: read of 0x1008 by endpoint 24 in domain 1: the trace "
		 "has no answer, the engine 0x5008\n" },
	{ "the window bypasses, mapped or not",
	  ATTACH ASK("0xfee00000", "2") ASK("0xfeefffff", "2")
		  MAP("0xfee00000", "0xfeefffff", "0x0", "3")
			  ASK("0xfee00000", "2"),
	  0, .maps = 1, .translations = 3, .bypassed = 3, .peak = 1 },
	{ "the window ends where it ends",
	  ATTACH MAP("0xfed00000", "0xfeffffff", "0x0", "3")
		  ASK("0xfedfffff", "2") ASK("0xfef00000", "2"),
	  1, .maps = 1, .translations = 2, .mismatches = 2, .peak = 1,
	  .out = "t:3: write of 0xfedfffff" },
	{ "an answer inside of the window is checked",
	  ATTACH HIT("0xfee00000", "2", "0x5000"), 1, .translations = 1,
	  .checked = 1, .mismatches = 1 },
	{ "an unmap of several",
	  ATTACH MAP_1000 MAP("0x2000", "0x2fff", "0x9000", "3") UNMAP(
		  "0x1000", "0x2fff") ASK("0x1000", "1") ASK("0x2fff", "1"),
	  0, .maps = 2, .unmaps = 1, .translations = 2, .peak = 2 },
	{ "an unmap that cuts",
	  ATTACH MAP("0x1000", "0x3fff", "0x5000", "3")
		  UNMAP("0x2000", "0x2fff") HIT("0x1fff", "1", "0x5fff")
			  ASK("0x2000", "1") HIT("0x3000", "1", "0x7000"),
	  0, .maps = 1, .unmaps = 1, .translations = 3, .checked = 2,
	  .peak = 2 },
	{ "an unmap that trims",
	  ATTACH MAP("0x1000", "0x3fff", "0x5000", "3") UNMAP("0x0", "0x2fff")
		  HIT("0x3000", "1", "0x7000") MAP("0x0", "0x2fff", "0x0", "1"),
	  0, .maps = 2, .unmaps = 1, .translations = 1, .checked = 1,
	  .peak = 2 },
	{ "an unmap of nothing", ATTACH UNMAP("0x0", "0xffffffffffffffff"), 0,
	  .unmaps = 1 },
	{ "a map over another",
	  ATTACH MAP_1000 MAP("0x1800", "0x2fff", "0x9000", "3")
		  HIT("0x1800", "1", "0x5800"),
	  1, .maps = 2, .translations = 1, .checked = 1, .mismatches = 1,
	  .peak = 1,
	  .out = "t:3: map of 0x1800-0x2fff in domain 1: the engine refuses: "
		 "File exists\n" },
	{ "one byte",
	  ATTACH MAP("0x1001", "0x1001", "0x7", "1") HIT("0x1001", "1", "0x7"),
	  0, .maps = 1, .translations = 1, .checked = 1, .peak = 1 },
	{ "everything",
	  ATTACH MAP("0x0", "0xffffffffffffffff", "0x0", "3")
		  HIT("0xffffffffffffffff", "1", "0xffffffffffffffff")
			  HIT("0x0", "1", "0x0"),
	  0, .maps = 1, .translations = 2, .checked = 2, .peak = 1 },
	{ "MMIO is a flag like another to a table",
	  ATTACH MAP("0x1000", "0x1fff", "0x5000", "6")
		  HIT("0x1000", "2", "0x5000") ASK("0x1000", "1"),
	  0, .maps = 1, .translations = 2, .checked = 1, .peak = 1 },

	/* ---- attach and detach ------------------------------------------ */
	{ "never attached", MAP_1000 ASK("0x1000", "1"), 0, .maps = 1,
	  .translations = 1, .peak = 1 },
	{ "attached after the map",
	  MAP_1000 ATTACH HIT("0x1000", "1", "0x5000"), 0, .maps = 1,
	  .translations = 1, .checked = 1, .peak = 1 },
	{ "never attached, but answered", MAP_1000 HIT("0x1000", "1", "0x5000"),
	  1, .maps = 1, .translations = 1, .checked = 1, .mismatches = 1,
	  .peak = 1,
	  .out = "t:3: read of 0x1000 by endpoint 24 in no domain: " },
	{ "detached", ATTACH MAP_1000 DETACH ASK("0x1000", "1"), 0, .maps = 1,
	  .translations = 1, .peak = 1 },
	{ "detached, but answered",
	  ATTACH MAP_1000 DETACH HIT("0x1000", "1", "0x5000"), 1, .maps = 1,
	  .translations = 1, .checked = 1, .mismatches = 1, .peak = 1 },
	{ "a domain goes with its last endpoint",
	  ATTACH MAP_1000 DETACH ATTACH ASK("0x1000", "1")
		  MAP("0x1000", "0x1fff", "0x8000", "3")
			  HIT("0x1000", "1", "0x8000"),
	  0, .maps = 2, .translations = 2, .checked = 1, .peak = 1 },
	{ "a domain stays with its other endpoint",
	  ATTACH
	  "virtio_iommu_attach domain=1 endpoint=25\n" MAP_1000 DETACH
	  "virtio_iommu_translate mr=m rid=25 addr=0x1000 flag=1\n"
	  "virtio_iommu_translate_out 0x1000 -> 0x5000 for sid=25\n" ATTACH HIT(
		  "0x1000", "1", "0x5000"),
	  0, .maps = 1, .translations = 2, .checked = 2, .peak = 1 },
	{ "a detach from elsewhere does nothing",
	  ATTACH MAP_1000 "virtio_iommu_detach domain=2 endpoint=24\n"
			  "virtio_iommu_detach domain=1 endpoint=25\n" HIT(
				  "0x1000", "1", "0x5000"),
	  0, .maps = 1, .translations = 1, .checked = 1, .peak = 1 },
	{ "attached again", ATTACH MAP_1000 ATTACH HIT("0x1000", "1", "0x5000"),
	  0, .maps = 1, .translations = 1, .checked = 1, .peak = 1 },
	{ "attached to another domain",
	  ATTACH MAP_1000
	  "virtio_iommu_attach domain=4294967295 endpoint=24\n" ASK(
		  "0x1000", "1") ATTACH ASK("0x1000", "1"),
	  0, .maps = 1, .translations = 2, .peak = 1 },
	{ "domains do not mix",
	  ATTACH MAP_1000
	  "virtio_iommu_attach domain=2 endpoint=25\n"
	  "virtio_iommu_map domain=2 virt_start=0x1000 "
	  "virt_end=0x1fff phys_start=0x9000 flags=3\n"
	  "virtio_iommu_translate mr=m rid=25 addr=0x1000 flag=1\n"
	  "virtio_iommu_translate_out 0x1000 -> 0x9000 for sid=25\n" HIT(
		  "0x1000", "1", "0x5000")
		  UNMAP("0x1000", "0x1fff") "virtio_iommu_translate mr=m "
					    "rid=25 addr=0x1001 flag=1\n"
					    "virtio_iommu_translate_out 0x1001 "
					    "-> 0x9001 for sid=25\n",
	  0, .maps = 2, .unmaps = 1, .translations = 3, .checked = 3,
	  .peak = 2 },

	{ "the peak is that of all domains at one time",
	  ATTACH MAP_1000 MAP("0x2000", "0x2fff", "0x9000", "3") DETACH
	  "virtio_iommu_map domain=2 virt_start=0x1000 "
	  "virt_end=0x1fff phys_start=0x9000 flags=3\n",
	  0, .maps = 3, .peak = 2 },

	/* ---- which answer belongs to which access ----------------------- */
	{ "two in flight",
	  ATTACH MAP_1000 ASK("0x1000", "1") ASK("0x1100", "2")
		  ANSWER("0x1000", "0x5000") ANSWER("0x1100", "0x5100"),
	  0, .maps = 1, .translations = 2, .checked = 2, .peak = 1 },
	{ "an access takes effect with its answer",
	  ATTACH ASK("0x1000", "1") MAP_1000 ANSWER("0x1000", "0x5000"), 0,
	  .maps = 1, .translations = 1, .checked = 1, .peak = 1 },
	{ "an access in the window that is answered late",
	  ATTACH ASK("0xfee00000", "1") MAP("0xfee00000", "0xfee00fff", "0x0",
					    "3") ANSWER("0xfee00000", "0x0"),
	  0, .maps = 1, .translations = 1, .checked = 1, .peak = 1 },
	{ "another endpoint's answer",
	  ATTACH MAP_1000 ASK("0x1000", "1") "virtio_iommu_translate_out "
					     "0x1000 -> 0x5000 for sid=25\n",
	  1, .maps = 1, .translations = 2, .checked = 1, .mismatches = 2,
	  .peak = 1,
	  .out = "t:4: access of 0x1000 by endpoint 25 in no domain" },
	{ "an answer to nothing is an access",
	  ATTACH MAP_1000 ANSWER("0x1004", "0x5004")
		  MAP("0x2000", "0x2fff", "0x6000", "2")
			  ANSWER("0x2004", "0x6004") ANSWER("0x3000", "0x7000"),
	  1, .maps = 2, .translations = 3, .checked = 3, .mismatches = 1,
	  .peak = 2, .out = "t:6: access of 0x3000 " },

	/* ---- lines ------------------------------------------------------ */
	{ "unknown lines",
	  "\n# a comment\nvirtio_iommu_map_x domain=1\n"
	  "virtio_iommu_unmap_done domain=1 virt_start=0x0 virt_end=0x0\n"
	  "virtio_iommu_put_domain domain=1\n Virtio_iommu_map\n" ATTACH,
	  0, .skipped = 6 },
	{ "timestamps",
	  "7@1700000000.123456:" ATTACH "7@1700000000.123457:" MAP_1000
	  "7@1700000000.123458:" ASK(
		  "0x1000",
		  "1") "7@1700000000.123459:" ANSWER("0x1000",
						     "0x5000") "7@"
							       "1700000000"
							       ":" MAP_1000,
	  0, .maps = 1, .translations = 1, .checked = 1, .skipped = 1,
	  .peak = 1 },
	{ "carriage returns, and no newline at the end",
	  "virtio_iommu_attach domain=1 endpoint=24\r\n" MAP_1000
	  "\r\nvirtio_iommu_translate mr=m rid=24 addr=0x1000 flag=1\r\n"
	  "virtio_iommu_translate_out 0x1000 -> 0x5000 for sid=24\r",
	  0, .maps = 1, .translations = 1, .checked = 1, .skipped = 1,
	  .peak = 1 },
	{ "capital hexadecimals and leading zeros",
	  ATTACH MAP("0x000000000000000a000", "0xAFFF", "0x5000", "03")
		  HIT("0xA00f", "1", "0x500F"),
	  0, .maps = 1, .translations = 1, .checked = 1, .peak = 1 },
};

static void check(const struct expected *expected)
{
	const struct run *run;

	print_message("    %s\n", expected->name);
	file_text("t", expected->text);
	run = run_replay("t", NULL);
	assert_status(run, expected->status);
	assert_int_equal(result("maps"), expected->maps);
	assert_int_equal(result("unmaps"), expected->unmaps);
	assert_int_equal(result("translations"), expected->translations);
	assert_int_equal(result("bypassed"), expected->bypassed);
	assert_int_equal(result("checked"), expected->checked);
	assert_int_equal(result("mismatches"), expected->mismatches);
	assert_int_equal(result("skipped"), expected->skipped);
	assert_int_equal(result("peak_mappings"), expected->peak);
	if (expected->out)
		assert_holds(run->out, expected->out);
}

static void traces_count_as_expected(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(traces) / sizeof(traces[0]); i++)
		check(&traces[i]);
}

/* ---- lines that do not parse -------------------------------------------- */

static const struct {
	const char *line;
	const char *what;
} bad_lines[] = {
	{ "virtio_iommu_attach", "virtio_iommu_attach: cannot read domain" },
	{ "virtio_iommu_attach\tdomain=1 endpoint=2",
	  "virtio_iommu_attach: cannot read domain" },
	{ "virtio_iommu_attach domain= endpoint=2",
	  "virtio_iommu_attach: cannot read domain" },
	{ "virtio_iommu_attach domain=-1 endpoint=2",
	  "virtio_iommu_attach: cannot read domain" },
	{ "virtio_iommu_attach domain=4294967296 endpoint=2",
	  "virtio_iommu_attach: cannot read domain" },
	{ "virtio_iommu_attach domain=1  endpoint=2",
	  "virtio_iommu_attach: cannot read endpoint" },
	{ "virtio_iommu_attach domain=1 endpoint=0x2",
	  "virtio_iommu_attach: cannot read end of line" },
	{ "virtio_iommu_detach domain=1 endpoint=2 ",
	  "virtio_iommu_detach: cannot read end of line" },
	{ "virtio_iommu_detach domain=1",
	  "virtio_iommu_detach: cannot read endpoint" },
	{ "virtio_iommu_map domain=1 virt_start=1000 virt_end=0x1fff "
	  "phys_start=0x5000 flags=3",
	  "virtio_iommu_map: cannot read virt_start" },
	{ "virtio_iommu_map domain=1 virt_start=0x virt_end=0x1fff "
	  "phys_start=0x5000 flags=3",
	  "virtio_iommu_map: cannot read virt_start" },
	{ "virtio_iommu_map domain=1 virt_start=0x1000 "
	  "virt_end=0x10000000000000000 phys_start=0x5000 flags=3",
	  "virtio_iommu_map: cannot read virt_end" },
	{ "virtio_iommu_map domain=1 virt_start=0x1000 virt_end=0x1fff "
	  "phys_start=-0x5000 flags=3",
	  "virtio_iommu_map: cannot read phys_start" },
	{ "virtio_iommu_map domain=1 virt_start=0x1000 virt_end=0x1fff "
	  "phys_start=0x5000 flags=",
	  "virtio_iommu_map: cannot read flags" },
	{ "virtio_iommu_map domain=1 virt_start=0x1000 virt_end=0x1fff "
	  "phys_start=0x5000 flags=3 more",
	  "virtio_iommu_map: cannot read end of line" },
	{ "virtio_iommu_map domain=1 virt_start=0x1000 virt_end=0xfff "
	  "phys_start=0x5000 flags=3",
	  "virtio_iommu_map: virt_end is below virt_start" },
	{ "virtio_iommu_map domain=1 virt_start=0x0 virt_end=0x1000 "
	  "phys_start=0xfffffffffffff000 flags=3",
	  "virtio_iommu_map: the mapping passes the last physical address" },
	{ "virtio_iommu_map domain=1 virt_start=0x1000 virt_end=0x1fff "
	  "phys_start=0x5000 flags=0",
	  "virtio_iommu_map: flags hold no permission, or unknown bits" },
	{ "virtio_iommu_map domain=1 virt_start=0x1000 virt_end=0x1fff "
	  "phys_start=0x5000 flags=4",
	  "virtio_iommu_map: flags hold no permission, or unknown bits" },
	{ "virtio_iommu_map domain=1 virt_start=0x1000 virt_end=0x1fff "
	  "phys_start=0x5000 flags=11",
	  "virtio_iommu_map: flags hold no permission, or unknown bits" },
	{ "virtio_iommu_unmap domain=1 virt_start=0x1000",
	  "virtio_iommu_unmap: cannot read virt_end" },
	{ "virtio_iommu_unmap domain=1 virt_start=0x1000 virt_end=0xfff",
	  "virtio_iommu_unmap: virt_end is below virt_start" },
	{ "virtio_iommu_translate mr= rid=24 addr=0x1000 flag=1",
	  "virtio_iommu_translate: cannot read mr" },
	{ "virtio_iommu_translate mr=m rid=x addr=0x1000 flag=1",
	  "virtio_iommu_translate: cannot read rid" },
	{ "virtio_iommu_translate mr=m rid=24 addr=0x1000",
	  "virtio_iommu_translate: cannot read flag" },
	{ "virtio_iommu_translate mr=m rid=24 addr=0x1000 flag=4",
	  "virtio_iommu_translate: flag is not a permission" },
	{ "virtio_iommu_translate_out 0x1000",
	  "virtio_iommu_translate_out: cannot read the translation" },
	{ "virtio_iommu_translate_out 1000 -> 0x5000 for sid=24",
	  "virtio_iommu_translate_out: cannot read the address" },
	{ "virtio_iommu_translate_out 0x1000 -> 0x5000 for sid=",
	  "virtio_iommu_translate_out: cannot read sid" },
};

static void bad_lines_are_named(void **state)
{
	char text[512];
	char err[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bad_lines) / sizeof(bad_lines[0]); i++) {
		const struct run *run;

		snprintf(text, sizeof(text), ATTACH "something else\n%s\n",
			 bad_lines[i].line);
		snprintf(err, sizeof(err), "t:3: %s\n", bad_lines[i].what);
		file_text("t", text);
		run = run_replay("t", NULL);
		assert_string_equal(run->err, err);
		assert_string_equal(run->out, "");
		assert_status(run, 3);
	}
}

/* ---- differences -------------------------------------------------------- */

static void ten_differences_are_shown(void **state)
{
	const struct run *run;
	char text[4096] = ATTACH;
	size_t length = strlen(text);

	(void)state;
	for (int i = 0; i < 12; i++)
		length += (size_t)snprintf(
			text + length, sizeof(text) - length,
			"virtio_iommu_translate_out 0x%x -> 0x1 for sid=24\n",
			i);
	file_text("t", text);
	run = run_replay("t", NULL);
	assert_status(run, 1);
	assert_int_equal(result("mismatches"), 12);
	assert_holds(run->out, "t:11: access of 0x9 ");
	assert_lacks(run->out, "t:12: ");
	assert_holds(run->out, "12 answers checked, 12 mismatches");
}

/* Each of 64 mappings of 3 pages loses the one in the middle. */
static void pieces_of_cut_mappings_count(void **state)
{
	FILE *stream = fopen("t", "w");

	(void)state;
	assert_non_null(stream);
	for (unsigned int i = 0; i < 64; i++)
		fprintf(stream,
			"virtio_iommu_map domain=1 virt_start=0x%x000 "
			"virt_end=0x%xfff phys_start=0x0 flags=3\n",
			3 * i, 3 * i + 2);
	for (unsigned int i = 0; i < 64; i++)
		fprintf(stream,
			"virtio_iommu_unmap domain=1 virt_start=0x%x000 "
			"virt_end=0x%xfff\n",
			3 * i + 1, 3 * i + 1);
	assert_int_equal(fclose(stream), 0);
	assert_status(run_replay("t", NULL), 0);
	assert_int_equal(result("peak_mappings"), 128);
}

static void refused_updates_are_told_without_verify(void **state)
{
	const struct run *run;

	(void)state;
	file_text("t", ATTACH MAP_1000 MAP_1000 MAP_1000);
	run = run_cli("replay", "t", NULL);
	assert_status(run, 0);
	assert_string_equal(run->err, "t: warning: 2 maps or unmaps were "
				      "refused; --verify shows them\n");
}

/* ---- limits of a trace -------------------------------------------------- */

/* `n` attaches of as many domains or endpoints. */
static void write_attaches(const char *format, unsigned int n)
{
	FILE *stream = fopen("t", "w");

	assert_non_null(stream);
	for (unsigned int i = 0; i < n; i++)
		fprintf(stream, format, 7 * i);
	assert_int_equal(fclose(stream), 0);
}

static void domains_are_limited(void **state)
{
	static const char line[] = "virtio_iommu_attach domain=%u endpoint=1\n";
	const struct run *run;

	(void)state;
	write_attaches(line, 4096);
	assert_status(run_replay("t", NULL), 0);
	write_attaches(line, 4097);
	run = run_replay("t", NULL);
	assert_status(run, 3);
	assert_string_equal(run->err, "t:4097: virtio_iommu_attach: more than "
				      "4096 domains\n");
}

static void endpoints_are_limited(void **state)
{
	static const char line[] = "virtio_iommu_attach domain=1 endpoint=%u\n";
	const struct run *run;

	(void)state;
	write_attaches(line, 65536);
	assert_status(run_replay("t", NULL), 0);
	write_attaches(line, 65537);
	run = run_replay("t", NULL);
	assert_status(run, 3);
	assert_string_equal(run->err, "t:65537: virtio_iommu_attach: more "
				      "than 65536 endpoints\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(traces_count_as_expected),
		cmocka_unit_test(bad_lines_are_named),
		cmocka_unit_test(ten_differences_are_shown),
		cmocka_unit_test(pieces_of_cut_mappings_count),
		cmocka_unit_test(refused_updates_are_told_without_verify),
		cmocka_unit_test(domains_are_limited),
		cmocka_unit_test(endpoints_are_limited),
	};

	return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
